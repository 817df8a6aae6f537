"""Views of the mirror: the same rules in memory, in Redis, and in a Redis Cluster."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ports.mirror import Document, NotMirrored
from gateway.ports.mirror_views import Behind, Current, Moves, View, Window
from tests.adapters.redis.mirror.mirrors import (
    NOW,
    OTHER,
    ROOM,
    SHELF,
    TENANT,
    Mirror,
    Place,
    by_content,
    change,
    moved,
    short_ones,
    user,
    version,
)

ALL = View(shelf=SHELF, name="all", fields=None)
SHORT = View(shelf=SHELF, name="short", fields=frozenset({"text"}))
TEXT = frozenset({"text"})


async def texts(mirror: Mirror, view: View, place: Place) -> list[str]:
    """What a view says, which is so much."""
    window = await mirror.read(view, place)
    assert window is not None
    assert window.total == len(window.documents)
    return [document.content.decode() for document in window.documents]


async def test_a_view_is_there_when_it_was_built(mirror: Mirror) -> None:
    """Before that there is none; where the tenant is not mirrored, none can be."""
    with pytest.raises(NotMirrored):
        await mirror.read(ALL, by_content)
    with pytest.raises(NotMirrored):
        await mirror.views.build(ALL, now=NOW)
    await mirror.ready()
    await mirror.put(change(1, 1, "b"), change(2, 1, "c"), change(3, 1, "a"))
    assert await mirror.read(ALL, by_content) is None
    await mirror.built(ALL, by_content)
    assert await texts(mirror, ALL, by_content) == ["a", "b", "c"]


async def test_an_empty_view_is_a_view(mirror: Mirror) -> None:
    """And fills as things change."""
    await mirror.ready()
    await mirror.built(SHORT, short_ones)
    assert await mirror.read(SHORT, short_ones) == Window(0, 0, ())
    await mirror.put(change(1, 1, "a"), change(2, 1, "bb"))
    assert await texts(mirror, SHORT, short_ones) == ["a"]
    await mirror.put(replace(change(1, 1, ""), version=None))
    assert await texts(mirror, SHORT, short_ones) == []
    await mirror.put(change(3, 1, "z"))
    assert await texts(mirror, SHORT, short_ones) == ["z"]


async def test_windows_are_cut_out_of_the_order(mirror: Mirror) -> None:
    """Any part of it, with the number of all; ties stand by id."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, f"{number // 3:03}") for number in range(500)))
    await mirror.built(ALL, by_content)
    expected = [user(number) for number in range(500)]
    for offset, limit in ((0, 50), (490, 50), (499, 1), (500, 10), (7000, 10), (0, 0), (0, 1000)):
        window = await mirror.read(ALL, by_content, offset=offset, limit=limit)
        assert window is not None
        assert window.total == 500
        assert [each.id for each in window.documents] == expected[offset : offset + limit]


async def test_windows_are_sought_by_a_place(mirror: Mirror) -> None:
    """Right after it or right before it, whether anything stands there or not, and further away."""
    await mirror.ready()
    numbers = [n for n in range(100) if n % 3]
    await mirror.put(*(change(n, 1, f"{n:03}") for n in numbers))
    await mirror.built(ALL, by_content)
    for at in (-1, 0, 1, 2, 3, 50, 51, 98, 99, 200):
        place = b"%03d\x00" % at + user(at).encode() if at >= 0 else b""
        for offset, limit in ((0, 5), (0, 1000), (3, 2), (500, 5), (0, 0), (65, 3)):
            after = [n for n in numbers if n > at][offset : offset + limit]
            before = [n for n in numbers if n < at]
            stop = max(0, len(before) - offset)
            for backwards, expected in (
                (False, after),
                (True, before[max(0, stop - limit) : stop]),
            ):
                window = await mirror.views.page(
                    ALL, offset=offset, limit=limit, now=NOW, seek=place, backwards=backwards
                )
                assert isinstance(window, Window)
                assert window.total == len(numbers)
                assert [each.id for each in window.documents] == [user(n) for n in expected]


async def test_a_view_follows_changes(mirror: Mirror) -> None:
    """What comes, goes, moves and stays; documents are shown as they are now."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, text) for number, text in enumerate("abcd")))
    await mirror.built(SHORT, short_ones)
    await mirror.put(change(0, 2, "x"), change(1, 2, "bb"), change(4, 2, "c"))
    await mirror.put(replace(change(3, 1, ""), version=None), change(5, 3, "long"))
    assert await texts(mirror, SHORT, short_ones) == ["c", "c", "x"]
    await mirror.put(change(1, 3, "b"), change(5, 4, ""))
    assert await texts(mirror, SHORT, short_ones) == ["b", "c", "c", "x"]


async def test_changes_of_other_fields_pass_by(mirror: Mirror) -> None:
    """The page is there at once, with the new documents; unless more may have changed."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"))
    await mirror.built(SHORT, short_ones)

    async def seen(**values: object) -> type:
        at = next(versions)
        await mirror.put(change(1, at, "a", **values))
        answer = await mirror.views.page(SHORT, offset=0, limit=5, now=NOW)
        if isinstance(answer, Window):
            assert [each.version for each in answer.documents] == [version(at)]
        await mirror.read(SHORT, short_ones)
        return type(answer)

    versions = iter(range(2, 10))
    assert await seen(fields=frozenset({"seen_at"}), since=version(1)) is Window
    assert await seen(fields=frozenset(), since=version(2)) is Window
    assert await seen(fields=frozenset({"texts", "tex"}), since=version(3)) is Window
    assert await seen(fields=frozenset({"seen_at", "text"}), since=version(4)) is Behind
    assert await seen(fields=frozenset({"seen_at"}), since=version(4)) is Behind
    assert await seen(fields=frozenset({"seen_at"})) is Behind
    assert await seen(fields=frozenset({"seen_at"}), since=version(7)) is Window


