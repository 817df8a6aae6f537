"""One kind of resource of several tenants as one listing."""

from collections.abc import Callable
from typing import Generic

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id, parse_id
from gateway.domain.query import Page, Query
from gateway.mirror.reading.kinds import Kept, R
from gateway.mirror.reading.mirror import Declined
from gateway.mirror.reading.reader import MirroredReader, Reading
from gateway.mirror.recording import Interest, rely_on
from gateway.ports import Reader
from gateway.ports.mirror import Place

Direct = Callable[[frozenset[str] | None], Reader[R]]
"""The directory's own reader over these tenants; None: all."""


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
        """A window of the listing over all of them."""
        if self._tenant_ids is not None and len(self._tenant_ids) == 1:
            return await self._of(*self._tenant_ids).find(query)

        async def direct() -> Page[R]:
            return await self._direct.find(query)

        return await self._mirror.ask(direct, "several_tenants")

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
