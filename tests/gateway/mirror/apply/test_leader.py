"""Following a directory: what is told is kept, whatever happens meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.ids import Kind
from gateway.domain.status import FOREVER
from gateway.mirror.apply.comparison import _differ
from gateway.mirror.changes import UnkeepableError
from gateway.mirror.lookups import login
from gateway.ports.feed import PLATFORM, Held, Lost, StartOver
from gateway.ports.mirror import Place, Shelf
from tests.gateway.mirror.apply.scripted import NOW, House
from tests.gateway.mirror.people import CHANGES


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A world with two tenants, and a feed that runs."""
    made = House()
    for _ in range(2):
        made.world.add(Kind.TENANT, PLATFORM)
    made.start()
    yield made
    await made.crash()


def tenant(house: House, number: int = 0) -> str:
    """The id of a tenant."""
    return [h.resource.id for h in house.world.held.values() if h.kind is Kind.TENANT][number]


async def epoch(house: House) -> str:
    """The epoch that is believed."""
    believed = await house.truth.believed()
    assert believed is not None
    return believed


async def test_what_is_there_is_kept_and_followed(house: House) -> None:
    """First all that is there, then each change as it happens."""
    user = house.world.add(Kind.USER, tenant(house))
    await house.right()
    house.world.update(user, first_name="Ada")
    house.world.add(Kind.ORGANIZATIONAL_UNIT, tenant(house, 1))
    await house.right()
    house.world.delete(user)
    await house.right()


async def test_nobody_believes_what_is_not_complete(house: House) -> None:
    """While the directory cannot be followed nothing is said to be true."""
    await house.right()
    before = await epoch(house)
    house.world.interruptions += [Lost("away")]
    house.world.add(Kind.USER, tenant(house))
    await house.right()
    assert await epoch(house) == before


async def test_who_starts_goes_on_from_the_cookie(house: House) -> None:
    """A feed that was killed tells nothing anew."""
    await house.right()
    before = await epoch(house)
    await house.crash()
    house.world.add(Kind.USER, tenant(house))
    house.world.delete(house.world.add(Kind.USER, tenant(house)))
    house.world.present = True
    house.start()
    await house.right()
    assert await epoch(house) == before


async def test_one_leads_and_another_takes_over(house: House) -> None:
    """Of two feeds one has the lease; when it retires, the other goes on at once."""
    await house.right()
    first = await house.truth.holder()
    assert first is not None
    house.start()
    leaders = await house.truth.holder()
    assert leaders == first
    await house.truth.release(first)
    house.world.add(Kind.USER, tenant(house))
    await house.right()
    holder = await house.truth.holder()
    assert holder is not None
    assert holder.fence > first.fence


async def test_a_history_that_is_none_begins_anew(house: House) -> None:
    """After `StartOver` there is another epoch, with what is there now."""
    house.world.add(Kind.USER, tenant(house))
    await house.right()
    before = await epoch(house)
    house.world.interrupt(StartOver("restored"))
    await house.eventually(lambda: not house.world.interruptions)
    await house.eventually(lambda: _another(house, before))
    await house.right()


async def test_what_is_forgotten_is_made_anew(house: House) -> None:
    """As an operator asks for, and as after a flush."""
    await house.right()
    before = await epoch(house)
    await house.truth.forget()
    await house.eventually(lambda: _another(house, before))
    await house.right()


async def test_a_tenant_that_lost_documents_is_noticed(house: House) -> None:
    """Whatever took them away: all is told anew."""
    await house.right()
    before = await epoch(house)
    holder = await house.truth.holder()
    assert holder is not None
    await house.store.drop(tenant(house), fence=holder.fence)
    await house.eventually(lambda: _another(house, before))
    await house.right()


async def test_moves_between_tenants_leave_nothing_behind(house: House) -> None:
    """Also to and fro, and in the same version, as along with a subtree."""
    user = house.world.add(Kind.USER, tenant(house))
    await house.right()
    for number in (1, 0, 1):
        house.world.move(user, tenant(house, number), same_version=number == 0)
        await house.right()
    assert await house.store.where([user]) == {user: Place(tenant(house, 1), Kind.USER)}
    house.world.delete(user)
    await house.right()
    assert await house.store.where([user]) == {}