async def test_a_view_far_behind_takes_several_steps(mirror: Mirror) -> None:
    """Each bounded; passed by or not, all changes are met."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, f"{number:04}") for number in range(450)))
    await mirror.built(ALL, by_content)
    for at in range(2, 5):
        await mirror.put(*(change(number, at, f"{at}{number:04}") for number in range(0, 450, 3)))
    first = await mirror.views.page(ALL, offset=0, limit=5, now=NOW)
    assert isinstance(first, Behind)
    assert 0 < len(first.documents) <= 200
    expected = sorted(f"{number:04}" if number % 3 else f"4{number:04}" for number in range(450))
    assert await texts(mirror, ALL, by_content) == expected


async def test_moves_are_made_once(mirror: Mirror) -> None:
    """Whoever comes second with the same, or with older ones, changes nothing."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"))
    await mirror.built(ALL, by_content)
    await mirror.put(change(1, 2, "b"))
    behind = await mirror.views.page(ALL, offset=0, limit=5, now=NOW)
    assert isinstance(behind, Behind)
    old = moved(behind, by_content)
    assert await texts(mirror, ALL, by_content) == ["b"]
    await mirror.put(change(1, 3, "c"), change(2, 1, "d"))
    assert await texts(mirror, ALL, by_content) == ["c", "d"]
    again = await mirror.views.page(ALL, offset=0, limit=5, now=NOW, moves=old)
    assert isinstance(again, Window)
    assert [each.content for each in again.documents] == [b"c", b"d"]


async def test_a_place_ends_with_its_id(mirror: Mirror) -> None:
    """Else nobody would find the document."""
    await mirror.ready()
    await mirror.built(ALL, by_content)
    await mirror.put(change(1, 1, "a"))
    behind = await mirror.views.page(ALL, offset=0, limit=5, now=NOW)
    assert isinstance(behind, Behind)
    moves = Moves(behind, {user(1): b"a\x00" + user(2).encode()})
    with pytest.raises(ValueError, match="end with the id"):
        await mirror.views.page(ALL, offset=0, limit=5, now=NOW, moves=moves)


