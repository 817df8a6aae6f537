"""What a process remembers: never anything that is not true any more."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from adapters.memory.news import MemoryNews
from gateway.domain.ids import Kind
from gateway.mirror.memo import Memo
from gateway.mirror.recording import (
    Interest,
    Recording,
    not_to_keep,
    recording,
    rely_on,
)
from gateway.ports.news import EVERYTHING, Pulse, Told

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
FOREVER = float("inf")


class Scene:
    """A memo, its news, and its clock."""

    def __init__(self, *, entries: int = 100, size: int = 10**6) -> None:
        self.news = MemoryNews()
        self.now = NOW
        self.counted: dict[str, int] = {}
        self.memo = Memo(
            self.news, lambda: self.now, entries=entries, size=size, observe=self._count
        )
        self.beat()

    def _count(self, what: str, number: int) -> None:
        self.counted[what] = self.counted.get(what, 0) + number

    def beat(self, epoch: str = "e1") -> None:
        """Let the epoch be believed from now on."""
        pulse = Pulse(epoch=epoch, covers={}, applied=0, lag=timedelta(0))
        self.news.beat(pulse, until=FOREVER)

    def read(self, *interests: Interest, until: datetime | None = None) -> Recording:
        """The recording of something that relies on these."""
        with recording() as made:
            for interest in interests:
                rely_on(interest, until)
        return made

    def keep(self, key: str, *interests: Interest, until: datetime | None = None) -> None:
        """Keep the key's own name under it."""
        self.memo.keep(key, key, self.read(*interests, until=until))


def user(*ids: str, fields: frozenset[str] | None = frozenset()) -> Interest:
    """Some users of the tenant."""
    return Interest("t1", Kind.USER, frozenset(ids), fields)


def told(changed: dict[str, set[str]], tenant: str = "t1", kind: Kind = Kind.USER) -> Told:
    """A change."""
    return Told(tenant, kind, {id_: frozenset(names) for id_, names in changed.items()})


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (told({"a": {"email"}}), {"one", "all"}),
        (told({"b": {"email"}}), {"all"}),
        (told({"b": {"name"}}), {"named", "all"}),
        (told({"b": {EVERYTHING}}), {"named", "all"}),
        (told({"a": set()}), {"one", "all"}),
        (told({"a": {"email"}}, tenant="t2"), set()),
        (told({"a": {"email"}}, kind=Kind.GROUP), {"group"}),
        (None, {"one", "all", "named", "group"}),
    ],
)
def test_a_change_costs_what_it_concerns(change: Told | None, gone: set[str]) -> None:
    """By id, by field, or whatever it is; of the same kind and tenant alone."""
    scene = Scene()
    scene.keep("one", user("a"))
    scene.keep("named", user(fields=frozenset({"name"})))
    scene.keep("all", user(fields=None))
    scene.keep("group", Interest("t1", Kind.GROUP, frozenset({"a"})))
    if change is None:
        scene.news.lose()
        scene.beat()
    else:
        scene.news.tell(change)
    kept = {key for key in ("one", "named", "all", "group") if scene.memo.get(key) == key}
    assert kept == {"one", "named", "all", "group"} - gone
    assert scene.counted["kept"] == 4
    assert scene.counted.get("spoiled", 0) == len(gone)


def test_what_changed_while_it_was_made_is_not_kept() -> None:
    """Whether it was told, lost, or so long ago that nobody remembers."""
    for happens in (
        lambda scene: scene.news.tell(told({"a": {"x"}})),
        lambda scene: scene.news.lose(),
        lambda scene: scene.beat("e2"),
        lambda scene: [scene.news.tell(told({"b": {"x"}})) for _ in range(2000)],
    ):
        scene = Scene()
        made = scene.read(user("a"))
        happens(scene)
        scene.beat(scene.news.believed() or "e1")
        scene.memo.keep("k", "k", made)
        assert scene.memo.get("k") is None
        scene.keep("k", user("a"))
        assert scene.memo.get("k") == "k"


