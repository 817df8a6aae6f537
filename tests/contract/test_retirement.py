"""Soft deletion, and the way back."""

from datetime import timedelta

import pytest

from gateway.domain.errors import NotFound, Taken
from gateway.domain.model import User
from gateway.domain.query import Below, MemberOf, StatusIs, TextSearch
from gateway.domain.status import UserStatus
from gateway.ports import BindOutcome, Directory, TenantDirectory
from tests.contract.people import PASSWORD, Clock, names, person, second
from tests.contract.test_users import FULL, shown


async def retired_ids(tenant: TenantDirectory, clock: Clock, ago: timedelta) -> list[str]:
    """Users that were retired before then."""
    return [user.id async for user in tenant.users.retired(clock() - ago)]


async def test_a_retired_user_is_hidden_everywhere(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """No look-up, listing, group, application, login or bind knows it any more."""
    unit = await tenant.ous.add({"name": "A"})
    group = await tenant.groups.add({"name": "g"})
    app = await tenant.applications.add({"client_id": "c", "secret": "s"})
    ann = await tenant.users.add(
        person("ann", ou_id=unit.id, group_ids=[group.id], password=PASSWORD)
    )
    bob = await tenant.users.add(person("bob"))
    await tenant.applications.add_members(app.id, [ann.id])
    await tenant.users.retire(ann.id, version=ann.version)
    for call in (
        tenant.users.get(ann.id),
        tenant.users.by_login("ann"),
        tenant.users.by_login("ann@example.org"),
        tenant.users.update(ann.id, {"first_name": "x"}),
        tenant.users.retire(ann.id),
        tenant.users.delete(ann.id),
        tenant.groups.memberships(ann.id),
        directory.users(None).get(ann.id),
    ):
        with pytest.raises(NotFound):
            await call
    assert await names(tenant) == ["bob"]
    assert await names(tenant, TextSearch("ann")) == []
    for filter_ in (MemberOf(group.id), Below(unit.id)):
        assert await names(tenant, filter_) == []
    assert (await tenant.groups.members(group.id, offset=0, limit=10)).total == 0
    assert (await tenant.applications.members(app.id, offset=0, limit=10)).total == 0
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.WRONG
    assert await tenant.users.get(bob.id) == bob


async def test_a_restored_user_is_as_it_was_but_for_its_groups(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Id, fields, unit, status and password are back; memberships are not."""
    unit = await tenant.ous.add({"name": "A"})
    group = await tenant.groups.add({"name": "g"})
    values = {name: value for name, value in FULL.items() if name != "own_status"}
    ann = await tenant.users.add(
        person("ann", ou_id=unit.id, group_ids=[group.id], password=PASSWORD, **values)
    )
    await tenant.users.retire(ann.id)
    back = await tenant.users.restore(ann.id)
    assert (back.id, back.username, back.email) == (ann.id, "ann", "ann@example.org")
    assert (back.ou_id, back.ou_path, back.deleted_at) == (unit.id, "/A", None)
    assert shown(back, values) == values
    assert back.created_at == ann.created_at
    assert back.version != ann.version
    assert await tenant.users.get(ann.id) == back
    assert await tenant.groups.memberships(ann.id) == ()
    assert await tenant.users.by_login("ann") == back
    assert await tenant.users.bind(back, PASSWORD) is BindOutcome.OK
    with pytest.raises(NotFound):
        await tenant.users.restore(ann.id)


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.LOCKED])
async def test_a_status_outlives_retirement(tenant: TenantDirectory, status: UserStatus) -> None:
    """Who was disabled or locked comes back so."""
    own = status if status is UserStatus.DISABLED else None
    ann = await tenant.users.add(person("ann", own_status=own))
    if own is None:
        await tenant.users.lock(ann.id)
    await tenant.users.retire(ann.id)
    assert (await tenant.users.restore(ann.id)).status is status
    assert await names(tenant, StatusIs(status)) == ["ann"]


async def test_email_and_username_are_free_after_retirement(tenant: TenantDirectory) -> None:
    """Somebody else can take them, which holds up the return until they are free again."""
    ann = await tenant.users.add(person("ann", email="ann@work.org"))
    await tenant.users.retire(ann.id)
    thief: User = await tenant.users.add(person("ann", email="other@work.org"))
    with pytest.raises(Taken) as caught:
        await tenant.users.restore(ann.id)
    assert caught.value.field == "username"
    await tenant.users.update(thief.id, {"username": "bob", "email": "ANN@work.org"})
    with pytest.raises(Taken) as caught:
        await tenant.users.restore(ann.id)
    assert caught.value.field == "email"
    await tenant.users.update(thief.id, {"username": "Ann@Work.org", "email": "other@work.org"})
    with pytest.raises(Taken):
        await tenant.users.restore(ann.id)
    assert await names(tenant) == ["Ann@Work.org"]
    await tenant.users.update(thief.id, {"username": "bob"})
    assert (await tenant.users.restore(ann.id)).email == "ann@work.org"
    assert await names(tenant) == ["ann", "bob"]


async def test_the_same_name_can_be_retired_many_times(tenant: TenantDirectory) -> None:
    """Retired users of one name do not get into each other's way."""
    retired = []
    for _ in range(3):
        ann = await tenant.users.add(person("ann"))
        await tenant.users.retire(ann.id)
        retired.append(ann)
    back = await tenant.users.restore(retired[1].id)
    assert back.id == retired[1].id
    with pytest.raises(Taken):
        await tenant.users.restore(retired[0].id)


async def test_a_user_whose_unit_is_gone_comes_back_to_the_root(tenant: TenantDirectory) -> None:
    """A retired user does not keep its unit from being deleted."""
    unit = await tenant.ous.add({"name": "A"})
    ann = await tenant.users.add(person("ann", ou_id=unit.id))
    await tenant.users.retire(ann.id)
    await tenant.ous.delete(unit.id)
    back = await tenant.users.restore(ann.id)
    assert (back.ou_id, back.ou_path) == (None, None)


async def test_a_user_comes_back_to_a_unit_that_was_renamed(tenant: TenantDirectory) -> None:
    """The unit is remembered itself, not its name or place."""
    unit = await tenant.ous.add({"name": "A"})
    ann = await tenant.users.add(person("ann", ou_id=unit.id))
    await tenant.users.retire(ann.id)
    await tenant.ous.update(unit.id, {"name": "B"})
    assert (await tenant.users.restore(ann.id)).ou_path == "/B"


async def test_a_purged_user_is_gone_for_good(tenant: TenantDirectory) -> None:
    """Only retired users are purged, and nothing brings them back."""
    ann = await tenant.users.add(person("ann"))
    with pytest.raises(NotFound):
        await tenant.users.purge(ann.id)
    assert await names(tenant) == ["ann"]
    await tenant.users.retire(ann.id)
    await tenant.users.purge(ann.id)
    for call in (tenant.users.restore(ann.id), tenant.users.purge(ann.id)):
        with pytest.raises(NotFound):
            await call


async def test_retired_users_are_told_with_their_time(
    tenant: TenantDirectory, clock: Clock
) -> None:
    """Those from before a time, each with the e-mail and username that it had."""
    ann, bob = await tenant.users.add(person("ann")), await tenant.users.add(person("bob"))
    await tenant.users.add(person("cyd"))
    before = second(clock())
    await tenant.users.retire(ann.id)
    await tenant.users.retire(bob.id)
    assert await retired_ids(tenant, clock, timedelta(minutes=1)) == []
    found = [user async for user in tenant.users.retired(clock() + timedelta(minutes=1))]
    assert {(u.id, u.username, u.email) for u in found} == {
        (ann.id, "ann", "ann@example.org"),
        (bob.id, "bob", "bob@example.org"),
    }
    for user in found:
        assert user.deleted_at is not None
        assert before <= user.deleted_at <= clock()
    await tenant.users.restore(ann.id)
    await tenant.users.purge(bob.id)
    assert await retired_ids(tenant, clock, -timedelta(minutes=1)) == []