async def test_who_keeps_the_places_is_told_what_happened(mirror: Mirror) -> None:
    """Documents while nothing of concern did; else what did, and up to where that is."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"), change(2, 1, "b"))
    view = replace(SHORT, surroundings=frozenset({"units"}))
    building = await mirror.views.build(view, now=NOW)
    assert building is not None
    point = building.point
    found = await mirror.views.current(view, point, [user(2), user(1)], now=NOW)
    assert isinstance(found, Current)
    assert [each.content for each in found.documents] == [b"b", b"a"]
    await mirror.put(change(2, 2, "b", fields=frozenset({"seen_at"}), since=version(1)))
    found = await mirror.views.current(view, point, [user(2)], now=NOW)
    assert isinstance(found, Current)
    assert [each.version for each in found.documents] == [version(2)]
    await mirror.put(change(1, 2, "c"), replace(change(2, 3, ""), version=None))
    behind = await mirror.views.current(view, point, [user(1)], now=NOW)
    assert isinstance(behind, Behind)
    told = {id_: one and one.content for id_, one in behind.documents.items()}
    assert told == {user(1): b"c", user(2): None}
    found = await mirror.views.current(view, behind.mark, [user(1)], now=NOW)
    assert isinstance(found, Current)
    assert [each.content for each in found.documents] == [b"c"]
    await building.fill([b"c\x00" + user(1).encode()])
    assert await building.publish(behind.mark)
    window = await mirror.views.page(view, offset=0, limit=5, now=NOW)
    assert window == Window(found.sequence, 1, found.documents)
    await mirror.store.stir(TENANT, ["units"])
    assert await mirror.views.current(view, behind.mark, [user(1)], now=NOW) is None


async def test_who_keeps_the_places_is_told_of_the_clock(mirror: Mirror) -> None:
    """As a view is: whoever turned is looked at again, once."""
    await mirror.ready()
    timed = replace(SHORT, name="timed", timed=True)
    await mirror.put(change(1, 1, "a", turns_at=NOW + timedelta(seconds=1)), change(2, 1, "b"))
    building = await mirror.views.build(timed, now=NOW)
    assert building is not None
    later = NOW + timedelta(seconds=2)
    behind = await mirror.views.current(timed, building.point, [user(2)], now=later)
    assert isinstance(behind, Behind)
    assert set(behind.documents) == {user(1)}
    assert isinstance(await mirror.views.current(timed, behind.mark, [], now=later), Current)
    await building.abandon()


async def test_changes_while_it_is_built_are_not_lost(mirror: Mirror) -> None:
    """It begins where building began, not where it ended."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, "a") for number in range(300)))
    building = await mirror.views.build(SHORT, now=NOW)
    assert building is not None
    await mirror.fill(building, short_ones)
    await mirror.put(change(7, 2, "long"), change(8, 2, "b"), change(900, 1, "c"))
    await mirror.put(replace(change(9, 1, ""), version=None))
    assert await building.publish()
    assert await texts(mirror, SHORT, short_ones) == ["a"] * 297 + ["b", "c"]


