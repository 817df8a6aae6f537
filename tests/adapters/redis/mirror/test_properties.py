"""Any order of changes ends in the newest, and any view is what it would be if built now."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from secrets import token_hex

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from gateway.ports.mirror import Change, Document
from gateway.ports.mirror_views import View, Window
from tests.adapters.redis.mirror.conftest import memory_mirror, redis_mirror
from tests.adapters.redis.mirror.mirrors import (
    NOW,
    SHELF,
    TENANT,
    Mirror,
    brief_of,
    by_content,
    short_ones,
    user,
    version,
)

_people = st.integers(0, 5)
_versions = st.one_of(st.none(), st.integers(1, 6))


@dataclass(frozen=True)
class Applied:
    """One document at one version, as anybody may apply it."""

    number: int
    at: int | None

    @property
    def change(self) -> Change:
        """What that version said, the same for everybody: some are hidden, some share a key."""
        content = (self.number * 7 + (self.at or 0) * 3) % 11
        text = "" if content in (0, 5) else "abcdefghijk"[content] * (1 + content % 2)
        return Change(
            id=user(self.number),
            version=None if self.at is None else version(self.at),
            content=text.encode(),
            brief=brief_of(text.encode()),
            keys=(f"k{content % 3}", f"own{self.number}") if text else (),
            turns_at=NOW + timedelta(seconds=content) if content % 4 == 0 else None,
        )


_steps = st.lists(st.builds(Applied, _people, _versions), max_size=25)


def newest(steps: Sequence[Applied]) -> dict[str, Document]:
    """What is left: of each the newest version, unless it is gone or hidden."""
    left: dict[int, Applied] = {}
    for step in steps:
        known = left.get(step.number)
        if known is None or (known.at is not None and (step.at is None or step.at >= known.at)):
            left[step.number] = step
    return {
        each.change.id: Document(each.change.id, each.change.version, each.change.content)
        for each in left.values()
        if each.change.version is not None and each.change.content
    }


def fresh(connected: RedisClient | None) -> Mirror:
    """A mirror that knows nothing of other examples."""
    if connected is None:
        return memory_mirror()
    return redis_mirror(connected, Keys(f"test-{token_hex(6)}"))


_fixed = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_fixed
@given(steps=_steps, cuts=st.lists(st.integers(0, 25), max_size=4))
async def test_the_newest_is_left(
    connected: RedisClient | None, steps: list[Applied], cuts: list[int]
) -> None:
    """Whatever the order, and however the changes are bundled or repeated."""
    mirror = fresh(connected)
    await mirror.ready()
    bounds = [0, *sorted(min(cut, len(steps)) for cut in cuts), len(steps)]
    parts = [steps[start:end] for start, end in pairwise(bounds)]
    await asyncio.gather(*(mirror.put(*(step.change for step in part)) for part in parts))
    await mirror.put(*(step.change for step in reversed(steps)))
    left = await mirror.everything()
    assert left == newest(steps)
    briefs = {id_: Document(id_, "", brief_of(kept.content)) for id_, kept in left.items()}
    assert await mirror.everything(briefs=True) == briefs
    assert await mirror.put(*(step.change for step in steps)) == ()
    changes = {step.change for step in steps}
    for key in ("k0", "k1", "k2", *(f"own{number}" for number in range(6))):
        named = {
            change.id: left[change.id]
            for change in changes
            if change.id in left
            and change.version == left[change.id].version
            and key in change.keys
        }
        assert {each.id: each for each in await mirror.store.find(SHELF, key)} == named


VIEWS = (
    (View(shelf=SHELF, name="all", fields=None), by_content),
    (View(shelf=SHELF, name="short", fields=frozenset({"text"}), timed=True), short_ones),
)


@_fixed
@given(
    steps=st.lists(
        st.one_of(
            st.builds(Applied, _people, _versions),
            st.sampled_from(["read", "build", "begin", "end", "fields"]),
        ),
        max_size=40,
    )
)
async def test_a_view_that_caught_up_equals_one_that_is_built_now(
    connected: RedisClient | None, steps: list[Applied | str]
) -> None:
    """After any changes, readings, and buildings that were begun and ended between them."""
    mirror = fresh(connected)
    await mirror.ready()
    for view, place in VIEWS:
        await mirror.built(view, place)
    building = None
    for step in steps:
        view, place = VIEWS[1]
        match step:
            case Applied():
                await mirror.put(step.change)
            case "read":
                await mirror.read(view, place, limit=3)
            case "fields":
                await _nothing_else_changes(mirror)
            case "build" if building is None:
                await mirror.built(view, place, within=VIEWS[0][0])
            case "begin" if building is None:
                building = await mirror.views.build(view, now=NOW)
                assert building is not None
                await mirror.fill(building, place)
            case "end" if building is not None:
                assert await building.publish()
                building = None
    await _compare(mirror)


async def _nothing_else_changes(mirror: Mirror) -> None:
    """Another version of each, which differs in what no view but `all` looks at."""
    for document in (await mirror.everything()).values():
        later = replace(
            Applied(int(document.id[-1], 16), 1).change,
            version=document.version + "~",
            content=document.content,
            fields=frozenset({"seen_at"}),
            since=document.version,
        )
        await mirror.put(later)


async def _compare(mirror: Mirror) -> None:
    left = await mirror.everything()
    for view, place in VIEWS:
        placed = {id_: place(document) for id_, document in left.items()}
        expected = sorted((at, left[id_]) for id_, at in placed.items() if at is not None)
        window = await mirror.read(view, place)
        assert window is not None
        assert [document for _, document in expected] == list(window.documents)
        assert window.total == len(expected)


async def test_many_read_and_write_one_view(mirror: Mirror) -> None:
    """Each sees its own write in its next answer, in its place, whoever catches up."""
    await mirror.ready()
    for view, place in VIEWS:
        await mirror.built(view, place)

    async def work(worker: int) -> None:
        for at in range(1, 30):
            text = chr(ord("a") + (worker + at) % 26)
            number = 10 * worker + at % 3
            await mirror.put(Change(id=user(number), version=version(at), content=text.encode()))
            view, place = VIEWS[at % 2]
            window = await mirror.read(view, place)
            assert isinstance(window, Window)
            assert Document(user(number), version(at), text.encode()) in window.documents
            contents = [document.content for document in window.documents]
            assert contents == sorted(contents)

    await asyncio.gather(*(work(worker) for worker in range(5)))
    await mirror.store.stir(TENANT, ["nobody's"])
    await _compare(mirror)
