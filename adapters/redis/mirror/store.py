"""The mirror's documents (`gateway.ports.MirrorStore`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from adapters.redis.client import Argument, RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror import scripts, values
from adapters.redis.mirror.places import RedisPlaces
from gateway.domain.ids import Kind
from gateway.ports.mirror import (
    Applied,
    Change,
    Document,
    NotMirrored,
    Place,
    Shelf,
    Standing,
    Step,
)

_MICROSECOND = timedelta(microseconds=1)


class RedisMirror:
    """Documents that all workers share; needs a binary client.

    Args:
        client: calls Redis.
        keys: makes the keys.
        log_length: how many changes of a kind are remembered, for views to follow them.
        gone_for: how long what is gone is remembered: longer than any change is under way.
        step: how many documents one step of a scan looks at, about.
    """

    def __init__(
        self,
        client: RedisClient,
        keys: Keys,
        *,
        log_length: int = 20_000,
        gone_for: timedelta = timedelta(hours=1),
        step: int = 1000,
    ) -> None:
        self._client = client
        self._keys = keys
        self._log_length = log_length
        self._gone_for = gone_for // _MICROSECOND
        self._step = step
        self._places = RedisPlaces(client, keys)

    async def open(self, tenant_id: str, *, epoch: str, fence: int) -> None:
        """Make room for a tenant. Raises Superseded, Unavailable."""
        await self._client.add(self._keys.feed("tenants"), tenant_id)
        arguments: list[Argument] = [epoch, values.fence(fence), *Kind]
        values.answer(await self._client.run(scripts.OPEN, self._everything(tenant_id), arguments))

    async def complete(self, tenant_id: str, *, epoch: str, fence: int) -> None:
        """Open a tenant for readers. Raises NotMirrored, Superseded, Unavailable."""
        key = self._keys.mirror(tenant_id)
        if await self.standing(tenant_id) is None:
            raise NotMirrored
        arguments: list[Argument] = [epoch, values.fence(fence)]
        values.answer(await self._client.run(scripts.COMPLETE, [key], arguments))

    async def drop(self, tenant_id: str, *, fence: int) -> None:
        """Forget a tenant; its views expire. Raises Superseded, Unavailable."""
        keys = self._everything(tenant_id)
        arguments: list[Argument] = [values.fence(fence), self._keys.news("changes"), tenant_id]
        values.answer(await self._client.run(scripts.DROP, keys, arguments))
        await self._client.discard(self._keys.feed("tenants"), tenant_id)

    async def tenants(self) -> frozenset[str]:
        """Tenants that were opened and not dropped. Raises Unavailable."""
        return frozenset(
            each.decode() for each in await self._client.members(self._keys.feed("tenants"))
        )

    async def standing(self, tenant_id: str) -> Standing | None:
        """How the tenant stands. Raises Unavailable."""
        keys = [self._keys.mirror(tenant_id)]
        for kind in Kind:
            documents, _, lookups, _, _, due, briefs = self._keys.shelf(tenant_id, kind)
            keys += [documents, lookups, due, briefs]
        keys += self._keys.members(tenant_id)
        try:
            _, rest = values.answer(await self._client.run(scripts.STANDING, keys, list(Kind)))
        except NotMirrored:
            return None
        epoch, complete, fence, *counts = rest
        return Standing(
            epoch=epoch.decode(),
            complete=complete == b"1",
            fence=int(fence),
            counts=dict(zip(Kind, counts, strict=True)),
        )

    async def apply(
        self,
        tenant_id: str,
        kind: Kind,
        changes: Sequence[Change],
        *,
        stirs: Iterable[str] = (),
        fence: int | None = None,
    ) -> Applied:
        """Apply changes, and tell those who listen. Raises NotMirrored, Superseded, Unavailable."""
        names = sorted(set(stirs))
        arguments: list[Argument] = [
            kind,
            "" if fence is None else values.fence(fence),
            self._log_length,
            self._gone_for,
            self._keys.news("changes"),
            tenant_id,
            len(names),
            *names,
        ]
        for change in changes:
            arguments += values.change(change)
        keys = [self._keys.mirror(tenant_id), *self._keys.shelf(tenant_id, kind)]
        _, rest = values.answer(await self._client.run(scripts.APPLY, keys, arguments))
        return Applied(rest[0], tuple(id_.decode() for id_ in rest[1:]))

    async def stir(self, tenant_id: str, names: Iterable[str]) -> None:
        """Say that surroundings changed. Raises NotMirrored, Unavailable."""
        key = self._keys.mirror(tenant_id)
        values.answer(await self._client.run(scripts.STIR, [key], sorted(set(names))))

    async def place(self, places: Mapping[bytes, Place | None]) -> None:
        """Remember where entries are kept. Raises Unavailable."""
        await self._places.place(places)

    async def where(self, uuids: Collection[bytes], *, whole: bool = True) -> Mapping[bytes, Place]:
        """Where entries are kept. Raises NotMirrored, Unavailable."""
        return await self._places.where(uuids, whole=whole)

    async def get(self, shelf: Shelf, ids: Sequence[str]) -> Mapping[str, Document]:
        """Those that are there, by id. Raises NotMirrored, Unavailable."""
        if not ids:
            return {}
        arguments: list[Argument] = [shelf.kind, shelf.epoch, *ids]
        raw = await self._client.run(scripts.GET, self._shelf(shelf), arguments)
        _, found = values.answer(raw)
        return {
            id_: values.document(id_, value)
            for id_, value in zip(ids, found, strict=True)
            if value is not None
        }

    async def find(self, shelf: Shelf, key: str) -> tuple[Document, ...]:
        """All that name that key. Raises NotMirrored, Unavailable."""
        arguments: list[Argument] = [shelf.kind, shelf.epoch, values.digest(key)]
        _, flat = values.answer(await self._client.run(scripts.FIND, self._shelf(shelf), arguments))
        return tuple(sorted(values.documents(flat), key=lambda document: document.id))

    async def scan(self, shelf: Shelf, cursor: str | None = None, *, briefs: bool = False) -> Step:
        """The next step through all documents or briefs. Raises NotMirrored, Unavailable."""
        return await scan(self._client, self._keys, shelf, cursor, self._step, briefs=briefs)

    def _shelf(self, shelf: Shelf) -> list[str]:
        return shelf_keys(self._keys, shelf)

    def _everything(self, tenant_id: str) -> list[str]:
        shelves = [key for kind in Kind for key in self._keys.shelf(tenant_id, kind)]
        return [self._keys.mirror(tenant_id), *shelves, *self._keys.members(tenant_id)]


def shelf_keys(keys: Keys, shelf: Shelf) -> list[str]:
    """What tells whether a shelf can be read, and its documents: the first keys of readers."""
    documents, _, lookups, _, _, due, _ = keys.shelf(shelf.tenant_id, shelf.kind)
    return [keys.mirror(shelf.tenant_id), documents, lookups, due]


def scanned_key(keys: Keys, shelf: Shelf, *, briefs: bool) -> str:
    """The documents, or the briefs of all of them."""
    return keys.shelf(shelf.tenant_id, shelf.kind)[-1 if briefs else 0]


async def scan(
    client: RedisClient,
    keys: Keys,
    shelf: Shelf,
    cursor: str | None,
    count: int,
    *,
    briefs: bool,
) -> Step:
    """The next step through all of them, in plain commands: a script would copy each twice.

    Raises:
        NotMirrored: as the port says.
        Unavailable: Redis is away.
    """
    state, _, lookups, due = shelf_keys(keys, shelf)
    scanned = scanned_key(keys, shelf, briefs=briefs)
    (following, found), stands, *counts = await client.together(
        ("HSCAN", scanned, cursor or "0", "COUNT", count),
        ("HMGET", state, *values.checked(shelf.kind)),
        ("HLEN", scanned),
        ("HLEN", lookups),
        ("ZCARD", due),
    )
    values.check(shelf, stands, *counts)
    made = values.brief if briefs else values.document
    met = tuple([made(id_.decode(), value) for id_, value in found.items()])
    return Step(str(following) if following else None, met)