async def test_one_builds_at_a_time(mirror: Mirror) -> None:
    """Others are told; another view is another matter; who gives up lets others in."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"))
    first = await mirror.views.build(ALL, now=NOW)
    assert first is not None
    assert await mirror.views.build(ALL, now=NOW) is None
    other = await mirror.views.build(SHORT, now=NOW)
    assert other is not None
    await first.abandon()
    await first.abandon()
    await mirror.built(ALL, by_content)
    assert not await first.publish()
    with pytest.raises(NotMirrored):
        await first.fill(())
    assert await texts(mirror, ALL, by_content) == ["a"]
    assert await other.publish()
    assert not await other.publish()


async def test_surroundings_end_the_views_that_depend_on_them(mirror: Mirror) -> None:
    """Others stay; a change that is none stirs nothing."""
    await mirror.ready()
    within = replace(SHORT, name="within", surroundings=frozenset({"units", "policy"}))
    await mirror.put(change(1, 1, "a"))

    async def stands() -> bool:
        assert await texts(mirror, SHORT, short_ones) is not None
        return await mirror.read(within, short_ones) is not None

    await mirror.built(SHORT, short_ones)
    for names, lasts in ((["units"], False), (["members"], True), (["x", "policy"], False)):
        await mirror.built(within, short_ones)
        assert await stands()
        await mirror.store.stir(TENANT, names)
        assert await stands() is lasts
    await mirror.built(within, short_ones)
    kind = SHELF.kind
    await mirror.store.apply(TENANT, kind, [change(1, 1, "a")], stirs=["units"])
    assert await stands()
    await mirror.store.apply(TENANT, kind, [change(1, 2, "b")], stirs=["units"])
    assert not await stands()


async def test_surroundings_that_change_while_it_is_built_end_it(mirror: Mirror) -> None:
    """What was put in place before may be wrong."""
    await mirror.ready()
    view = replace(ALL, surroundings=frozenset({"units"}))
    building = await mirror.views.build(view, now=NOW)
    assert building is not None
    await mirror.store.stir(TENANT, ["units"])
    await building.publish()
    assert await mirror.read(view, by_content) is None


async def test_the_clock_moves_what_depends_on_it(mirror: Mirror) -> None:
    """Whoever turns is looked at again, once; views without a clock do not care."""
    await mirror.ready()
    timed = replace(SHORT, name="timed", timed=True)
    locked = {user(number): NOW + timedelta(seconds=number) for number in range(1, 5)}
    for number, (id_, until) in enumerate(locked.items(), 1):
        assert id_ == user(number)
        await mirror.put(change(number, 1, f"{number}", turns_at=until))
    await mirror.put(change(9, 1, "9"))
    await mirror.built(timed, short_ones)
    await mirror.built(SHORT, short_ones)
    later = NOW + timedelta(seconds=2, microseconds=7)
    behind = await mirror.views.page(timed, offset=0, limit=9, now=later)
    assert isinstance(behind, Behind)
    assert set(behind.documents) == {user(1), user(2)}
    moves = moved(behind, lambda _: None)
    window = await mirror.views.page(timed, offset=0, limit=9, now=later, moves=moves)
    assert isinstance(window, Window)
    assert [each.content for each in window.documents] == [b"3", b"4", b"9"]
    for now in (NOW, later):
        answer = await mirror.views.page(timed, offset=0, limit=9, now=now)
        assert isinstance(answer, Window)
        assert answer.total == 3
        untimed = await mirror.views.page(SHORT, offset=0, limit=9, now=now)
        assert isinstance(untimed, Window)
        assert untimed.total == 5
    await mirror.put(change(4, 2, "4", turns_at=None, fields=frozenset(), since=version(1)))
    behind = await mirror.views.page(timed, offset=0, limit=9, now=later + timedelta(days=1))
    assert isinstance(behind, Behind)
    assert set(behind.documents) == {user(3)}


async def test_a_narrower_view_can_be_built_of_the_briefs_in_a_wider_one(mirror: Mirror) -> None:
    """Step by step, and of nobody else."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, "a" * (1 + number % 3)) for number in range(60)))
    await mirror.built(SHORT, short_ones)
    building = await mirror.views.build(replace(SHORT, name="narrow"), now=NOW, within=SHORT)
    assert building is not None
    met: set[Document] = set()
    cursor: str | None = None
    while True:
        step = await mirror.views.scan(building, cursor, briefs=True)
        met |= set(step.documents)
        if (cursor := step.cursor) is None:
            break
    assert met == {Document(user(number), "", b"A") for number in range(0, 60, 3)}


