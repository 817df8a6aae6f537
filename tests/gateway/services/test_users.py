"""Users through the service: creating, changing, deleting, restoring, listing."""

from collections.abc import Mapping

import pytest

from gateway.domain.access import Role
from gateway.domain.errors import Conflict, Invalid, NotFound, StaleVersion, Taken
from gateway.domain.model import IdentitySource, Membership, MembershipType
from gateway.domain.query import Sort
from gateway.domain.status import UserStatus
from gateway.ports import BindOutcome
from gateway.services.creation import NewUser
from gateway.services.listing import UserListing
from gateway.services.merge import MAX_BYTES
from tests.gateway.services.world import PASSWORD, MailAway, World


def new(name: str = "ann", **others: object) -> NewUser:
    """A user to create."""
    values = others.pop("values", {})
    assert isinstance(values, Mapping)
    return NewUser(values={"email": f"{name}@alpha.example", **values}, **others)  # type: ignore[arg-type]  # whatever a test hands on


def locs(refused: Invalid) -> set[tuple[str | int, ...]]:
    """Where the problems are."""
    return {problem.loc for problem in refused.problems}


async def test_create_with_password(world: World) -> None:
    """A user with a password is ACTIVE, can sign in, and gets no mail."""
    call = world.call("tenant.users.create", "alpha")
    made = await world.services.users.create(call, new(password=PASSWORD))
    user = made.user
    assert (user.status, user.username) == (UserStatus.ACTIVE, "ann@alpha.example")
    assert (user.locale, user.timezone) == (None, None)
    assert user.identity_source is IdentitySource.LOCAL
    assert not user.email_verified
    assert world.mailer.sent == []
    assert await (await world.tenant()).users.bind(user, PASSWORD) is BindOutcome.OK


async def test_create_invited(world: World) -> None:
    """Without a password and with a mail wanted, the user waits for its address to be proven."""
    call = world.call("tenant.users.create", "alpha")
    made = await world.services.users.create(
        call, new(values={"first_name": "Ann", "last_name": "Lee"})
    )
    assert made.user.status is UserStatus.PENDING_EMAIL_VERIFICATION
    [mail] = world.mailer.sent
    assert (mail.to, mail.template) == ("ann@alpha.example", "welcome")
    assert (mail.values["name"], mail.values["tenant"]) == ("Ann Lee", "Alpha")
    assert mail.values["link"].startswith("https://gateway.example/auth/tenants/alpha/links/")
    current = await (await world.tenant()).users.get(made.user.id)
    assert made.user.version == current.version


async def test_a_taken_default_username_is_told_as_the_email(world: World) -> None:
    """Who gave an e-mail alone is not told about a username; who gave one is."""
    call = world.call("tenant.users.create", "alpha")
    await world.services.users.create(call, new())
    with pytest.raises(Taken) as refused:
        await world.services.users.create(call, new())
    assert refused.value.field == "email"
    as_username = {"email": "other@alpha.example", "username": "ann@alpha.example"}
    with pytest.raises(Taken) as refused:
        await world.services.users.create(call, NewUser(values=as_username))
    assert refused.value.field == "username"


async def test_create_without_a_way_in(world: World) -> None:
    """Without password and mail the user is ACTIVE and cannot sign in."""
    call = world.call("tenant.users.create", "alpha")
    made = await world.services.users.create(call, new(send_welcome_email=False))
    assert made.user.status is UserStatus.ACTIVE
    assert world.mailer.sent == []
    assert await (await world.tenant()).users.bind(made.user, "") is BindOutcome.WRONG


async def test_create_survives_a_mail_server_that_is_away(world: World) -> None:
    """The user is there though the mail was not taken, and a reset link invites again."""
    away = world.without(mailer=MailAway())
    call = away.call("tenant.users.create", "alpha")
    made = await away.services.users.create(call, new())
    assert made.user.status is UserStatus.PENDING_EMAIL_VERIFICATION
    assert world.metrics.counts["mail_unavailable", (("template", "welcome"),)] == 1


