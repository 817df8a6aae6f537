"""Users that a client creates, changes and deletes."""

from datetime import timedelta

import pytest

from gateway.domain.access import Role
from gateway.domain.email import is_stand_in
from gateway.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, Taken
from gateway.domain.model import IdentitySource
from gateway.domain.query import Compare, Query
from gateway.domain.status import UserStatus
from gateway.ports import BindOutcome, OneTimeSecret
from gateway.services.creation import NewUser
from gateway.services.provisioning import WantedUser
from gateway.services.tags import UserDetails
from tests.gateway.services.provisioning.client import connect, external_ids
from tests.gateway.services.world import PASSWORD, World

ALL = {
    "email": "ann@work.example",
    "other_emails": ("ann@home.example",),
    "first_name": "Ann",
    "last_name": "Lee",
    "display_name": "Ann Lee",
    "phone": "+49 30 1",
    "avatar_url": "https://x.example/ann.png",
    "locale": "not-a-tag!",
    "timezone": "Mars/Olympus",
}


async def test_create_with_everything(world: World) -> None:
    """What is wanted is there, in the values that came, with source and link; no mail goes out."""
    client = await connect(world)
    assert client.provider is not None
    attributes = {"title": "CEO", "roles": [{"value": "x", "primary": True}], "nickName": None}
    made = await client.create(
        values=ALL,
        custom_attributes=attributes,
        external_id="00u/1",
        password=PASSWORD,
        active=True,
    )
    kept = await client.get(made)
    assert {name: getattr(kept, name) for name in ALL} == ALL
    assert kept.custom_attributes == {"title": "CEO", "roles": [{"value": "x", "primary": True}]}
    assert (kept.username, kept.identity_source) == ("ann", IdentitySource.SCIM)
    assert kept.status is UserStatus.ACTIVE
    assert external_ids(kept) == {client.provider.id: "00u/1"}
    users = (await world.tenant()).users
    assert await users.bind(kept, PASSWORD) is BindOutcome.OK
    assert world.mailer.sent == []
    [told] = [c for c in world.audit.changes if c.target == made.id]
    assert told.action == "scim.users.create"
    assert PASSWORD not in str(told)


async def test_a_username_is_enough(world: World) -> None:
    """Without an e-mail it is the username if that is an address, else a stand-in."""
    client = await connect(world)
    assert (await client.create("bob@corp")).email == "bob@corp"
    assert is_stand_in((await client.create("bob")).email)
    assert (await client.create("eve", active=False)).status is UserStatus.DISABLED


async def test_nobody_becomes_two(world: World) -> None:
    """Username, e-mail and external id are unique, and it is told which one is not."""
    client = await connect(world)
    await client.create(values={"email": "ann@x.example"}, external_id="1")
    for name, values, external_id, field in (
        ("ANN", {}, "2", "username"),
        ("bob", {"email": "Ann@x.example"}, "2", "email"),
        ("ann@x.example", {}, "2", "username"),
        ("ann@x.example", {"email": "ann@x.example"}, "2", "username"),
        ("bob", {}, "1", "external_id"),
    ):
        with pytest.raises(Taken) as refused:
            await client.create(name, values=values, external_id=external_id)
        assert refused.value.field == field
    page = await client.service.find_users(client.call("users.read"), Query())
    assert page.total == 1


async def test_external_ids_are_exact_and_of_one_provider(world: World) -> None:
    """Case counts, and what another provider calls its account is no matter."""
    one, other = await connect(world), await connect(world, "entra")
    await one.create("ann", external_id="A1")
    await one.create("bob", external_id="a1")
    await other.create("eve", external_id="A1")


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"values": {"username": ""}}, ["username"]),
        ({"values": {"username": " ann", "email": "no address"}}, ["username", "email"]),
        ({"values": {"other_emails": ("a@b", "no address")}}, ["other_emails"]),
        ({"values": {"own_status": "DISABLED"}}, ["own_status"]),
        ({"external_id": " x"}, ["externalId"]),
        ({"password": ""}, ["password"]),
        ({"password": "{SSHA}abc"}, ["password"]),
        ({"custom_attributes": {"x": "y" * 70_000}}, ["custom_attributes"]),
    ],
)
async def test_what_is_wrong_is_named(
    world: World, wanted: dict[str, object], fields: list[str]
) -> None:
    """Each wrong member, whether a user is created or changed; nothing is written."""
    client = await connect(world)
    with pytest.raises(Invalid) as refused:
        await client.create("bob", **wanted)
    assert [p.loc for p in refused.value.problems] == [("body", f) for f in fields]
    user = await client.create()
    with pytest.raises(Invalid) as refused:
        await client.update(user, WantedUser(**wanted))  # type: ignore[arg-type] # by test
    assert [p.loc for p in refused.value.problems] == [("body", f) for f in fields]
    assert await client.get(user) == user


