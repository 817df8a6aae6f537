"""The mirror's views in dictionaries (`gateway.ports.mirror_views`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from adapters.memory.mirror import EVERYTHING, Contents, MemoryMirror, Room
from gateway.domain.ids import Kind
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS
from gateway.mirror.keys import id_of
from gateway.ports import Clock
from gateway.ports.mirror import NotMirrored, Step
from gateway.ports.mirror_views import Behind, Building, Current, Moves, Places, Point, View, Window

_BEHIND = 200

_Key = tuple[str, Kind, str]


@dataclass(slots=True)
class _Kept:
    """A view, and how far it is."""

    epoch: str
    token: str
    sequence: int
    as_of: datetime
    around: tuple[int, ...]
    used: datetime
    places: dict[str, bytes] = field(default_factory=dict)


class MemoryViews:
    """Views of this process, with the limits that the caller names."""

    def __init__(
        self, mirror: MemoryMirror, clock: Clock, *, lifetime: timedelta, room: int
    ) -> None:
        self._mirror = mirror
        self._clock = clock
        self._lifetime = lifetime
        self._room = room
        self._views: dict[_Key, _Kept] = {}
        self._builders: dict[_Key, str] = {}
        self._tokens: Iterator[int] = count(1)

    async def page(
        self,
        view: View,
        *,
        offset: int,
        limit: int,
        now: datetime,
        moves: Moves | None = None,
        seek: bytes | None = None,
        backwards: bool = False,
    ) -> Window | Behind | None:
        """A window of a view. Raises NotMirrored."""
        room = self._readable(view)
        kept = self._current(view, room)
        if kept is None:
            return None
        contents = room.shelves[view.shelf.kind]
        if moves and moves.behind.mark[:3] == _mark(kept):
            _move(kept.places, moves.places)
            kept.sequence = int(moves.behind.mark[3])
            kept.as_of = datetime.fromisoformat(moves.behind.mark[4])
        behind = _behind(view, kept.sequence, kept.as_of, contents, now)
        if behind is not None:
            return Behind(behind.documents, (*_mark(kept), *behind.mark))
        kept.sequence = contents.sequence
        kept.used = self._clock()
        here = sorted((place, id_) for id_, place in kept.places.items())
        start, stop = offset, offset + limit
        if seek is not None and backwards:
            stop = max(0, sum(place < seek for place, _ in here) - offset)
            start = max(0, stop - limit)
        elif seek is not None:
            start += sum(place <= seek for place, _ in here)
            stop = start + limit
        documents = tuple(contents.kept[id_][0] for _, id_ in here[start:stop])
        return Window(contents.sequence, len(here), documents)

    async def current(
        self, view: View, point: Point, ids: Sequence[str], *, now: datetime
    ) -> Current | Behind | None:
        """Documents of a view that the caller keeps itself. Raises NotMirrored."""
        room = self._readable(view)
        sequence, as_of, around = point
        if around != _told(_around(view, room)):
            return None
        contents = room.shelves[view.shelf.kind]
        since = int(sequence), datetime.fromisoformat(as_of)
        behind = _behind(view, *since, contents, now)
        if behind is not None:
            return Behind(behind.documents, (*behind.mark, around))
        return Current(contents.sequence, tuple(contents.kept[id_][0] for id_ in ids))

    async def build(
        self, view: View, *, now: datetime, within: View | None = None
    ) -> Building | None:
        """Begin to build a view. Raises NotMirrored."""
        room = self._mirror.readable(view.shelf)
        source = self._current(within, room) if within else None
        if (within and source is None) or _key(view) in self._builders:
            return None
        token = str(next(self._tokens))
        self._builders[_key(view)] = token
        kept = _Kept(
            epoch=view.shelf.epoch,
            token=token,
            sequence=source.sequence if source else room.shelves[view.shelf.kind].sequence,
            as_of=source.as_of if source else now,
            around=_around(view, room),
            used=self._clock(),
        )
        return MemoryBuilding(self, view, kept, within, source.token if source else "")

    async def scan(
        self, building: Building, cursor: str | None = None, *, briefs: bool = False
    ) -> Step:
        """The next step through what the view is built of. Raises NotMirrored."""
        if not isinstance(building, MemoryBuilding):
            msg = "that is being built elsewhere"
            raise TypeError(msg)
        if building.within is None:
            return await self._mirror.scan(building.view.shelf, cursor, briefs=briefs)
        room = self._mirror.readable(building.view.shelf)
        source = self._views.get(_key(building.within))
        if source is None or source.token != building.source:
            raise NotMirrored
        contents = room.shelves[building.view.shelf.kind]
        return contents.step(source.places, cursor, briefs=briefs)

    def publish(self, view: View, kept: _Kept) -> bool:
        """Let everybody read a view."""
        if not self.builds(view, kept):
            return False
        del self._builders[_key(view)]
        try:
            self._mirror.readable(view.shelf)
        except NotMirrored:
            return False
        kept.used = self._clock()
        self._views.pop(_key(view), None)
        self._views[_key(view)] = kept
        of_tenant = [key for key in self._views if key[0] == view.shelf.tenant_id]
        of_tenant.sort(key=lambda key: self._views[key].used)
        for key in of_tenant[: max(0, len(of_tenant) - self._room)]:
            del self._views[key]
        return True

    def builds(self, view: View, kept: _Kept) -> bool:
        """Whether the claim still holds."""
        return self._builders.get(_key(view)) == kept.token

    def abandon(self, view: View, kept: _Kept) -> None:
        """Give up a claim."""
        if self.builds(view, kept):
            del self._builders[_key(view)]

    def _readable(self, view: View) -> Room:
        room = self._mirror.readable(view.shelf)
        if room.unsettled and view.fields and view.fields & {MEMBERS, MEMBERSHIPS}:
            raise NotMirrored  # nobody knows who came or went
        return room

    def _current(self, view: View, room: Room) -> _Kept | None:
        kept = self._views.get(_key(view))
        if kept is None or kept.used + self._lifetime < self._clock():
            return None
        current = kept.epoch == view.shelf.epoch and kept.around == _around(view, room)
        return kept if current else None


class MemoryBuilding:
    """A view that is being built."""

    def __init__(
        self, views: MemoryViews, view: View, kept: _Kept, within: View | None, source: str
    ) -> None:
        self.view = view
        self.within = within
        self.source = source
        self._views = views
        self._kept = kept

    @property
    def point(self) -> Point:
        """From where on it has to follow changes."""
        kept = self._kept
        return str(kept.sequence), kept.as_of.isoformat(), _told(kept.around)

    async def fill(self, places: Sequence[bytes]) -> None:
        """Put documents in their places. Raises NotMirrored."""
        if not self._views.builds(self.view, self._kept):
            raise NotMirrored
        self._kept.places |= {id_of(place): place for place in places}

    async def publish(self, point: Point | None = None) -> bool:
        """Let everybody read it."""
        kept = self._kept
        if point is not None:
            kept.sequence, kept.as_of = int(point[0]), datetime.fromisoformat(point[1])
            kept.around = tuple(map(int, filter(None, point[2].split(","))))
        return self._views.publish(self.view, kept)

    async def abandon(self) -> None:
        """Let others build it."""
        self._views.abandon(self.view, self._kept)


def _behind(
    view: View, since: int, as_of: datetime, contents: Contents, now: datetime
) -> Behind | None:
    """What happened since; its mark says up to when that is told."""
    changed: dict[str, None] = {}
    until = since
    if view.timed and now > as_of:
        changed = dict.fromkeys(contents.turning(as_of, now))
        as_of = now if changed else as_of
    given = 0
    for id_, fields in contents.log[since:]:
        if given == _BEHIND:
            break
        until += 1
        if view.fields is None or fields & (view.fields | EVERYTHING):
            changed[id_] = None
            given += 1
    if not changed:
        return None
    found = {id_: contents.document(id_) for id_ in changed}
    return Behind(found, (str(until), as_of.isoformat()))


def _move(places: dict[str, bytes], moves: Places) -> None:
    for id_, place in moves.items():
        if place is None:
            places.pop(id_, None)
        elif place.endswith(id_.encode()):
            places[id_] = place
        else:
            msg = "a place must end with the id"
            raise ValueError(msg)


def _mark(kept: _Kept) -> tuple[str, str, str]:
    return kept.token, str(kept.sequence), kept.as_of.isoformat()


def _around(view: View, room: Room) -> tuple[int, ...]:
    return tuple(room.around.get(name, 0) for name in sorted(view.surroundings))


def _told(around: tuple[int, ...]) -> str:
    return ",".join(map(str, around))


def _key(view: View) -> _Key:
    return view.shelf.tenant_id, view.shelf.kind, view.name