async def test_create_in_unit_and_groups(world: World) -> None:
    """Unit and groups are named by ids in any spelling, each group once."""
    tenant = await world.tenant()
    unit = await tenant.ous.add({"name": "Sales"})
    group = await tenant.groups.add({"name": "staff"})
    ids = (group.id, group.id.upper())
    call = world.call("tenant.users.create", "alpha")
    made = await world.services.users.create(
        call, new(password=PASSWORD, ou_id=unit.id.upper(), group_ids=ids)
    )
    assert (made.user.ou_id, made.user.ou_path) == (unit.id, "/Sales")
    assert made.memberships == (
        Membership(group_id=group.id, name="staff", type=MembershipType.DIRECT),
    )


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        (new(values={"email": None}), ("email",)),
        (new(values={"locale": "no locale"}), ("locale",)),
        (new(values={"timezone": "Mars/Olympus"}), ("timezone",)),
        (new(values={"username": " ann"}), ("username",)),
        (new(values={"status": "ACTIVE"}), ("status",)),
        (new(values={"custom_attributes": {"x": "y" * MAX_BYTES}}), ("custom_attributes",)),
        (new(password="{SSHA}c2VjcmV0"), ("password",)),
        (new(password="short"), ("password",)),
        (new(ou_id="nonsense"), ("ou_id",)),
        (new(ou_id=f"ou_{'0' * 32}"), ("ou_id",)),
        (new(group_ids=("nonsense",)), ("group_ids", 0)),
    ],
)
async def test_create_refused(
    world: World, request_: NewUser, where: tuple[str | int, ...]
) -> None:
    """What is wrong is named, and nobody was created or written to."""
    call = world.call("tenant.users.create", "alpha")
    with pytest.raises(Invalid) as refused:
        await world.services.users.create(call, request_)
    assert locs(refused.value) == {("body", *where)}
    listed = await world.services.users.list(world.call("admin.users.list"), UserListing())
    assert (listed.total, world.mailer.sent, world.audit.changes) == (0, [], [])


async def test_create_with_unknown_groups(world: World) -> None:
    """A group of another tenant is as unknown as one that does not exist."""
    foreign = await (await world.tenant("beta")).groups.add({"name": "staff"})
    call = world.call("tenant.users.create", "alpha")
    with pytest.raises(Invalid) as refused:
        await world.services.users.create(call, new(group_ids=(foreign.id,)))
    assert {loc[:2] for loc in locs(refused.value)} == {("body", "group_ids")}


async def test_create_taken(world: World) -> None:
    """A taken e-mail or username is told by its field."""
    await world.user("ann")
    call = world.call("tenant.users.create", "alpha")
    with pytest.raises(Taken) as refused:
        await world.services.users.create(call, new("ANN"))
    assert refused.value.field == "email"
    with pytest.raises(Taken) as refused:
        await world.services.users.create(call, new("bob", values={"username": "Ann"}))
    assert refused.value.field == "username"


async def test_admin_create_names_its_tenant(world: World) -> None:
    """Beside the tenant's path the tenant is named, but for a tenant admin, whose is clear."""
    users = world.services.users
    for role in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.PLATFORM_WRITE):
        with pytest.raises(Invalid) as refused:
            await users.create(world.call("admin.users.create", role=role), new())
        assert locs(refused.value) == {("body", "tenant_id")}
    own = world.call("admin.users.create", role=Role.TENANT_ADMIN)
    made = await users.create(own, new())
    assert made.user.tenant_id == world.tenants["alpha"].id
    other = world.call("admin.users.create", role=Role.PARTNER_ADMIN)
    made = await users.create(other, new(tenant_id="beta"))
    assert made.user.tenant_id == world.tenants["beta"].id
    for unseen in ("gamma", "nowhere"):
        with pytest.raises(NotFound) as absent:
            await users.create(other, new(tenant_id=unseen))
        assert absent.value.code == "tenant_not_found"


async def test_update_changes_what_it_names(world: World) -> None:
    """Absent members stay, null clears, also locale and time zone."""
    user = await world.user(first_name="Ann", last_name="Lee", locale="de", timezone="Asia/Tokyo")
    call = world.call("tenant.users.update", "alpha")
    changed = await world.services.users.update(
        call, user.id, {"first_name": None, "display_name": "A", "locale": None, "timezone": None}
    )
    after = changed.user
    assert (after.first_name, after.last_name, after.display_name) == (None, "Lee", "A")
    assert (after.locale, after.timezone) == (None, None)


async def test_update_username(world: World) -> None:
    """The username stays when the e-mail changes; null makes it the e-mail of then."""
    user = await world.user()
    call = world.call("admin.users.update")
    update = world.services.users.update
    changed = await update(call, user.id, {"email": "ann@new.example"})
    assert (changed.user.email, changed.user.username) == ("ann@new.example", "ann")
    changed = await update(call, user.id, {"username": None})
    assert changed.user.username == "ann@new.example"
    changed = await update(call, user.id, {"username": None, "email": "lee@new.example"})
    assert changed.user.username == "lee@new.example"