async def test_a_refused_password_changes_nothing(world: World) -> None:
    """The directory's reason is told under `password`; what came with it is not written."""
    client = await connect(world)
    user = await client.create(password=PASSWORD)
    with pytest.raises(Invalid) as refused:
        await client.update(user, WantedUser(values={"first_name": "A"}, password="x"))
    assert [p.loc for p in refused.value.problems] == [("body", "password")]
    assert await client.get(user) == user
    with pytest.raises(Invalid):
        await client.create("bob", password="x")
    assert (await client.service.find_users(client.call("users.read"), Query())).total == 1


async def test_odd_values_of_others_can_be_sent_back(world: World) -> None:
    """What LDAP tools wrote is judged only where it is changed."""
    client = await connect(world)
    user = await world.user("odd", email="no address", other_emails=("none either",))
    same = {"email": "no address", "other_emails": ("none either",), "username": "odd"}
    after = await client.update(user, WantedUser(values={**same, "first_name": "A"}))
    assert after.first_name == "A"
    with pytest.raises(Invalid):
        await client.update(user, WantedUser(values={"email": "another none"}))


async def test_update_writes_what_differs(world: World) -> None:
    """Absent is unchanged, None clears, custom values are replaced whole, None removes one."""
    client = await connect(world)
    user = await client.create(values=ALL, custom_attributes={"name": {"a": 1}, "title": "CEO"})
    wanted = WantedUser(
        values={"first_name": None, "last_name": "Kim", "other_emails": None, "locale": ""},
        custom_attributes={"name": {"b": 2}, "title": None, "roles": [1]},
    )
    after = await client.update(user, wanted)
    assert (after.first_name, after.last_name, after.other_emails) == (None, "Kim", ())
    assert (after.locale, after.timezone) == (None, "Mars/Olympus")
    assert after.custom_attributes == {"name": {"b": 2}, "roles": [1]}
    assert await client.update(after, wanted) == after
    assert await client.update(after, None) == after
    assert await client.update(after, WantedUser(values={"last_name": "Kim"}, active=True)) == after


async def test_another_email_is_not_proven(world: World) -> None:
    """Its proof and the links mailed to the old one are gone; another case is no other."""
    client = await connect(world)
    user = await client.create(values={"email": "ann@x.example"})
    users = (await world.tenant()).users
    link = OneTimeSecret(
        digest="0a" * 32, purpose="reset", expires_at=world.clock() + timedelta(hours=1)
    )
    await users.grant(user.id, link)
    await users.update(user.id, {"email_verified": True})
    assert (await client.update(user, WantedUser(values={"email": "ANN@x.example"}))).email_verified
    after = await client.update(user, WantedUser(values={"email": "ann@y.example"}))
    assert not after.email_verified
    with pytest.raises(NotFound):
        await users.granted(user.id, link.digest)


async def test_an_email_that_goes(world: World) -> None:
    """The username takes its place if it is an address, else a stand-in, which then stays."""
    client = await connect(world)
    user = await client.create(values={"email": "ann@x.example"})
    first = await client.update(user, WantedUser(values={"email": None}))
    assert is_stand_in(first.email)
    again = await client.update(user, WantedUser(values={"email": None, "first_name": "A"}))
    assert again.email == first.email
    renamed = WantedUser(values={"email": None, "username": "ann@y.example"})
    assert (await client.update(user, renamed)).email == "ann@y.example"


async def test_addresses_are_there_once(world: World) -> None:
    """The first address is not kept among the others, also where one becomes the first."""
    client = await connect(world)
    user = await client.create(
        values={
            "email": "a@x.example",
            "other_emails": ("A@x.example", "b@x.example", "b@X.example"),
        }
    )
    assert (user.email, user.other_emails) == ("a@x.example", ("b@x.example",))
    after = await client.update(user, WantedUser(values={"email": "b@x.example"}))
    assert (after.email, after.other_emails) == ("b@x.example", ())


