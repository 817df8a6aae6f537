"""Whatever is said of members, the last word is left, and views have seen all of it."""

from dataclasses import dataclass, field
from secrets import token_hex

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from gateway.ports import MemberShift
from gateway.ports.mirror import Document
from gateway.ports.mirror_members import MirrorMembers
from gateway.ports.mirror_views import View
from tests.adapters.redis.mirror.conftest import memory_mirror, redis_mirror
from tests.adapters.redis.mirror.mirrors import (
    SHELF,
    TENANT,
    by_content,
    change,
    group,
    heard,
    user,
    version,
)

_groups = st.integers(1, 4)
_ids = st.one_of(st.integers(0, 5).map(user), _groups.map(group))
_heard = st.tuples(st.integers(1, 6), st.integers(0, 3))
_sayings = st.lists(
    st.one_of(
        st.tuples(st.just("settle"), _groups, _heard, st.frozensets(_ids, max_size=9)),
        st.tuples(st.just("unsettle"), _groups, _heard, st.just(frozenset[str]())),
        st.tuples(st.just("join"), _groups, _heard, st.frozensets(_ids, max_size=2)),
        st.tuples(st.just("leave"), _groups, _heard, st.frozensets(_ids, max_size=2)),
        st.tuples(st.just("forget"), _groups, st.just((0, 0)), st.frozensets(_ids, max_size=2)),
    ),
    max_size=20,
)
VIEW = View(shelf=SHELF, name="members", fields=frozenset({"memberships"}))


@dataclass
class Known:
    """What was said, in the simplest words."""

    members: dict[str, frozenset[str]] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    heard: dict[str, tuple[int, int]] = field(default_factory=dict)

    def groups(self, id_: str) -> frozenset[str]:
        """The groups that name an id."""
        return frozenset(at for at, members in self.members.items() if id_ in members)

    async def say(
        self, kept: MirrorMembers, what: str, number: int, at: tuple[int, int], ids: frozenset[str]
    ) -> None:
        """Say one thing to the mirror, too."""
        id_ = group(number)
        if what == "settle":
            await kept.settle(TENANT, id_, heard(*at), ids, fence=1)
            if at[0] < self.settled.get(id_, 0):
                return
            self.members[id_], self.settled[id_] = ids, at[0]
            if _both(self.heard.get(id_, at), at) == at:
                self.heard.pop(id_, None)
        elif what == "unsettle":
            await kept.unsettle(TENANT, {id_: heard(*at)}, fence=1)
            if at[1] or at[0] > self.settled.get(id_, 0):
                self.heard[id_] = _both(at, self.heard.get(id_, at))
        elif what in ("join", "leave"):
            joined, left = (ids, frozenset[str]()) if what == "join" else (frozenset[str](), ids)
            shift = MemberShift(version(at[1]), version(at[0]), joined=joined, left=left)
            taken = (
                self.settled.get(id_) == at[1]
                and self.heard.get(id_, (at[0], 0)) == (at[0], 0)
                and not any(each.startswith("grp") for each in joined)
            )
            assert await kept.shift("e1", TENANT, id_, shift) == taken
            if taken:
                self.members[id_] = (self.members[id_] | joined) - left
                self.settled[id_] = at[0]
                self.heard.pop(id_, None)
        else:
            await kept.forget(TENANT, ids, fence=1)
            for facts in (self.members, self.settled, self.heard):
                for gone in ids & facts.keys():
                    del facts[gone]
            self.members = {each: members - ids for each, members in self.members.items()}


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), max(one[1], other[1])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sayings=_sayings)
async def test_the_last_word_on_members_is_left(
    connected: RedisClient | None, sayings: list[tuple[str, int, tuple[int, int], frozenset[str]]]
) -> None:
    """In whatever order it comes; a view that looks at memberships has seen the newest ones."""
    mirror = redis_mirror(connected, Keys(f"test-{token_hex(6)}")) if connected else memory_mirror()
    known = Known()
    seen: dict[str, frozenset[str]] = {}

    def place(document: Document) -> bytes | None:
        seen[document.id] = known.groups(document.id)
        return by_content(document)

    await mirror.ready()
    await mirror.put(*(change(number, 1, "a") for number in range(6)))
    await mirror.built(VIEW, place)
    for saying in sayings:
        await known.say(mirror.members, *saying)
        unsettled = {id_: heard(*at) for id_, at in known.heard.items()}
        assert await mirror.members.unsettled(TENANT) == unsettled
        if not unsettled:
            await mirror.read(VIEW, place)
            assert seen == {id_: known.groups(id_) for id_ in seen}
    for id_, (at, mark) in list(known.heard.items()):
        newest = max(at, known.settled.get(id_, 0))
        await known.say(mirror.members, "settle", int(id_[-1]), (newest, mark), frozenset())
    everybody = [*map(user, range(6)), *map(group, range(1, 5))]
    assert await mirror.members.groups_of("e1", TENANT, everybody) == {
        id_: known.groups(id_) for id_ in everybody
    }
    for id_ in known.settled:
        names = await mirror.members.members("e1", TENANT, id_, offset=0, limit=99)
        assert names.ids == tuple(sorted(known.members[id_]))
    assert await mirror.store.standing(TENANT) is not None
