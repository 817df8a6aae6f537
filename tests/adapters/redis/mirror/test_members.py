"""Who is in which group: the same rules in memory, in Redis, and in a Redis Cluster."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.domain.ids import Kind
from gateway.ports import MemberShift
from gateway.ports.mirror import Document, NotMirrored, Shelf, Superseded
from gateway.ports.mirror_members import Names, Unsettled
from gateway.ports.mirror_views import Behind, View
from tests.adapters.redis.mirror.mirrors import (
    NOW,
    OTHER,
    SHELF,
    TENANT,
    Mirror,
    by_content,
    change,
    group,
    heard,
    user,
    version,
)

GROUPS = Shelf("e1", TENANT, Kind.GROUP)
MEMBERS = View(shelf=SHELF, name="members", fields=frozenset({"memberships"}))
OTHERS = View(shelf=SHELF, name="others", fields=frozenset({"text"}))


async def settled(mirror: Mirror, number: int, members: Sequence[str], at: int = 1) -> None:
    """A group with these members."""
    await mirror.members.settle(TENANT, group(number), heard(at), members, fence=1)


async def above(mirror: Mirror, *ids: str) -> dict[str, set[str]]:
    """The groups of these, and of those."""
    found = await mirror.members.groups_of("e1", TENANT, ids)
    return {id_: set(groups) for id_, groups in found.items()}


async def listed(mirror: Mirror, number: int, offset: int = 0, limit: int = 1000) -> Names:
    """Members of a group."""
    return await mirror.members.members("e1", TENANT, group(number), offset=offset, limit=limit)


async def test_groups_are_found_upwards(mirror: Mirror) -> None:
    """Each that was asked for has a line, and each group above, also around a circle."""
    await mirror.ready()
    await settled(mirror, 1, [user(1), user(2), group(2)])
    await settled(mirror, 2, [user(2), group(3)])
    await settled(mirror, 3, [user(3), group(1)])
    await settled(mirror, 4, [user(4)])
    assert await above(mirror, user(1), user(2), user(9)) == {
        user(1): {group(1)},
        user(2): {group(1), group(2)},
        user(9): set(),
        group(1): {group(3)},
        group(2): {group(1)},
        group(3): {group(2)},
    }
    assert await above(mirror, group(4), user(4)) == {group(4): set(), user(4): {group(4)}}
    assert await above(mirror) == {}


async def test_members_are_listed_in_windows(mirror: Mirror) -> None:
    """Groups and users, ascending by id, with the number of all."""
    await mirror.ready()
    for number in (1, 3):
        await settled(mirror, number, [user(900)])
    people = [user(n * 37 % 256) for n in range(40)]
    await settled(mirror, 2, [*people, group(7), group(3)])
    expected = [group(3), group(7), *sorted(people)]
    for offset, limit in ((0, 1000), (0, 3), (1, 5), (39, 9), (42, 5), (100, 1), (5, 0)):
        window = tuple(expected[offset : offset + limit])
        assert await listed(mirror, 2, offset, limit) == Names(window, 42)
    await settled(mirror, 2, [])
    assert await listed(mirror, 2) == Names((), 0)
    with pytest.raises(NotMirrored):
        await listed(mirror, 5)


async def test_the_last_word_counts(mirror: Mirror) -> None:
    """Members come and go, many at once, and none stays by mistake."""
    await mirror.ready()
    first, second = [user(n) for n in range(30)], [user(n) for n in range(20, 60)]
    await settled(mirror, 1, first)
    await settled(mirror, 2, first)
    await settled(mirror, 1, second, at=2)
    assert (await listed(mirror, 1)).ids == tuple(second)
    assert await above(mirror, user(0), user(25), user(59)) == {
        user(0): {group(2)},
        user(25): {group(1), group(2)},
        user(59): {group(1)},
        group(1): set(),
        group(2): set(),
    }


async def test_nobody_is_told_what_is_not_known(mirror: Mirror) -> None:
    """Memberships of all, and members of that group, until its members are known as of then."""
    await mirror.ready()
    await settled(mirror, 1, [user(1)], at=5)
    await settled(mirror, 2, [user(1)], at=5)
    before = {group(1): heard(5), group(2): heard(4)}
    await mirror.members.unsettle(TENANT, before, fence=1)
    assert await mirror.members.unsettled(TENANT) == {}
    later = {group(1): heard(7), group(3): heard(1)}
    await mirror.members.unsettle(TENANT, later, fence=1)
    await mirror.members.unsettle(TENANT, {group(1): heard(6)}, fence=1)
    assert await mirror.members.unsettled(TENANT) == later
    assert (await listed(mirror, 2)).total == 1
    for read in (listed(mirror, 1), listed(mirror, 3), above(mirror, user(9))):
        with pytest.raises(Unsettled):
            await read
    await settled(mirror, 3, [user(3)], at=1)
    await settled(mirror, 1, [user(2)], at=6)
    assert await mirror.members.unsettled(TENANT) == {group(1): heard(7)}
    with pytest.raises(Unsettled):
        await above(mirror, user(9))
    await settled(mirror, 1, [user(4)], at=7)
    assert (await above(mirror, user(4)))[user(4)] == {group(1)}
    assert (await listed(mirror, 1)).ids == (user(4),)


async def test_known_members_can_be_doubted(mirror: Mirror) -> None:
    """Then their version says nothing, nor what was asked for before, be it of a later one."""
    await mirror.ready()
    await settled(mirror, 1, [user(1)], at=5)
    await mirror.members.unsettle(TENANT, {group(1): heard(3, mark=2)}, fence=1)
    await mirror.members.unsettle(TENANT, {group(1): heard(6)}, fence=1)
    await mirror.members.unsettle(TENANT, {group(1): heard(2, mark=1)}, fence=1)
    assert await mirror.members.unsettled(TENANT) == {group(1): heard(6, mark=2)}
    for known in (heard(5, mark=3), heard(6, mark=1)):
        await mirror.members.settle(TENANT, group(1), known, [user(2)], fence=1)
        with pytest.raises(Unsettled):
            await listed(mirror, 1)
    await mirror.members.settle(TENANT, group(1), heard(6, mark=2), [user(3)], fence=1)
    assert (await listed(mirror, 1)).ids == (user(3),)


async def test_a_write_of_a_known_group_spares_asking(mirror: Mirror) -> None:
    """If nothing was heard but of that write, and who joins is kept."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"), change(2, 1, "b"))
    await settled(mirror, 1, [user(1)], at=5)

    async def shifted(since: int, at: int, *joined: str, epoch: str = "e1") -> bool:
        shift = MemberShift(version(since), version(at), frozenset(joined), frozenset([user(1)]))
        return await mirror.members.shift(epoch, TENANT, group(1), shift)

    assert not await shifted(4, 6, user(2))
    assert not await shifted(5, 6, user(3))
    with pytest.raises(NotMirrored):
        await shifted(5, 6, user(2), epoch="e2")
    assert (await listed(mirror, 1)).ids == (user(1),)
    await mirror.members.unsettle(TENANT, {group(1): heard(6)}, fence=1)
    assert await shifted(5, 6, user(2))
    assert (await listed(mirror, 1)).ids == (user(2),)
    await mirror.members.unsettle(TENANT, {group(1): heard(6)}, fence=1)
    assert (await above(mirror, user(2)))[user(2)] == {group(1)}
    for other in (heard(8), heard(6, mark=1)):
        await mirror.members.unsettle(TENANT, {group(1): other}, fence=1)
        assert not await shifted(6, 7, user(1))
        await mirror.members.settle(TENANT, group(1), heard(6, mark=1), [user(2)], fence=1)