def test_what_changed_elsewhere_meanwhile_is_no_reason() -> None:
    """Only what it relies on counts."""
    scene = Scene()
    made = scene.read(user("a"))
    scene.news.tell(told({"b": {"x"}}))
    scene.memo.keep("k", "k", made)
    assert scene.memo.get("k") == "k"


def test_nothing_is_used_while_the_mirror_is_not_believed() -> None:
    """It is there again afterwards; in another epoch it is gone."""
    scene = Scene()
    scene.keep("k", user("a"))
    pulse = scene.news.pulse()
    assert pulse is not None
    scene.news.beat(pulse, until=0.0)
    assert scene.memo.get("k") is None
    scene.keep("other", user("b"))
    scene.beat()
    assert scene.memo.get("k") == "k"
    assert scene.memo.get("other") is None
    scene.beat("e2")
    assert scene.memo.get("k") is None
    assert len(scene.memo) == 0


def test_the_clock_ends_what_relies_on_it() -> None:
    """From that moment on, and not before."""
    scene = Scene()
    end = NOW + timedelta(seconds=5)
    scene.keep("k", user("a"), until=end)
    scene.now = end - timedelta(microseconds=1)
    assert scene.memo.get("k") == "k"
    scene.now = end
    assert scene.memo.get("k") is None
    scene.keep("k", user("a"), until=end)
    assert len(scene.memo) == 0


def test_what_nobody_tells_of_is_not_kept() -> None:
    """Neither where the inner part of a reading says so."""
    scene = Scene()
    with recording() as outer, recording():
        not_to_keep()
    scene.memo.keep("k", "k", outer)
    assert scene.memo.get("k") is None


def test_who_uses_a_value_relies_on_what_it_relies_on() -> None:
    """An answer is spoiled when a part of it is, also one that was remembered."""
    scene = Scene()
    end = NOW + timedelta(seconds=5)
    scene.keep("part", user("a"), until=end)
    with recording() as made:
        assert scene.memo.get("part") == "part"
    assert made.interests == {user("a")}
    assert made.until == end
    scene.memo.keep("whole", "whole", made)
    scene.news.tell(told({"a": {"x"}}))
    assert scene.memo.get("whole") is None


def test_there_is_room_for_so_much() -> None:
    """What was not used for longest goes; what is too large does not come in."""
    scene = Scene(entries=3)
    for key in "abc":
        scene.keep(key, user(key))
    assert scene.memo.get("a") == "a"
    scene.keep("d", user("d"))
    assert [scene.memo.get(key) for key in "abcd"] == ["a", None, "c", "d"]
    small = Scene(size=16_000)
    small.memo.keep("large", "large", small.read(user("a")), 3000)
    assert small.memo.get("large") is None
    for number in range(50):
        small.memo.keep(f"{number}", "x", small.read(user("a")), 1000)
    assert 5 <= len(small.memo) <= 16
    assert small.memo.get("49") == "x"
    assert Scene(entries=0).memo.get("k") is None


def test_nothing_is_left_of_what_is_forgotten() -> None:
    """The index has no more than the values."""
    scene = Scene(entries=10)
    for number in range(100):
        scene.keep(f"{number}", user(f"{number}", fields=frozenset({"x"})), user(fields=None))
    scene.news.tell(told({"1": {EVERYTHING}}))
    assert len(scene.memo) == 0
    assert not scene.memo._shelves
    assert scene.memo._size == 0


def test_changes_of_others_are_cheap() -> None:
    """With 10,000 answers, 500 changes that concern none cost a small part of a second."""
    scene = Scene(entries=10_000, size=2**30)
    for number in range(10_000):
        ids = [f"u{number}_{index}" for index in range(5)]
        scene.keep(f"{number}", user(*ids, fields=frozenset({"email", "name"})))
    assert len(scene.memo) == 10_000
    started = time.process_time()
    for number in range(500):
        scene.news.tell(told({f"other{number}": {"last_login_at"}}))
    assert time.process_time() - started < 0.1
    assert len(scene.memo) == 10_000