async def test_a_narrower_view_is_built_of_a_wider_one(mirror: Mirror) -> None:
    """Of its documents alone, and true to changes before, while and after."""
    await mirror.ready()
    await mirror.put(*(change(number, 1, "a" * (1 + number % 3)) for number in range(300)))
    await mirror.built(SHORT, short_ones)
    await mirror.put(change(1, 2, "a"), change(3, 2, "aa"))
    narrow = replace(SHORT, name="narrow")
    asked: set[str] = set()

    def even(document: object) -> bytes | None:
        assert hasattr(document, "id")
        asked.add(document.id)
        place = short_ones(document)  # type: ignore[arg-type]  # narrowed by the test above
        return place if int(document.id[-1], 16) % 2 == 0 else None

    await mirror.built(narrow, even, within=SHORT)
    assert len(asked) <= 100
    await mirror.put(change(4, 2, "a"), change(6, 2, "aaa"))
    window = await mirror.read(narrow, even)
    assert window is not None
    expected = {user(number) for number in range(0, 300, 6)} - {user(6)} | {user(4)}
    assert {each.id for each in window.documents} == expected


async def test_a_wider_view_must_stand_to_be_built_of(mirror: Mirror) -> None:
    """Absent, outdated or replaced, it is no ground to build on."""
    await mirror.ready()
    await mirror.put(change(1, 1, "a"))
    wide = replace(SHORT, surroundings=frozenset({"units"}))
    narrow = replace(SHORT, name="narrow")
    assert await mirror.views.build(narrow, now=NOW, within=wide) is None
    await mirror.built(wide, short_ones)
    await mirror.store.stir(TENANT, ["units"])
    assert await mirror.views.build(narrow, now=NOW, within=wide) is None
    await mirror.built(wide, short_ones)
    building = await mirror.views.build(narrow, now=NOW, within=wide)
    assert building is not None
    await mirror.built(wide, short_ones)
    with pytest.raises(NotMirrored):
        await mirror.fill(building, short_ones)


async def test_a_new_epoch_has_no_views(mirror: Mirror) -> None:
    """And what was begun in the last one is not published."""
    await mirror.ready()
    await mirror.built(ALL, by_content)
    building = await mirror.views.build(SHORT, now=NOW)
    assert building is not None
    await mirror.ready(epoch="e2")
    with pytest.raises(NotMirrored):
        await mirror.read(ALL, by_content)
    fresh = replace(ALL, shelf=replace(SHELF, epoch="e2"))
    assert await mirror.read(fresh, by_content) is None
    await building.fill((b"a\x00" + user(1).encode(),))
    assert not await building.publish()


async def test_the_view_that_was_not_read_for_longest_gives_way(mirror: Mirror) -> None:
    """Each tenant has room for so many, and its own."""
    await mirror.ready()
    await mirror.ready(OTHER)
    await mirror.put(change(1, 1, "a"))
    elsewhere = replace(ALL, shelf=replace(SHELF, tenant_id=OTHER))
    await mirror.built(elsewhere, by_content)
    views = [replace(ALL, name=f"v{number}") for number in range(ROOM + 2)]
    for view in views:
        await mirror.built(view, by_content)
    standing = [await mirror.read(view, by_content) is not None for view in views]
    assert standing == [False, False] + [True] * ROOM
    assert await mirror.read(elsewhere, by_content) is not None


async def test_views_of_tenants_and_kinds_do_not_meet(mirror: Mirror) -> None:
    """One name in two places is two views; names may be anything."""
    await mirror.ready()
    await mirror.ready(OTHER)
    odd = replace(ALL, name="{x}:*\n é" + "y" * 500)
    await mirror.built(odd, by_content)
    assert await mirror.read(replace(odd, name=odd.name + "z"), by_content) is None
    assert (
        await mirror.read(replace(odd, shelf=replace(SHELF, tenant_id=OTHER)), by_content) is None
    )
    assert await mirror.read(odd, by_content) == Window(0, 0, ())
