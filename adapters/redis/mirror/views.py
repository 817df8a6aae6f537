"""The mirror's views (`gateway.ports.mirror_views`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from adapters.redis.client import Argument, RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror import values, view_scripts
from adapters.redis.mirror.store import scan, scanned_key, shelf_keys
from gateway.ports.mirror import NotMirrored, Step
from gateway.ports.mirror_views import Behind, Building, Current, Moves, Places, Point, View, Window

_MILLISECOND = timedelta(milliseconds=1)
_MARK = 5
_POINT = 2
"""How much of a `Point` changes as a view follows: the sequence, and the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLimits:
    """What views may cost.

    Args:
        lifetime: a view that was not read for so long is gone.
        room: how many views a tenant may have; the one that was not read for longest gives way.
        claim: how long a worker may be silent while it builds.
        step: how many documents one step of a scan through a view looks at.
    """

    lifetime: timedelta = timedelta(minutes=15)
    room: int = 64
    claim: timedelta = timedelta(seconds=10)
    step: int = 1000


class RedisViews:
    """Views that all workers share; needs a binary client."""

    def __init__(self, client: RedisClient, keys: Keys, limits: ViewLimits | None = None) -> None:
        self._client = client
        self._keys = keys
        self._limits = limits or ViewLimits()

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
        """A window of a view. Raises NotMirrored, Unavailable."""
        shelf, name = view.shelf, _name(view)
        keys = [
            *shelf_keys(self._keys, shelf),
            self._keys.shelf(shelf.tenant_id, shelf.kind)[1],
            *self._keys.view(shelf.tenant_id, name),
            self._keys.views(shelf.tenant_id),
        ]
        mark = moves.behind.mark if moves else ()
        arguments: list[Argument] = [
            shelf.kind,
            shelf.epoch,
            name,
            values.microseconds(now),
            int(view.timed),
            offset,
            limit,
            values.id_length(shelf.kind),
            self._limits.lifetime // _MILLISECOND,
            -1 if view.fields is None else len(view.fields),
            len(view.surroundings),
            len(mark),
            "all" if seek is None else "before" if backwards else "after",
            seek or b"",
            *sorted(view.fields or ()),
            *sorted(view.surroundings),
            *mark,
            *(_flat(moves.places) if moves else ()),
        ]
        raw = await self._client.run(view_scripts.PAGE, keys, arguments)
        said, rest = values.answer(raw)
        if said == "unbuilt":
            return None
        if said == "behind":
            mark = tuple(part.decode() for part in rest[:_MARK])
            return Behind(values.changed(rest[_MARK:]), mark)
        return Window(rest[0], rest[1], tuple(values.documents(rest[2:])))

    async def current(
        self, view: View, point: Point, ids: Sequence[str], *, now: datetime
    ) -> Current | Behind | None:
        """Documents of a view that the caller keeps itself. Raises NotMirrored, Unavailable."""
        shelf = view.shelf
        keys = [
            *shelf_keys(self._keys, shelf),
            self._keys.shelf(shelf.tenant_id, shelf.kind)[1],
        ]
        arguments: list[Argument] = [
            shelf.kind,
            shelf.epoch,
            values.microseconds(now),
            int(view.timed),
            *point,
            -1 if view.fields is None else len(view.fields),
            len(view.surroundings),
            *sorted(view.fields or ()),
            *sorted(view.surroundings),
            *ids,
        ]
        raw = await self._client.run(view_scripts.CURRENT, keys, arguments)
        said, rest = values.answer(raw)
        if said == "unbuilt":
            return None
        if said == "behind":
            until = tuple(part.decode() for part in rest[:_POINT])
            return Behind(values.changed(rest[_POINT:]), (*until, *point[_POINT:]))
        return Current(rest[0], tuple(values.documents(rest[1:])))

    async def build(
        self, view: View, *, now: datetime, within: View | None = None
    ) -> Building | None:
        """Begin to build a view. Raises NotMirrored, Unavailable."""
        shelf, name, token = view.shelf, _name(view), token_hex(8)
        keys = [*shelf_keys(self._keys, shelf), self._keys.builder(shelf.tenant_id, name)]
        arguments: list[Argument] = [
            shelf.kind,
            shelf.epoch,
            token,
            self._limits.claim // _MILLISECOND,
            values.microseconds(now),
            len(view.surroundings),
            *sorted(view.surroundings),
        ]
        if within is not None:
            keys.append(self._keys.view(shelf.tenant_id, _name(within))[2])
            arguments += sorted(within.surroundings)
        raw = await self._client.run(view_scripts.BEGIN, keys, arguments)
        said, rest = values.answer(raw)
        if said == "unbuilt":
            return None
        sequence, as_of, source, around = (part.decode() for part in rest)
        start = _Start(token, (sequence, as_of, around), source, within)
        return RedisBuilding(self._client, self._keys, self._limits, view, start)

    async def scan(
        self, building: Building, cursor: str | None = None, *, briefs: bool = False
    ) -> Step:
        """The next step through what the view is built of. Raises NotMirrored, Unavailable."""
        if not isinstance(building, RedisBuilding):
            msg = "that is being built elsewhere"
            raise TypeError(msg)
        return await building.scan(cursor, briefs=briefs)