async def test_no_mail_to_a_stand_in(world: World) -> None:
    """Whoever has no address is sent no reset link, and is told so; nor can one be invited."""
    client = await connect(world)
    user = await client.create()
    with pytest.raises(Conflict) as refused:
        await world.services.credentials.send_reset_link(
            world.call("tenant.users.password_reset", "alpha"), user.id
        )
    assert refused.value.code == "no_email"
    new = NewUser(values={"email": user.email.replace("0", "1")})
    with pytest.raises(Invalid):
        await world.services.users.create(world.call("tenant.users.create", "alpha"), new)
    assert world.mailer.sent == []


async def test_active_is_the_own_status(world: World) -> None:
    """False disables and ends sessions, true opens also a pending account, the same is nothing."""
    client = await connect(world)
    user = await client.create(password=PASSWORD)
    off = await client.update(user, WantedUser(active=False))
    assert off.status is UserStatus.DISABLED
    assert off.tokens_valid_from == world.clock().replace(microsecond=0)
    assert await world.revocations.get(user.id) == (True, off.tokens_valid_from)
    assert await client.update(user, WantedUser(active=False)) == off
    assert (await client.update(user, WantedUser(active=True))).status is UserStatus.ACTIVE
    pending = await world.user("bob", own_status=UserStatus.PENDING_APPROVAL)
    same = await client.update(pending, WantedUser(active=False))
    assert same.status is UserStatus.PENDING_APPROVAL
    assert (await client.update(pending, WantedUser(active=True))).status is UserStatus.ACTIVE


async def test_a_lock_is_the_directorys(world: World) -> None:
    """A locked account is active: writing that back does not unlock it, nor does activating."""
    client = await connect(world)
    user = await client.create()
    users = (await world.tenant()).users
    await users.lock(user.id)
    assert (await client.update(user, WantedUser(active=True))).status is UserStatus.LOCKED
    assert (await client.update(user, WantedUser(active=False))).status is UserStatus.DISABLED
    assert (await client.update(user, WantedUser(active=True))).status is UserStatus.LOCKED


async def test_adopting(world: World) -> None:
    """A change of a LOCAL user, or an external id, makes SCIM the source; looking does not."""
    client = await connect(world)
    assert client.provider is not None
    local = await world.user("local")
    assert (await client.update(local, WantedUser(values={"username": "local"}))) == local
    after = await client.update(local, WantedUser(values={"first_name": "L"}))
    assert after.identity_source is IdentitySource.SCIM
    saml = await world.user("saml", identity_source=IdentitySource.SAML)
    after = await client.update(saml, WantedUser(values={"first_name": "S"}))
    assert after.identity_source is IdentitySource.SAML
    after = await client.update(saml, WantedUser(external_id="s-1"))
    assert after.identity_source is IdentitySource.SCIM
    assert external_ids(after) == {client.provider.id: "s-1"}
    mismatches = world.services.mismatches
    found = await mismatches.list(world.call("admin.users.mismatches"))
    assert saml.id not in {item.mismatch.user.id for item in found.items}


async def test_relinking(world: World) -> None:
    """Another external id takes the place of the old, None unlinks, other providers' stay."""
    one, other = await connect(world), await connect(world, "entra")
    assert one.provider is not None
    assert other.provider is not None
    user = await one.create(external_id="1")
    await other.update(user, WantedUser(external_id="e"))
    after = await one.update(user, WantedUser(external_id="2"))
    assert external_ids(after) == {one.provider.id: "2", other.provider.id: "e"}
    assert await one.update(user, WantedUser(external_id="2")) == after
    after = await one.update(user, WantedUser(external_id=None))
    assert external_ids(after) == {other.provider.id: "e"}
    await one.create("bob", external_id="2")
    with pytest.raises(Taken):
        await one.update(user, WantedUser(external_id="2"))