FIELDS = ("x", "y")
IDS = ("a", "b", "c")


class Remembering(RuleBasedStateMachine):
    """Reads, changes, tidings and keeps in any order, beside a model that knows what is true."""

    def __init__(self) -> None:
        super().__init__()
        self.news = _Delayed()
        self.memo = Memo(self.news, lambda: NOW, entries=4)
        self.world = {id_: dict.fromkeys(FIELDS, 0) for id_ in IDS}
        self.count = 0
        self.epoch = "e0"
        self.making: list[tuple[object, object, Recording]] = []
        self.news.beat(_pulse("e0"), until=FOREVER)

    def _value(self, question: tuple[str, str]) -> object:
        """One user; or who has the highest value in a field (and all of that user)."""
        how, what = question
        if how == "get":
            return dict(self.world[what])
        best = max(IDS, key=lambda id_: (self.world[id_][what], id_))
        return best, dict(self.world[best])

    def _interest(self, question: tuple[str, str], value: object) -> Interest:
        how, what = question
        if how == "get":
            return user(what)
        assert isinstance(value, tuple)
        return user(value[0], fields=frozenset({what}))

    questions = st.one_of(
        st.tuples(st.just("get"), st.sampled_from(IDS)),
        st.tuples(st.just("top"), st.sampled_from(FIELDS)),
    )

    @rule(question=questions)
    def read(self, question: tuple[str, str]) -> None:
        """Begin to make an answer: what is kept of it will be kept later, or never."""
        if self.news.believed() is None:
            return
        with recording() as made:
            value = self._value(question)
            rely_on(self._interest(question, value))
        self.making.append((question, value, made))

    @precondition(lambda self: self.making)
    @rule(which=st.integers(min_value=0))
    def keep(self, which: int) -> None:
        """Keep one of the answers that were made."""
        question, value, made = self.making.pop(which % len(self.making))
        self.memo.keep(question, value, made)

    @rule(id_=st.sampled_from(IDS), name=st.sampled_from((*FIELDS, EVERYTHING)))
    def change(self, id_: str, name: str) -> None:
        """Something changes; it is told when somebody looks."""
        self.count += 1
        for each in FIELDS if name == EVERYTHING else (name,):
            self.world[id_][each] = self.count
        self.news.waiting.append(told({id_: {name}}))

    @rule()
    def lose(self) -> None:
        """The connection breaks: what was on its way is lost."""
        self.news.waiting.clear()
        self.news.lose()
        self.news.beat(_pulse(self.epoch), until=FOREVER)

    @rule(id_=st.sampled_from(IDS))
    def begin(self, id_: str) -> None:
        """A new epoch: what changed meanwhile was never told."""
        self.count += 1
        self.world[id_]["x"] = self.count
        self.epoch = f"e{self.count}"
        self.news.beat(_pulse(self.epoch), until=FOREVER)

    @rule(question=questions)
    def get(self, question: tuple[str, str]) -> None:
        """What is remembered is what is true."""
        remembered = self.memo.get(question)
        if remembered is not None:
            assert remembered == self._value(question)

    @invariant()
    def bounded(self) -> None:
        """There are never too many."""
        assert len(self.memo) <= 4


class _Delayed(MemoryNews):
    """News that wait until somebody looks, as in a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Told] = []

    def believed(self) -> str | None:
        while self.waiting:
            self.tell(self.waiting.pop(0))
        return super().believed()


def _pulse(epoch: str) -> Pulse:
    return Pulse(epoch=epoch, covers={}, applied=0, lag=timedelta(0))


Remembering.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestRemembering = Remembering.TestCase