async def test_who_is_retired_can_come_back(house: House) -> None:
    """Out of documents and groups, and in again."""
    user = house.world.add(Kind.USER, tenant(house))
    group = house.world.add(Kind.GROUP, tenant(house))
    house.world.name(group, frozenset({user}))
    await house.right()
    house.world.retire(user)
    await house.right()
    house.world.put(user, Kind.USER, tenant(house))
    await house.right()
    assert house.world.members_of(group)


async def test_groups_that_name_somebody_new_are_asked_again(house: House) -> None:
    """Though they have not changed themselves."""
    group = house.world.add(Kind.GROUP, tenant(house))
    house.world.name(group, frozenset({(77).to_bytes(16, "big")}))
    await house.right()
    house.world.put((77).to_bytes(16, "big"), Kind.USER, tenant(house))
    assert house.world.members_of(group)
    await house.right()


async def test_a_tenant_with_what_cannot_be_kept_is_not_mirrored(house: House) -> None:
    """Readers ask the directory for that tenant, until there is no such thing in it any more."""
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    user = house.world.add(Kind.USER, tenant(house, 1), custom_attributes={"deep": deep})
    held = house.world.held[user]
    with pytest.raises(UnkeepableError):
        CHANGES.of(Kind.USER, held.resource, None)
    await house.eventually(lambda: _tenants_are(house, {PLATFORM, tenant(house)}))
    house.world.add(Kind.USER, tenant(house))
    house.world.add(Kind.USER, tenant(house, 1))
    await house.eventually(house.truth.believed)
    house.world.update(user, custom_attributes={})
    await house.right()


async def test_locks_that_end_turn_by_the_clock(house: House) -> None:
    """The store is told when; a lock for ever never turns."""
    resource = house.world.held[house.world.add(Kind.USER, tenant(house))].resource
    later = NOW + timedelta(minutes=5)
    for until, turns in ((later, later), (None, None), (FOREVER, None)):
        locked = replace(resource, locked_until=until)  # type: ignore[call-arg] # a user
        assert CHANGES.of(Kind.USER, locked, None).turns_at == turns


async def test_a_change_says_in_what(house: House) -> None:
    """Compared with what is kept, so that views of other fields pass it by."""
    user = house.world.add(Kind.USER, tenant(house))
    await house.right()
    told: list[Any] = []
    house.store.listen(told.append)
    house.world.update(user, first_name="Ada")
    await house.right()
    fields = [each.changed for each in told if each.kind is Kind.USER]
    assert fields == [{house.world.held[user].resource.id: {"first_name", "updated_at"}}]


async def test_lookups_follow(house: House) -> None:
    """Who has another name is found by that."""
    user = house.world.add(Kind.USER, tenant(house))
    await house.right()
    house.world.update(user, email="ada@example.org")
    await house.right()
    shelf = Shelf(await epoch(house), tenant(house), Kind.USER)
    assert len(await house.store.find(shelf, login("ADA@example.org"))) == 1


async def test_comparing_names_fields_only(house: House) -> None:
    """What differs is said by the names of fields."""
    user = house.world.add(Kind.USER, tenant(house))
    await house.right()
    shelf = Shelf(await epoch(house), tenant(house), Kind.USER)
    resource = house.world.held[user].resource
    kept = (await house.store.get(shelf, [resource.id]))[resource.id]
    assert _differ(shelf, resource.id, kept, resource, CHANGES) is None
    other = replace(resource, version="9", first_name="secret")  # type: ignore[call-arg] # a user
    found = _differ(shelf, resource.id, kept, other, CHANGES)
    assert found is not None
    assert (found.what, found.fields) == ("different", ("first_name", "version"))
    assert "secret" not in repr(found)


async def _another(house: House, before: str) -> bool:
    believed = await house.truth.believed()
    return believed is not None and believed != before


async def _tenants_are(house: House, wanted: set[str]) -> bool:
    return set(await house.store.tenants()) == wanted


def test_a_held_resource_is_told_by_its_entry() -> None:
    """Sanity of the script itself: ids name their entries."""
    house = House()
    house.world.add(Kind.TENANT, PLATFORM)
    held = next(iter(house.world.held.values()))
    assert isinstance(held, Held)
    assert held.resource.id.endswith(held.uuid.hex())
