"""What a process remembers of the mirror, for as long as it is true.

Each value is kept with what it relies on, and forgotten when a change of that is told. Nothing
is given out unless the mirror is believed at this moment, and all that was told up to now has
been taken in.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

from gateway.domain.ids import Kind
from gateway.mirror.recording import Interest, Recording, rely_as
from gateway.ports import Clock
from gateway.ports.news import EVERYTHING, News, Told

_RING: Final = 512
"""So many tidings are remembered; what takes longer to make than these took is not kept."""

_OF_ID: Final = 200
_OF_ENTRY: Final = 500
"""Bytes that it costs to remember an id, and a value, beside the value itself."""

Observe = Callable[[str, int], None]
"""Is told how many values were `kept`, `spoiled` (by a change) or `dropped` (for room)."""


@dataclass(slots=True)
class _Entry:
    value: object
    made: Recording
    interests: tuple[Interest, ...]
    size: int


@dataclass(slots=True)
class _Shelf:
    """The keys of the values that are interested in one kind of resource of one tenant."""

    by_id: dict[str, set[Hashable]] = field(default_factory=dict)
    by_field: dict[str, set[Hashable]] = field(default_factory=dict)
    of_all: set[Hashable] = field(default_factory=set)

    def add(self, interest: Interest, key: Hashable) -> None:
        for one in interest.ids:
            self.by_id.setdefault(one, set()).add(key)
        if interest.fields is None:
            self.of_all.add(key)
        else:
            for one in interest.fields:
                self.by_field.setdefault(one, set()).add(key)

    def remove(self, interest: Interest, key: Hashable) -> None:
        _take(self.by_id, interest.ids, key)
        if interest.fields is None:
            self.of_all.discard(key)
        else:
            _take(self.by_field, interest.fields, key)

    def concerned(self, told: Told) -> set[Hashable]:
        found = set(self.of_all)
        for id_, names in told.changed.items():
            found.update(self.by_id.get(id_, ()))
            for name in self.by_field if EVERYTHING in names else names:
                found.update(self.by_field.get(name, ()))
        return found

    @property
    def empty(self) -> bool:
        return not (self.by_id or self.by_field or self.of_all)


class Memo:
    """Values by keys; those that were not used for longest go where there is no room.

    Args:
        news: what happens to the mirror.
        clock: the time, in UTC.
        entries: so many values at most; 0: nothing is remembered.
        size: so many bytes at most, about.
    """

    def __init__(
        self,
        news: News,
        clock: Clock,
        *,
        entries: int = 10_000,
        size: int = 64 * 2**20,
        observe: Observe = lambda _what, _number: None,
    ) -> None:
        self._news = news
        self._clock = clock
        self._most = entries
        self._room = size
        self._observe = observe
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._size = 0
        self._shelves: dict[tuple[str, Kind], _Shelf] = {}
        self._epoch: str | None = None
        self._tidings: deque[tuple[float, Told]] = deque()
        self._unknown_until = time.monotonic()
        news.watch(self._hear)

    def __len__(self) -> int:
        """How many values there are."""
        return len(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        """Whether there is a value under a key, which need not be true any more."""
        return key in self._entries

    def get(self, key: Hashable) -> object | None:
        """The value under a key, if it is true now; whoever asks relies on what it relies on."""
        if not self._current():
            return None
        entry = self._entries.get(key)
        if entry is None:
            return None
        made = entry.made
        if made.until is not None and self._clock() >= made.until:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        rely_as(made)
        return entry.value

    def keep(self, key: Hashable, value: object, recording: Recording, size: int = 1000) -> None:
        """Keep a value that was made while `recording`, if it can be, and is true still.

        Args:
            key: whoever has the same key gets it.
            value: never changed afterwards.
            recording: ended.
            size: bytes of the value, about.
        """
        size += _OF_ENTRY + _OF_ID * sum(len(each.ids) for each in recording.interests)
        if not recording.keepable or not self._most or size > self._room // 8:
            return
        if not self._current() or self._overtaken(recording):
            return
        if recording.until is not None and self._clock() >= recording.until:
            return
        self._remove(key)
        self._entries[key] = entry = _Entry(value, recording, tuple(recording.interests), size)
        self._size += size
        for interest in entry.interests:
            self._shelf(interest).add(interest, key)
        self._observe("kept", 1)
        dropped = 0
        while len(self._entries) > self._most or self._size > self._room:
            self._remove(next(iter(self._entries)))
            dropped += 1
        if dropped:
            self._observe("dropped", dropped)

    def _current(self) -> bool:
        """Whether what is kept can be believed; takes in what was told meanwhile."""
        epoch = self._news.believed()
        if epoch is None:
            return False
        if epoch != self._epoch:
            self._forget_all()
            self._epoch = epoch
        return True

    def _overtaken(self, recording: Recording) -> bool:
        """Whether what was read may have changed since, or nobody knows."""
        if recording.began <= self._unknown_until:
            return True
        for at, told in reversed(self._tidings):
            if at < recording.began:
                return False
            if any(interest.concerned(told) for interest in recording.interests):
                return True
        return False

    def _hear(self, told: Told | None) -> None:
        now = time.monotonic()
        if told is None:
            self._unknown_until = now
            self._tidings.clear()
            self._forget_all()
            return
        self._tidings.append((now, told))
        if len(self._tidings) > _RING:
            self._unknown_until = self._tidings.popleft()[0]
        shelf = self._shelves.get((told.tenant_id, told.kind))
        if shelf is not None:
            spoiled = shelf.concerned(told)
            for key in spoiled:
                self._remove(key)
            if spoiled:
                self._observe("spoiled", len(spoiled))

    def _forget_all(self) -> None:
        if self._entries:
            self._observe("spoiled", len(self._entries))
        self._entries.clear()
        self._shelves.clear()
        self._size = 0

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._size -= entry.size
        for interest in entry.interests:
            shelf = self._shelf(interest)
            shelf.remove(interest, key)
            if shelf.empty:
                del self._shelves[interest.tenant_id, interest.kind]

    def _shelf(self, interest: Interest) -> _Shelf:
        return self._shelves.setdefault((interest.tenant_id, interest.kind), _Shelf())


def _take(index: dict[str, set[Hashable]], names: Iterable[str], key: Hashable) -> None:
    for name in names:
        keys = index.get(name)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del index[name]
