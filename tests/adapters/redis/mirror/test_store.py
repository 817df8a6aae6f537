"""Documents of the mirror: the same rules in memory, in Redis, and in a Redis Cluster."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zlib import crc32

import pytest

from gateway.domain.ids import Kind
from gateway.ports.mirror import Document, NotMirrored, Place, Shelf, Superseded
from tests.adapters.redis.mirror.mirrors import (
    NOW,
    OTHER,
    SHELF,
    TENANT,
    Mirror,
    change,
    user,
    version,
)


async def test_nothing_is_read_before_it_is_complete(mirror: Mirror) -> None:
    """Absent and not mirrored are different answers."""
    for step in (None, "open"):
        if step:
            await mirror.store.open(TENANT, epoch="e1", fence=1)
            await mirror.put(change(1, 1, "a"))
        for read in (
            mirror.store.get(SHELF, [user(1)]),
            mirror.store.find(SHELF, "a"),
            mirror.store.scan(SHELF),
        ):
            with pytest.raises(NotMirrored):
                await read
    await mirror.store.complete(TENANT, epoch="e1", fence=1)
    assert await mirror.store.get(SHELF, [user(1), user(2)]) == {
        user(1): Document(user(1), version(1), b"a")
    }
    assert await mirror.store.get(SHELF, []) == {}


async def test_a_tenant_that_is_not_open_takes_no_changes(mirror: Mirror) -> None:
    """Part of a tenant would pass for the whole."""
    with pytest.raises(NotMirrored):
        await mirror.put(change(1, 1, "a"))
    with pytest.raises(NotMirrored):
        await mirror.store.stir(TENANT, ["units"])
    with pytest.raises(NotMirrored):
        await mirror.store.complete(TENANT, epoch="e1", fence=1)
    assert await mirror.store.standing(TENANT) is None


async def test_older_versions_never_win(mirror: Mirror) -> None:
    """Newer ones do; the same again is no change."""
    await mirror.ready()
    assert await mirror.put(change(1, 5, "five")) == (user(1),)
    assert await mirror.put(change(1, 4, "four")) == ()
    assert await mirror.put(change(1, 5, "five")) == ()
    assert await mirror.put(change(1, 6, "six"), change(2, 1, "one")) == (user(1), user(2))
    assert {each.content for each in (await mirror.everything()).values()} == {b"six", b"one"}


async def test_the_feed_has_the_last_word_on_a_version(mirror: Mirror) -> None:
    """A writer that comes later with another text of the same version changes nothing."""
    await mirror.ready()
    assert await mirror.put(change(1, 5, "written")) == (user(1),)
    assert await mirror.put(change(1, 5, "late"), change(1, 5, "")) == ()
    assert await mirror.put(change(1, 5, "told"), fence=1) == (user(1),)
    assert await mirror.put(change(1, 5, "late")) == ()
    assert await mirror.put(change(1, 4, "older"), fence=1) == ()
    assert await mirror.put(change(1, 5, "told anew"), fence=1) == (user(1),)
    assert await mirror.put(change(1, 5, ""), fence=1) == (user(1),)
    assert await mirror.put(change(1, 5, "late")) == ()
    assert await mirror.put(change(1, 5, "back"), fence=1) == (user(1),)
    assert [each.content for each in (await mirror.everything()).values()] == [b"back"]


async def test_any_bytes_are_kept(mirror: Mirror) -> None:
    """Documents, keys and fields are nobody's business here."""
    await mirror.ready()
    content = bytes(range(256)) + b"\n\n\x00"
    key = "é\x00\n{},*\ud800"
    await mirror.put(
        replace(change(1, 1, ""), content=content, keys=(key, "", "x" * 9000), turns_at=NOW)
    )
    kept = Document(user(1), version(1), content)
    assert await mirror.store.get(SHELF, [user(1)]) == {user(1): kept}
    for known in (key, "", "x" * 9000):
        assert await mirror.store.find(SHELF, known) == (kept,)
    assert (await mirror.store.scan(SHELF)).documents == (kept,)


