"""Look-ups and listings of one kind of resource of one tenant."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic

from gateway.domain.errors import NotFound
from gateway.domain.ids import canonical_id
from gateway.domain.query import Page, Query
from gateway.mirror.kinds import Kept, Kinds, R
from gateway.mirror.reading.listings import Listings
from gateway.mirror.reading.mirror import Mirror
from gateway.mirror.reading.writes import Writes
from gateway.mirror.recording import Interest, rely_on
from gateway.ports import Reader, Store, Values
from gateway.ports.mirror import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What all stores share: the mirror, how it is read, and what becomes of writes."""

    mirror: Mirror
    kinds: Kinds
    listings: Listings
    writes: Writes


class MirroredReader(Generic[R]):
    """Answers from the mirror where it can, else asks the directory's own reader."""

    def __init__(
        self,
        reading: Reading,
        kept: Kept[R],
        tenant_id: str,
        direct: Callable[[], Awaitable[Reader[R]]],
    ) -> None:
        self._mirror = reading.mirror
        self._listings = reading.listings
        self._kept = kept
        self._tenant_id = tenant_id
        self._reader = direct

    async def get(self, id_: str) -> R:
        """The resource with that id."""
        canonical = canonical_id(self._kept.kind, id_)

        async def mirrored(epoch: str) -> R:
            for item in await self.by_id(epoch, (canonical,)):
                return item
            raise NotFound(self._kept.kind)

        async def direct() -> R:
            return await (await self._reader()).get(canonical)

        return await self._mirror.read(mirrored, direct)

    async def find(self, query: Query) -> Page[R]:
        """A window of the listing, and the number of all that match."""

        async def mirrored(epoch: str) -> Page[R]:
            return await self._listings.page(epoch, self._kept, self._tenant_id, query)

        async def direct() -> Page[R]:
            return await (await self._reader()).find(query)

        return await self._mirror.read(mirrored, direct, source="view")

    async def by_id(self, epoch: str, ids: Sequence[str]) -> tuple[R, ...]:
        """Those that are there, in that order. Raises NotMirrored, Unavailable."""
        kind = self._kept.kind
        found = await self._mirror.store.get(Shelf(epoch, self._tenant_id, kind), ids)
        rely_on(Interest(self._tenant_id, kind, frozenset(ids)))
        documents = [found[id_] for id_ in ids if id_ in found]
        return await self._listings.trees.resources(epoch, self._kept, self._tenant_id, documents)

    async def _by_key(self, epoch: str, key: str, fields: Iterable[str]) -> tuple[R, ...]:
        """Those that are found by a key, which changes with these fields alone."""
        kind = self._kept.kind
        found = await self._mirror.store.find(Shelf(epoch, self._tenant_id, kind), key)
        ids = frozenset(one.id for one in found)
        rely_on(Interest(self._tenant_id, kind, ids, frozenset(fields)))
        return await self._listings.trees.resources(epoch, self._kept, self._tenant_id, found)


class MirroredStore(MirroredReader[R]):
    """A reader that also writes: to the directory, until no mirror lacks what was written."""

    def __init__(
        self,
        reading: Reading,
        kept: Kept[R],
        tenant_id: str,
        direct: Callable[[], Awaitable[Store[R]]],
    ) -> None:
        super().__init__(reading, kept, tenant_id, direct)
        self._writes = reading.writes
        self._store = direct

    async def add(self, values: Values) -> R:
        """Add a resource."""
        return await self._writes.made((await self._store()).add(values))

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> R:
        """Change the named fields."""
        return await self._writes.made((await self._store()).update(id_, values, version=version))

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good."""
        await self._writes.made((await self._store()).delete(id_, version=version))