@dataclass(frozen=True, slots=True)
class _Start:
    """From where on a view that is being built has to follow changes."""

    token: str
    point: Point
    source: str
    within: View | None


class RedisBuilding:
    """A view that is being built under keys of its own, which expire if it is forgotten."""

    def __init__(
        self, client: RedisClient, keys: Keys, limits: ViewLimits, view: View, start: _Start
    ) -> None:
        self._client = client
        self._keys = keys
        self._limits = limits
        self._view = view
        self._start = start
        self._size = 0
        tenant_id = view.shelf.tenant_id
        self._mine = keys.building(tenant_id, start.token)
        self._builder = keys.builder(tenant_id, _name(view))

    @property
    def point(self) -> Point:
        """From where on it has to follow changes."""
        return self._start.point

    async def scan(self, cursor: str | None, *, briefs: bool) -> Step:
        """The next step through what it is built of. Raises NotMirrored, Unavailable."""
        shelf, within = self._view.shelf, self._start.within
        if within is None:
            step = self._limits.step
            return await scan(self._client, self._keys, shelf, cursor, step, briefs=briefs)
        _, ids, about = self._keys.view(shelf.tenant_id, _name(within))
        raw = await self._client.run(
            view_scripts.SCAN_VIEW,
            [
                *shelf_keys(self._keys, shelf),
                about,
                ids,
                scanned_key(self._keys, shelf, briefs=briefs),
            ],
            [shelf.kind, shelf.epoch, cursor or "0", self._limits.step, self._start.source],
        )
        _, (following, flat) = values.answer(raw)
        met = tuple(values.documents(flat, values.brief if briefs else values.document))
        return Step(None if following == b"0" else following.decode(), met)

    async def fill(self, places: Sequence[bytes]) -> None:
        """Put documents in their places. Raises NotMirrored, Unavailable.

        In plain commands: nobody else sees these keys.
        """
        members, fields = self._mine
        commands: list[Sequence[Argument]] = []
        if places:
            length = values.id_length(self._view.shelf.kind)
            scored: list[Argument] = [b"0"] * (2 * len(places))
            scored[1::2] = places
            keyed: list[Argument] = [b""] * (2 * len(places))
            keyed[::2] = [place[-length:] for place in places]
            keyed[1::2] = [place[:-length] for place in places]
            commands = [("ZADD", members, *scored), ("HSET", fields, *keyed)]
            self._size += len(places)
        claim = self._limits.claim // _MILLISECOND
        kept = [("PEXPIRE", key, claim) for key in (self._builder, *self._mine)]
        *_, builder, size, also = await self._client.together(
            *commands, *kept, ("GET", self._builder), ("ZCARD", members), ("HLEN", fields)
        )
        claimed = builder == self._start.token.encode()
        if not claimed or size != self._size or also != self._size:
            raise NotMirrored

    async def publish(self, point: Point | None = None) -> bool:
        """Let everybody read it. Raises Unavailable."""
        shelf, name = self._view.shelf, _name(self._view)
        tenant_id = shelf.tenant_id
        raw = await self._client.run(
            view_scripts.PUBLISH,
            [
                self._keys.mirror(tenant_id),
                self._builder,
                *self._mine,
                *self._keys.view(tenant_id, name),
                self._keys.views(tenant_id),
            ],
            [
                self._start.token,
                shelf.epoch,
                name,
                self._size,
                *(point or self._start.point),
                self._limits.lifetime // _MILLISECOND,
                self._limits.room,
            ],
        )
        said, evicted = values.answer(raw)
        for other in evicted:
            await self._client.unlink(self._keys.view(tenant_id, other.decode()))
        return said == "ok"

    async def abandon(self) -> None:
        """Let others build it. Raises Unavailable."""
        keys = [self._builder, *self._mine]
        await self._client.run(view_scripts.ABANDON, keys, [self._start.token])


def _name(view: View) -> str:
    return f"{view.shelf.kind}:{view.name}"


def _flat(places: Places) -> list[str | bytes]:
    flat: list[str | bytes] = []
    for id_, place in places.items():
        if place is not None and not place.endswith(id_.encode()):
            msg = "a place must end with the id"
            raise ValueError(msg)
        flat += (id_, place or b"")
    return flat