async def test_versions(world: World) -> None:
    """An older version writes nothing, also where nothing would be written."""
    client = await connect(world)
    user = await client.create()
    after = await client.update(user, WantedUser(values={"first_name": "A"}), user.version)
    for wanted in (WantedUser(values={"first_name": "B"}), None):
        with pytest.raises(StaleVersion):
            await client.update(user, wanted, user.version)
    with pytest.raises(StaleVersion):
        await client.delete(user, user.version)
    assert await client.get(user) == after
    await client.delete(user, after.version)


async def test_a_lost_race_is_run_again(world: World) -> None:
    """What follows from what was read is read again; a change of another thing does not matter."""
    client = await connect(world)
    user = await client.create(custom_attributes={"a": 1})
    users = (await world.tenant()).users
    tries: list[str] = []

    def racing(field: str, wanted: WantedUser) -> WantedUser:
        tries.append(field)
        if len(tries) == 1:
            row = {field: {"b": 2}} if field == "custom_attributes" else {field: "X"}
            coroutine = users.update(user.id, row)
            with pytest.raises(StopIteration):  # the directory in memory never waits
                coroutine.send(None)
        return wanted

    call = client.call("users.update")
    wanted = WantedUser(custom_attributes={"c": 3})
    await client.service.update_user(call, user.id, lambda _: racing("custom_attributes", wanted))
    assert (await client.get(user)).custom_attributes == {"b": 2, "c": 3}
    assert len(tries) == 2
    tries.clear()
    named = WantedUser(values={"last_name": "Y"})
    await client.service.update_user(call, user.id, lambda _: racing("first_name", named))
    after = await client.get(user)
    assert (after.first_name, after.last_name, len(tries)) == ("X", "Y", 1)


async def test_deleted_is_gone(world: World) -> None:
    """A second time there is nothing; its names are free, under a new id."""
    client = await connect(world)
    user = await client.create(external_id="1")
    await client.delete(user)
    for again in (client.delete(user), client.details(user)):
        with pytest.raises(NotFound):
            await again
    assert (await client.create(external_id="1")).id != user.id


async def test_nobody_comes_back_as_a_second(world: World) -> None:
    """Who was deleted is not restored while the account at the provider is another user's."""
    client = await connect(world)
    old = await client.create("old", external_id="1")
    await client.delete(old)
    new = await client.create("new", external_id="1")
    restore, call = world.services.users.restore, world.call("admin.users.restore")
    with pytest.raises(Taken) as refused:
        await restore(call, old.id)
    assert refused.value.code == "external_id_taken"
    with pytest.raises(NotFound):
        await client.get(old)
    await client.update(new, WantedUser(external_id=None))
    back = (await restore(call, old.id)).user
    assert external_ids(back) == external_ids(old)


async def test_reading(world: World) -> None:
    """Users come with their groups, one by one or many at once, or without where not wanted."""
    client = await connect(world)
    ann, bob = await client.create("ann"), await client.create("bob")
    group = await (await world.tenant()).groups.add({"name": "staff"})
    await (await world.tenant()).groups.add_members(group.id, [ann.id])
    call = client.call("users.read")
    one = await client.details(ann)
    assert [m.group_id for m in one.memberships] == [group.id]
    assert await client.service.details(call, [bob, one.user]) == (UserDetails(user=bob), one)
    assert (await client.service.user(call, ann.id, memberships=False)).memberships == ()
    page = await client.service.find_users(call, Query(filter=Compare("username", "eq", "BOB")))
    assert page.items == (bob,)


async def test_reach(world: World) -> None:
    """A token sees its own tenant alone, and roles that may not, nothing."""
    client, other = await connect(world), await connect(world, slug="beta")
    user = await client.create()
    with pytest.raises(NotFound):
        await other.update(user, WantedUser(values={"first_name": "A"}))
    elsewhere = world.call("scim.users.read", "beta", role=Role.SCIM, slug="alpha")
    with pytest.raises(NotFound):
        await client.service.user(elsewhere, user.id)
    for role in (Role.APPLICATION, Role.USER, Role.PLATFORM_READ):
        with pytest.raises(Forbidden):
            await client.service.create_user(
                world.call("scim.users.create", "alpha", role=role), WantedUser()
            )
    admin = world.call("scim.users.read", "alpha")
    assert (await client.service.user(admin, user.id)).user == user
    nowhere = world.call("scim.users.read")
    with pytest.raises(NotFound):
        await client.service.user(nowhere, user.id)