async def test_what_is_none_of_its_kind_may_be_again(mirror: Mirror) -> None:
    """An empty document hides it up to a newer version."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a", keys=("a",)))
    assert await mirror.put(change(1, 3, "")) == (user(1),)
    assert await mirror.put(change(1, 3, "")) == ()
    assert await mirror.put(change(1, 2, "late", keys=("a",))) == ()
    assert await mirror.everything() == {}
    assert await mirror.store.find(SHELF, "a") == ()
    assert await mirror.put(change(1, 4, "back", keys=("a",))) == (user(1),)
    assert [each.content for each in await mirror.store.find(SHELF, "a")] == [b"back"]


async def test_what_was_hidden_first_stays_hidden(mirror: Mirror) -> None:
    """Versions count, also where the newer one came first and brought nothing."""
    await mirror.ready()
    assert await mirror.put(change(1, 3, "")) == ()
    assert await mirror.put(change(1, 2, "late")) == ()
    assert await mirror.put(change(1, 4, "new")) == (user(1),)


async def test_what_is_gone_for_good_never_returns(mirror: Mirror) -> None:
    """Whatever version comes after it."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a", keys=("a",)))
    gone = replace(change(1, 1, ""), version=None)
    assert await mirror.put(gone) == (user(1),)
    assert await mirror.put(gone, change(1, 9, "late", keys=("a",)), change(1, 9, "")) == ()
    assert await mirror.put(replace(gone, id=user(2)), change(2, 1, "late")) == ()
    assert await mirror.everything() == {}
    assert await mirror.store.find(SHELF, "a") == ()


async def test_keys_follow_their_documents(mirror: Mirror) -> None:
    """Keys move from one document to another in any order, and may be shared."""
    await mirror.ready()

    async def found(key: str) -> list[str]:
        return [document.id for document in await mirror.store.find(SHELF, key)]

    await mirror.put(change(1, 1, "a", keys=("x", "y", "x")))
    await mirror.put(change(2, 2, "b", keys=("x",)))
    assert await found("x") == [user(1), user(2)]
    await mirror.put(change(1, 3, "a", keys=("z",)))
    assert [await found(key) for key in "xyz"] == [[user(2)], [], [user(1)]]
    await mirror.put(change(3, 1, "c", keys=("x",)), change(4, 1, "d", keys=("x",)))
    await mirror.put(change(3, 2, "c"), replace(change(2, 2, ""), version=None))
    assert await found("x") == [user(4)]


async def test_a_key_that_very_many_share_is_a_question_for_the_directory(mirror: Mirror) -> None:
    """Or is answered in full; never with some of them."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, "a", keys=("all", "none")) for number in range(150)))
    await mirror.put(*(change(number, 2, "b", keys=("all",)) for number in range(150)))
    try:
        assert len(await mirror.store.find(SHELF, "all")) == 150
        assert await mirror.store.find(SHELF, "none") == ()
    except NotMirrored:
        assert len(await mirror.everything()) == 150


async def test_kinds_and_tenants_have_shelves_of_their_own(mirror: Mirror) -> None:
    """The same id and key elsewhere is something else."""
    await mirror.ready()
    await mirror.ready(OTHER)
    await mirror.put(change(1, 1, "a", keys=("k",)))
    for shelf in (replace(SHELF, tenant_id=OTHER), replace(SHELF, kind=Kind.GROUP)):
        assert await mirror.everything(shelf) == {}
        assert await mirror.store.find(shelf, "k") == ()
    assert await mirror.store.tenants() == {TENANT, OTHER}


async def test_another_epoch_begins_with_nothing(mirror: Mirror) -> None:
    """Whoever still asks for the last one is told; opening the same again keeps everything."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"))
    await mirror.store.open(TENANT, epoch="e1", fence=1)
    assert len(await mirror.everything()) == 1
    await mirror.ready(epoch="e2")
    with pytest.raises(NotMirrored):
        await mirror.store.get(SHELF, [user(1)])
    assert await mirror.everything(Shelf("e2", TENANT, Kind.USER)) == {}
    assert await mirror.put(change(1, 0, "older")) == (user(1),)
    with pytest.raises(NotMirrored):
        await mirror.store.complete(TENANT, epoch="e1", fence=2)


async def test_a_feed_that_was_succeeded_has_nothing_to_say(mirror: Mirror) -> None:
    """The newest fence counts; writers that carry none are always welcome."""
    await mirror.ready()
    await mirror.store.apply(TENANT, Kind.USER, [change(1, 1, "a")], fence=10)
    for late in (
        mirror.store.apply(TENANT, Kind.USER, [change(1, 2, "b")], fence=9),
        mirror.store.open(TENANT, epoch="e0", fence=9),
        mirror.store.complete(TENANT, epoch="e1", fence=9),
        mirror.store.drop(TENANT, fence=9),
    ):
        with pytest.raises(Superseded):
            await late
    assert [each.content for each in (await mirror.everything()).values()] == [b"a"]
    assert await mirror.put(change(1, 3, "c")) == (user(1),)


