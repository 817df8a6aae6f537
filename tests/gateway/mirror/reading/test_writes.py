"""A write is answered once nobody reads from a mirror that lacks it."""

import pytest

from gateway.domain.errors import Taken, Unavailable
from gateway.domain.ids import Kind
from gateway.ports import TenantDirectory
from gateway.ports.feed import Versions
from gateway.ports.mirror import Shelf
from tests.contract.people import PASSWORD, names, person
from tests.gateway.mirror.reading.twins import EPOCH, Twin


@pytest.fixture
def waits(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> list[Versions]:
    """What was waited for."""
    waited: list[Versions] = []
    covered = twin.covered

    async def noted(versions: Versions) -> None:
        waited.append(versions)
        await covered(versions)

    monkeypatch.setattr(twin, "covered", noted)
    return waited


async def test_a_user_is_told_at_once(
    twin: Twin, tenant: TenantDirectory, waits: list[Versions]
) -> None:
    """What a write answers is in the mirror without the feed, in documents, views and look-ups."""
    twin.follows = False
    ann = await tenant.users.add(person("ann", password=PASSWORD))
    assert await names(tenant) == ["ann"]
    await tenant.users.update(ann.id, {"first_name": "Ann"})
    await tenant.users.lock(ann.id)
    locked = await tenant.users.get(ann.id)
    assert (locked.first_name, locked.status) == ("Ann", "LOCKED")
    assert await tenant.users.by_login("ann") == locked
    assert (await twin.directory.tenant_of_user(ann.id)).tenant == tenant.tenant
    assert waits == []
    assert twin.metrics.of("directory") == 0


async def test_what_others_depend_on_is_waited_for(
    tenant: TenantDirectory, waits: list[Versions]
) -> None:
    """Another name or place, groups, and whatever answers no user, come by the feed."""
    group = await tenant.groups.add({"name": "g"})
    ann = await tenant.users.add(person("ann", group_ids=[group.id]))
    assert len(waits) == 2
    await tenant.users.update(ann.id, {"username": "anna"})
    await tenant.users.bind(ann, "wrong")
    await tenant.users.retire(ann.id)
    await tenant.users.restore(ann.id)
    await tenant.groups.clear_members(group.id)
    assert len(waits) == 7
    assert (await tenant.groups.members(group.id, offset=0, limit=1)).total == 0


async def test_a_decoy_leaves_no_mark(tenant: TenantDirectory, waits: list[Versions]) -> None:
    """A bind as nobody changes nothing that is mirrored."""
    await tenant.users.bind(None, "wrong")
    assert waits == []


async def test_a_write_that_fails_is_waited_for(
    twin: Twin, tenant: TenantDirectory, waits: list[Versions], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have happened, or been undone: the next answer knows."""
    await tenant.users.add(person("ann"))
    with pytest.raises(Taken):
        await tenant.users.add(person("ann"))
    assert len(waits) == 1
    users = twin.direct.tenants.subtree(tenant.tenant.id).users
    add = users.add

    async def lost(values: dict[str, object]) -> None:
        await add(values)
        raise Unavailable

    monkeypatch.setattr(users, "add", lost)
    with pytest.raises(Unavailable):
        await tenant.users.add(person("bob"))
    assert await names(tenant) == ["ann", "bob"]
    assert twin.metrics.of("directory") == 0


async def test_a_mirror_that_is_not_believed_here_is_waited_for(
    twin: Twin, tenant: TenantDirectory, waits: list[Versions]
) -> None:
    """Others may believe it still."""
    twin.live = False
    ann = await tenant.users.add(person("ann"))
    assert len(waits) == 1
    shelf = Shelf(EPOCH, tenant.tenant.id, Kind.USER)
    assert ann.id in await twin.store.get(shelf, (ann.id,))
