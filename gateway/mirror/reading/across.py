"""One kind of resource of several tenants as one listing."""

from dataclasses import replace
from typing import Final, Generic

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id, parse_id
from gateway.domain.query import Page, Query
from gateway.mirror.keys import members_in
from gateway.mirror.kinds import Kept, R
from gateway.mirror.reading.mirror import Declined
from gateway.mirror.reading.reader import MirroredReader, Reading
from gateway.mirror.recording import Interest, recording, rely_on
from gateway.ports import Reader
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import Place, Shelf

_TENANTS: Final = 128
_RESOURCES: Final = 10_000
"""So many tenants, and so many of their resources, are read for one window."""

_SPARE: Final = 10
"""So many resources more than its share are read of each tenant at first."""

_ALL_TENANTS: Final = ("tenants",)


class MirroredAcross(Generic[R]):
    """Reads several tenants; None: all."""

    def __init__(
        self,
        reading: Reading,
        kept: Kept[R],
        tenant_ids: frozenset[str] | None,
        direct: Reader[R],
    ) -> None:
        self._reading = reading
        self._mirror = reading.mirror
        self._kept = kept
        self._direct = direct
        self._tenant_ids = None if tenant_ids is None else _canonical(tenant_ids)

    async def get(self, id_: str) -> R:
        """The resource with that id, in whichever tenant."""
        canonical = canonical_id(self._kept.kind, id_)

        async def mirrored(epoch: str) -> R:
            place = await where(self._reading, self._kept.kind, canonical)
            if self._tenant_ids is not None and place.tenant_id not in self._tenant_ids:
                reason = "elsewhere"
                raise Declined(reason)
            for item in await self._of(place.tenant_id).by_id(epoch, (canonical,)):
                return item
            reason = "gone"
            raise Declined(reason)

        async def direct() -> R:
            return await self._direct.get(canonical)

        return await self._mirror.read(mirrored, direct)

    async def find(self, query: Query) -> Page[R]:
        """A window of the listing over all of them: merged from those of each."""
        if self._tenant_ids is not None and len(self._tenant_ids) == 1:
            return await self._of(*self._tenant_ids).find(query)

        async def mirrored(epoch: str) -> Page[R]:
            tenant_ids = self._tenant_ids
            if tenant_ids is None:
                tenant_ids = await self._all(epoch)
            return await self._merged(epoch, tenant_ids, query)

        async def direct() -> Page[R]:
            return await self._direct.find(query)

        return await self._mirror.read(mirrored, direct, source="view")

    async def _merged(self, epoch: str, tenant_ids: frozenset[str], query: Query) -> Page[R]:
        """The window of all, from as much of each tenant's listing as can be in it.

        Raises:
            NotMirrored: the directory is to be asked, also where that is too much.
            Unavailable: the mirror does not answer.
        """
        if len(tenant_ids) > _TENANTS:
            reason = "many_tenants"
            raise Declined(reason)
        backwards = query.seek is not None and query.seek.backwards
        reach = _RESOURCES + 1 if query.limit is None else query.offset + query.limit
        size = min(reach, _SPARE + 2 * reach // max(1, len(tenant_ids)))
        totals: dict[str, int] = {}
        member = members_in(query.sort)
        parts: dict[str, dict[bytes, R]] = {}
        found: dict[bytes, R] = {}
        order: list[bytes] = []
        short = sorted(tenant_ids)
        while short:
            size, full = min(size, _RESOURCES + 1), dict[str, bytes]()
            for tenant_id in short:
                part = replace(query, offset=0, limit=size)
                page = await self._reading.listings.page(epoch, self._kept, tenant_id, part)
                totals[tenant_id] = page.total
                parts[tenant_id] = {member(item): item for item in page.items}
                if sum(map(len, parts.values())) > _RESOURCES:
                    reason = "many_resources"
                    raise Declined(reason)
                if len(page.items) == size > 0:
                    full[tenant_id] = member(page.items[0 if backwards else -1])
            found = {key: item for part in parts.values() for key, item in part.items()}
            order = sorted(found, reverse=backwards)
            # Of a tenant, what comes after these can be in the window unless that ends before.
            edge = order[reach - 1] if 0 < reach <= len(order) else None
            short = [
                tenant_id
                for tenant_id, last in full.items()
                if edge is None or (last > edge if backwards else last < edge)
            ]
            size *= 2
        window = sorted(order[query.offset : None if query.limit is None else reach])
        return Page(tuple(found[key] for key in window), sum(totals.values()))

    async def _all(self, epoch: str) -> frozenset[str]:
        """The ids of all tenants. Raises NotMirrored, Unavailable."""
        memo, shelf = self._mirror.memo, Shelf(epoch, PLATFORM, Kind.TENANT)
        remembered = memo.get(_ALL_TENANTS)
        if isinstance(remembered, frozenset):
            return remembered
        with recording() as made:
            rely_on(Interest(PLATFORM, Kind.TENANT, fields=frozenset(("slug",))))
            ids: set[str] = set()
            cursor: str | None = None
            while True:
                step = await self._mirror.store.scan(shelf, cursor)
                ids.update(one.id for one in step.documents)
                cursor = step.cursor
                if cursor is None or len(ids) > _TENANTS:
                    break
        found = frozenset(ids)
        memo.keep(_ALL_TENANTS, found, made)
        return found

    def _of(self, tenant_id: str) -> MirroredReader[R]:
        async def direct() -> Reader[R]:
            return self._direct

        return MirroredReader(self._reading, self._kept, tenant_id, direct)


async def where(reading: Reading, kind: Kind, id_: str) -> Place:
    """Where a resource is kept. Raises NotMirrored, Unavailable."""
    uuid = parse_id(kind, id_).bytes
    place = (await reading.mirror.store.where((uuid,))).get(uuid)
    if place is None or place.kind is not kind:
        reason = "unplaced"
        raise Declined(reason)
    rely_on(Interest(place.tenant_id, kind, frozenset((id_,))))
    return place


def _canonical(ids: frozenset[str]) -> frozenset[str]:
    """The ids of tenants as they are given out; what is none names nothing."""
    found = set()
    for id_ in ids:
        try:
            found.add(canonical_id(Kind.TENANT, id_))
        except NotFound:
            continue
    return frozenset(found)