async def test_dropping_a_tenant_forgets_it(mirror: Mirror) -> None:
    """Nothing is left, and it can be opened again."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a", keys=("k",)))
    await mirror.store.drop(TENANT, fence=2)
    await mirror.store.drop(OTHER, fence=1)
    assert await mirror.store.tenants() == frozenset()
    with pytest.raises(NotMirrored):
        await mirror.store.get(SHELF, [user(1)])
    await mirror.ready()
    assert await mirror.everything() == {}


async def test_it_tells_how_it_stands(mirror: Mirror) -> None:
    """Epoch, whether it is complete, whose it is, and how much there is."""
    await mirror.store.open(TENANT, epoch="e1", fence=4)
    await mirror.put(change(1, 1, "a"), change(2, 1, "b"), change(3, 1, ""))
    standing = await mirror.store.standing(TENANT)
    assert standing is not None
    assert (standing.epoch, standing.complete, standing.fence) == ("e1", False, 4)
    assert standing.counts == {**dict.fromkeys(Kind, 0), Kind.USER: 2}
    await mirror.store.complete(TENANT, epoch="e1", fence=5)
    standing = await mirror.store.standing(TENANT)
    assert standing is not None
    assert (standing.complete, standing.fence) == (True, 5)


async def test_a_scan_meets_all_that_stays(mirror: Mirror) -> None:
    """However much comes and goes meanwhile."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, "x" * 80) for number in range(1200)))
    met: list[str] = []
    cursor: str | None = None
    for round_ in range(1000):
        step = await mirror.store.scan(SHELF, cursor)
        met += [document.id for document in step.documents]
        assert len(step.documents) < 1000
        await mirror.put(
            replace(change(round_, 2, ""), version=None),
            *(change(5000 + 50 * round_ + more, 1, "y" * 80) for more in range(50)),
        )
        if (cursor := step.cursor) is None:
            break
    assert {user(number) for number in range(100, 1200)} <= set(met)


async def test_sequences_count_what_changed(mirror: Mirror) -> None:
    """One for each change, and none for what was known already."""
    await mirror.ready()

    async def applied(*changes: tuple[int, int, str]) -> tuple[int, Sequence[str]]:
        made = [change(*each) for each in changes]
        result = await mirror.store.apply(TENANT, Kind.USER, made)
        return result.sequence, result.changed

    assert await applied((1, 1, "a"), (2, 1, "b")) == (2, (user(1), user(2)))
    assert await applied((1, 1, "a"), (2, 0, "c")) == (2, ())
    assert await applied((2, 2, "c")) == (3, (user(2),))
    assert (await mirror.store.apply(TENANT, Kind.GROUP, [])).sequence == 0


async def test_the_end_of_a_lock_is_part_of_what_is_kept(mirror: Mirror) -> None:
    """The same document with another time is a change."""
    await mirror.ready()
    later = NOW + timedelta(seconds=1)
    await mirror.put(change(1, 1, "a", turns_at=NOW))
    assert await mirror.put(change(1, 1, "a", turns_at=NOW), fence=1) == ()
    assert await mirror.put(change(1, 1, "a", turns_at=later), fence=1) == (user(1),)
    assert await mirror.put(change(1, 1, "a"), fence=1) == (user(1),)


async def test_it_remembers_where_entries_are_kept(mirror: Mirror) -> None:
    """Whichever tenant, platform or not, until they are nowhere any more."""
    uuids = [bytes([n % 7, *range(n, n + 15)]) for n in range(60)]
    tenants = (TENANT, OTHER, "platform", "tnt_" + "A" * 32, "tnt_é", "tnt_" + "1 " * 16, "")
    places = {
        uuid: Place(tenants[n % len(tenants)], list(Kind)[n % len(Kind)])
        for n, uuid in enumerate(uuids)
    }
    assert await mirror.store.where(uuids) == {}
    await mirror.store.place(places)
    await mirror.store.place({})
    assert await mirror.store.where([*uuids, uuids[0], b"\xff" * 16]) == places
    assert await mirror.store.where([]) == {}
    moved = Place(OTHER, Kind.GROUP)
    await mirror.store.place({uuids[0]: None, uuids[1]: moved, uuids[2]: None, b"\0" * 16: None})
    kept = {**places, uuids[1]: moved}
    del kept[uuids[0]], kept[uuids[2]]
    assert await mirror.store.where(uuids) == kept


async def test_many_places_are_remembered_at_once(mirror: Mirror) -> None:
    """More than are sent in one go."""
    uuids = [crc32(bytes([n % 256, n // 256])).to_bytes(4, "big") * 4 for n in range(1300)]
    await mirror.store.place(dict.fromkeys(uuids, Place(TENANT, Kind.USER)))
    assert await mirror.store.where(uuids) == dict.fromkeys(uuids, Place(TENANT, Kind.USER))


async def test_the_newest_wins_among_many_at_once(mirror: Mirror) -> None:
    """Whoever applies what, and when."""
    await mirror.ready()
    await asyncio.gather(
        *(mirror.put(change(1, at, f"{at}", keys=(f"k{at}",))) for at in (3, 9, 1, 7, 2, 8))
    )
    assert [each.content for each in (await mirror.everything()).values()] == [b"9"]
    assert [len(await mirror.store.find(SHELF, f"k{at}")) for at in (8, 9)] == [0, 1]