async def test_members_that_were_read_before_a_later_write_come_too_late(mirror: Mirror) -> None:
    """Whoever asked the directory for them has to ask again, if anybody has to."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"), change(2, 1, "b"))
    await mirror.members.settle(TENANT, group(1), heard(5), [user(1)], fence=1)
    shift = MemberShift(version(5), version(6), frozenset([user(2)]), frozenset([user(1)]))
    assert await mirror.members.shift("e1", TENANT, group(1), shift)
    await mirror.members.unsettle(TENANT, {group(1): heard(6)}, fence=1)
    await mirror.members.settle(TENANT, group(1), heard(5), [user(1)], fence=1)
    assert (await listed(mirror, 1)).ids == (user(2),)
    await mirror.members.unsettle(TENANT, {group(1): heard(6, mark=1)}, fence=1)
    await mirror.members.settle(TENANT, group(1), heard(5, mark=1), [user(1)], fence=1)
    assert await mirror.members.unsettled(TENANT) == {group(1): heard(6, mark=1)}
    await mirror.members.settle(TENANT, group(1), heard(6, mark=1), [user(2)], fence=1)
    assert (await listed(mirror, 1)).ids == (user(2),)


async def test_many_groups_may_be_unknown(mirror: Mirror) -> None:
    """All of them are told, and become known again."""
    await mirror.ready()
    versions = {group(n): heard(n) for n in range(700)}
    await mirror.members.unsettle(TENANT, versions, fence=1)
    assert await mirror.members.unsettled(TENANT) == versions
    await mirror.members.forget(TENANT, list(versions)[1:], fence=1)
    assert await mirror.members.unsettled(TENANT) == {group(0): heard(0)}


async def test_what_is_not_there_any_more_is_forgotten(mirror: Mirror) -> None:
    """A user in no group, a group in none and without members, however many."""
    await mirror.ready()
    everybody = [user(n) for n in range(30)]
    for number in range(1, 20):
        await settled(mirror, number, [*everybody, group(number + 1)])
    await mirror.members.forget(TENANT, [user(3), group(5), user(4), group(99)], fence=1)
    assert await above(mirror, user(3), user(4)) == {user(3): set(), user(4): set()}
    assert (await listed(mirror, 4)).total == 28
    found = await above(mirror, user(5), group(6))
    assert group(5) not in found
    assert found[group(6)] == set()
    assert len(found[user(5)]) == 18
    with pytest.raises(NotMirrored):
        await listed(mirror, 5)
    await mirror.members.forget(TENANT, [group(n) for n in range(1, 21)], fence=1)
    assert await above(mirror, *everybody) == {id_: set() for id_ in everybody}


async def test_tenants_do_not_meet_and_epochs_begin_with_nothing(mirror: Mirror) -> None:
    """Members are kept, lost and dropped with their tenant."""
    await mirror.ready()
    await mirror.ready(OTHER)
    await settled(mirror, 1, [user(1)])
    assert await mirror.members.groups_of("e1", OTHER, [user(1)]) == {user(1): frozenset()}
    with pytest.raises(NotMirrored):
        await mirror.members.groups_of("e0", TENANT, [user(1)])
    await mirror.ready(epoch="e2")
    assert await mirror.members.groups_of("e2", TENANT, [user(1)]) == {user(1): frozenset()}
    await mirror.store.drop(TENANT, fence=1)
    for call in (
        mirror.members.unsettled(TENANT),
        settled(mirror, 1, [user(1)]),
        mirror.members.forget(TENANT, [user(1)], fence=1),
        mirror.members.unsettle(TENANT, {group(1): heard(1)}, fence=1),
    ):
        with pytest.raises(NotMirrored):
            await call


async def test_only_the_last_feed_says_who_is_in_a_group(mirror: Mirror) -> None:
    """Whoever was succeeded is told."""
    await mirror.ready()
    await mirror.members.settle(TENANT, group(1), heard(1), [user(1)], fence=7)
    for call in (
        settled(mirror, 1, []),
        mirror.members.forget(TENANT, [user(1), group(1)], fence=6),
        mirror.members.unsettle(TENANT, {group(1): heard(9)}, fence=6),
    ):
        with pytest.raises(Superseded):
            await call
    assert (await listed(mirror, 1)).ids == (user(1),)


async def test_views_that_look_at_memberships_follow(mirror: Mirror) -> None:
    """Whoever came or went is looked at again; while nobody knows, there is no answer."""
    await mirror.ready()
    await mirror.put(*(change(n, 1, f"{n}") for n in range(9)))
    await settled(mirror, 1, [user(1), user(2)])
    for view in (MEMBERS, OTHERS):
        await mirror.built(view, by_content)
    await mirror.members.unsettle(TENANT, {group(1): heard(2)}, fence=1)
    with pytest.raises(NotMirrored):
        await mirror.views.page(MEMBERS, offset=0, limit=9, now=NOW)
    await settled(mirror, 1, [user(2), user(3)], at=2)
    behind = await mirror.views.page(MEMBERS, offset=0, limit=9, now=NOW)
    assert isinstance(behind, Behind)
    assert set(behind.documents) == {user(1), user(3)}
    kept = Document(user(1), version(1), b"1")
    assert behind.documents[user(1)] == kept
    assert not isinstance(await mirror.views.page(OTHERS, offset=0, limit=9, now=NOW), Behind)
    await mirror.read(MEMBERS, by_content)
    await settled(mirror, 1, [user(2), user(3)], at=3)
    assert not isinstance(await mirror.views.page(MEMBERS, offset=0, limit=9, now=NOW), Behind)
    await mirror.members.forget(TENANT, [user(3)], fence=1)
    behind = await mirror.views.page(MEMBERS, offset=0, limit=9, now=NOW)
    assert isinstance(behind, Behind)
    assert set(behind.documents) == {user(3)}


async def test_views_of_groups_follow(mirror: Mirror) -> None:
    """By their members, and where groups come or go, by nesting."""
    await mirror.ready()
    by_members = View(shelf=GROUPS, name="m", fields=frozenset({"members"}))
    nesting = replace(by_members, name="n", surroundings=frozenset({"nesting"}))
    for view in (by_members, nesting):
        await mirror.built(view, by_content)

    async def seen() -> tuple[set[str], bool]:
        page = await mirror.views.page(by_members, offset=0, limit=9, now=NOW)
        stands = await mirror.views.page(nesting, offset=0, limit=9, now=NOW) is not None
        await mirror.read(by_members, by_content)
        return set(page.documents) if isinstance(page, Behind) else set(), stands

    await settled(mirror, 1, [user(1)])
    assert await seen() == ({group(1)}, True)
    await settled(mirror, 1, [user(1), group(2)])
    assert await seen() == ({group(1)}, False)
    await mirror.built(nesting, by_content)
    await mirror.members.forget(TENANT, [user(1)], fence=1)
    assert await seen() == ({group(1)}, True)
    await mirror.members.forget(TENANT, [group(2)], fence=1)
    assert await seen() == ({group(1)}, False)


async def test_members_that_are_forgotten_meanwhile_do_not_return(mirror: Mirror) -> None:
    """Whatever is under way at the same time."""
    await mirror.ready()
    everybody = [user(n) for n in range(60)]
    for _ in range(5):
        await asyncio.gather(
            settled(mirror, 1, everybody),
            settled(mirror, 2, everybody[::2]),
            mirror.members.unsettle(TENANT, {group(2): heard(0)}, fence=1),
            mirror.members.forget(TENANT, everybody[::3], fence=1),
        )
        left = {user(n) for n in range(60) if n % 3}
        assert set((await listed(mirror, 1)).ids) == left
        assert set((await listed(mirror, 2)).ids) == left & set(everybody[::2])
        await settled(mirror, 1, everybody)
        assert (await listed(mirror, 1)).total == 60


async def test_members_forgotten_once_another_group_was_settled_do_not_return(
    mirror: Mirror,
) -> None:
    """Each group that is still being settled is told who is forgotten, whoever was done first."""
    await mirror.ready()
    everybody = [user(n) for n in range(200)]
    slow = asyncio.create_task(settled(mirror, 1, everybody))
    await asyncio.sleep(0)  # it has begun
    await settled(mirror, 2, everybody[:1])
    await mirror.members.forget(TENANT, everybody[::3], fence=1)
    await slow
    assert set((await listed(mirror, 1)).ids) == {user(n) for n in range(200) if n % 3}