async def test_update_merges_custom_attributes(world: World) -> None:
    """Custom attributes merge (RFC 7396); null clears all; the limit holds for the result."""
    user = await world.user(custom_attributes={"a": {"x": 1, "y": 2}, "title": "Dr"})
    call = world.call("admin.users.update")
    update = world.services.users.update
    changed = await update(call, user.id, {"custom_attributes": {"a": {"x": None}, "b": [None]}})
    assert changed.user.custom_attributes == {"a": {"y": 2}, "title": "Dr", "b": [None]}
    half = "x" * (MAX_BYTES // 2)
    await update(call, user.id, {"custom_attributes": {"h1": half}})
    with pytest.raises(Invalid) as refused:
        await update(call, user.id, {"custom_attributes": {"h2": half}})
    assert locs(refused.value) == {("body", "custom_attributes")}
    changed = await update(call, user.id, {"custom_attributes": None})
    assert changed.user.custom_attributes == {}


async def test_update_of_a_new_address_unproves_it(world: World) -> None:
    """Another e-mail is not verified, and links sent to the old one are worth nothing."""
    user = await world.user(email_verified=True)
    reset = world.call("tenant.users.password_reset", "alpha")
    await world.services.credentials.send_reset_link(reset, user.id)
    token = world.mailer.sent[0].values["link"].rsplit("/", 1)[1]
    call = world.call("admin.users.update")
    same = await world.services.users.update(call, user.id, {"email": "ANN@alpha.example"})
    assert same.user.email_verified
    await world.services.credentials.describe_link("alpha", token)
    other = await world.services.users.update(call, user.id, {"email": "lee@alpha.example"})
    assert not other.user.email_verified
    with pytest.raises(NotFound):
        await world.services.credentials.describe_link("alpha", token)


async def test_update_refused(world: World) -> None:
    """Wrong members are named before versions are compared, versions before values taken."""
    await world.user("bob")
    user = await world.user()
    call = world.call("admin.users.update")
    update = world.services.users.update
    with pytest.raises(Invalid) as refused:
        await update(call, user.id, {"email": None, "id": "x", "ou_id": "x"}, version="stale")
    assert locs(refused.value) == {("body", "email"), ("body", "id"), ("body", "ou_id")}
    with pytest.raises(StaleVersion):
        await update(call, user.id, {"username": "bob"}, version="stale")
    with pytest.raises(Taken):
        await update(call, user.id, {"username": "bob"}, version=user.version)
    with pytest.raises(NotFound):
        await update(call, f"usr_{'0' * 32}", {"email": None}, version="stale")


async def test_update_moves(world: World) -> None:
    """A unit's id moves the user there, null moves it to the root."""
    tenant = await world.tenant()
    unit = await tenant.ous.add({"name": "Sales"})
    user = await world.user()
    call = world.call("admin.users.update")
    moved = await world.services.users.update(call, user.id, {"ou_id": unit.id.upper()})
    assert moved.user.ou_path == "/Sales"
    moved = await world.services.users.update(call, user.id, {"ou_id": None})
    assert (moved.user.ou_id, moved.user.ou_path) == (None, None)


async def test_delete_and_restore(world: World) -> None:
    """A deleted user is hidden and frees its names; restoring brings it back, not its groups."""
    tenant = await world.tenant()
    user = await world.user(own_status=UserStatus.DISABLED)
    group = await tenant.groups.add({"name": "staff"})
    await tenant.groups.add_members(group.id, [user.id])
    users = world.services.users
    await users.delete(world.call("admin.users.delete"), user.id)
    with pytest.raises(NotFound):
        await users.get(world.call("admin.users.get"), user.id)
    with pytest.raises(NotFound):
        await users.delete(world.call("admin.users.delete"), user.id)
    back = await users.restore(world.call("admin.users.restore"), user.id)
    assert (back.user.id, back.user.status) == (user.id, UserStatus.DISABLED)
    assert back.memberships == ()
    with pytest.raises(NotFound):
        await users.restore(world.call("admin.users.restore"), user.id)


async def test_restore_of_taken_names(world: World) -> None:
    """A user whose name is in use now stays deleted."""
    user = await world.user()
    users = world.services.users
    await users.delete(world.call("admin.users.delete"), user.id)
    heir = await world.user()
    with pytest.raises(Taken):
        await users.restore(world.call("admin.users.restore"), user.id)
    await users.delete(world.call("admin.users.delete"), heir.id)
    assert (await users.restore(world.call("admin.users.restore"), user.id)).user.id == user.id


async def test_restore_out_of_reach(world: World) -> None:
    """A deleted user of a foreign tenant is as absent as any."""
    user = await world.user(slug="gamma")
    await world.services.users.delete(world.call("admin.users.delete"), user.id)
    call = world.call("admin.users.restore", role=Role.PARTNER_ADMIN)
    with pytest.raises(NotFound):
        await world.services.users.restore(call, user.id)


async def test_delete_confirmed(world: World) -> None:
    """The confirming e-mail compares without case; a stale version is told before a wrong one."""
    user = await world.user()
    delete = world.services.users.delete
    call = world.call("tenant.users.delete", "alpha")
    with pytest.raises(Conflict) as refused:
        await delete(call, user.id, confirm_email="bob@alpha.example", version=user.version)
    assert refused.value.code == "confirm_email_mismatch"
    for confirm_email in ("bob@alpha.example", user.email):
        with pytest.raises(StaleVersion):
            await delete(call, user.id, confirm_email=confirm_email, version="stale")
    await delete(call, user.id, confirm_email="ANN@Alpha.example", version=user.version)
    with pytest.raises(NotFound):
        await delete(call, user.id, confirm_email="whatever")


async def test_disable_mfa(world: World) -> None:
    """The second factor goes with its flag; where there is none, that is fine, too."""
    user = await world.user(mfa_enabled=True, mfa_factors=(b"secret",))
    call = world.call("admin.users.mfa.disable")
    for _ in range(2):
        assert not (await world.services.users.disable_mfa(call, user.id)).user.mfa_enabled
    with pytest.raises(StaleVersion):
        await world.services.users.disable_mfa(call, user.id, version="stale")


async def test_list_filters(world: World) -> None:
    """Each filter narrows, all together, and totals are of all pages."""
    tenant = await world.tenant()
    unit = await tenant.ous.add({"name": "Sales"})
    below = await tenant.ous.add({"name": "East", "parent_id": unit.id})
    ann = await world.user("ann", ou_id=below.id, mfa_enabled=True)
    bob = await world.user("bob", own_status=UserStatus.DISABLED)
    group = await tenant.groups.add({"name": "staff"})
    await tenant.groups.add_members(group.id, [bob.id])
    call = world.call("tenant.users.list", "alpha")

    async def found(**asked: object) -> list[str]:
        page = await world.services.users.list(call, UserListing(**asked))  # type: ignore[arg-type]  # whatever a test hands on
        assert page.total == len(page.items)
        return [user.id for user in page.items]

    assert await found(sort=Sort("username", descending=False)) == [ann.id, bob.id]
    assert await found(ou_id=unit.id.upper()) == [ann.id]
    assert await found(group_id=group.id) == [bob.id]
    assert await found(status=UserStatus.DISABLED) == [bob.id]
    assert await found(mfa_enabled=False) == [bob.id]
    assert await found(search="ANN@") == [ann.id]
    assert await found(search="ann", status=UserStatus.DISABLED) == []
    assert set(await found(search="  ")) == {ann.id, bob.id}
    assert await found(search="\0") == []
    for nothing in ("nonsense", f"ou_{'0' * 32}"):
        assert await found(ou_id=nothing) == []
    for nothing in ("nonsense", f"grp_{'0' * 32}"):
        assert await found(group_id=nothing) == []


async def test_list_pages(world: World) -> None:
    """Pages follow one another without gap or overlap; past the end there is nothing."""
    for number in range(5):
        await world.user(f"u{number}")
    call = world.call("admin.users.list")
    order = Sort("username", descending=False)
    seen = []
    for page in (1, 2, 3, 4):
        window = await world.services.users.list(
            call, UserListing(sort=order, page=page, per_page=2)
        )
        assert window.total == 5
        seen.append([user.username for user in window.items])
    assert seen == [["u0", "u1"], ["u2", "u3"], ["u4"], []]


async def test_list_of_an_invisible_tenant(world: World) -> None:
    """An unknown tenant or partner is told, though nothing could match anyway."""
    call = world.call("admin.users.list", role=Role.PARTNER_ADMIN)
    for asked in ({"tenant_id": "gamma"}, {"partner_id": world.partners["south"].id}):
        with pytest.raises(NotFound):
            await world.services.users.list(call, UserListing(search="\0", **asked))  # type: ignore[arg-type]  # texts all
