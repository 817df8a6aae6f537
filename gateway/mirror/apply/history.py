"""A stretch of the history, brought to what counts in the end: the last word on each entry.

Pure. The order of different entries does not matter within a stretch, but that nothing stands
in what is not there yet: so tenants come first and go last, units after and before them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain.ids import Kind
from gateway.ports.feed import Current, FeedEvent, Gone, Held, NotHeld, Reached
from gateway.ports.mirror import Place

Told = Held | NotHeld | Gone
"""What is said of one entry."""

_RANK = {Kind.TENANT: 0, Kind.PARTNER: 0, Kind.ORGANIZATIONAL_UNIT: 1}
RANKS = 3
"""Tenants and partners, units, all others."""


def rank(kind: Kind) -> int:
    """In which step a kind comes; it goes in the opposite order."""
    return _RANK.get(kind, RANKS - 1)


@dataclass(slots=True)
class Stretch:
    """What was told of some entries, by UUID.

    `passed` are places in which an entry was told to be within the stretch, and is no more.
    """

    last: dict[bytes, Told] = field(default_factory=dict)
    passed: dict[bytes, set[Place]] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """Take the next word on an entry."""
        before = self.last.get(told.uuid)
        if isinstance(before, Held):
            self.passed.setdefault(told.uuid, set()).add(place(before))
        self.last[told.uuid] = told

    def leaving(self, known: Mapping[bytes, Place]) -> Iterator[tuple[Told, Place]]:
        """Who is not where it was: with each place that it left."""
        for uuid, told in self.last.items():
            left = self.passed.get(uuid, set()) | ({known[uuid]} if uuid in known else set())
            for where in left - ({place(told)} if isinstance(told, Held) else set()):
                yield told, where

    @property
    def held(self) -> list[Held]:
        """What is there, as it is in the end."""
        return [told for told in self.last.values() if isinstance(told, Held)]


def place(held: Held) -> Place:
    """Where it is told to be."""
    return Place(held.tenant_id, held.kind)


def stretches(batch: Sequence[FeedEvent]) -> Iterator[Stretch | FeedEvent]:
    """A batch as stretches, and between them the events that are about everything.

    Where one has come (`Reached`, `Current`) is told once a stretch, at its end: a stretch would
    be of one change otherwise.
    """
    stretch = Stretch()
    ends: dict[type, FeedEvent] = {}
    for event in (*batch, None):
        match event:
            case Held() | NotHeld() | Gone():
                stretch.add(event)
            case Reached() | Current():
                ends[type(event)] = event
            case _:
                if stretch.last:
                    yield stretch
                yield from (ends[kind] for kind in (Reached, Current) if kind in ends)
                if event is not None:
                    yield event
                stretch, ends = Stretch(), {}


def by_place(found: Iterable[Held]) -> Mapping[Place, list[Held]]:
    """Grouped by tenant and kind."""
    grouped: dict[Place, list[Held]] = {}
    for held in found:
        grouped.setdefault(place(held), []).append(held)
    return grouped
