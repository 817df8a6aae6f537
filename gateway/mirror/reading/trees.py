"""The units of tenants, and resources read from documents with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from gateway.domain.ids import Kind
from gateway.domain.status import FOREVER
from gateway.mirror.documents import Known, NotPlaced
from gateway.mirror.kinds import Kept, Kinds, R
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.recording import Interest, recording, rely_on
from gateway.mirror.units import Unit, UnitTree
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import Document, Shelf

_NO_UNITS: Final = UnitTree(())


class Trees:
    """Reads documents as the resources that they are now."""

    def __init__(self, mirror: Mirror, kinds: Kinds) -> None:
        self._mirror = mirror
        self._unit = kinds.unit.documents.part(("name", "parent_id"))

    async def tree(self, epoch: str, tenant_id: str) -> UnitTree:
        """The units of a tenant, read now."""
        shelf = Shelf(epoch, tenant_id, Kind.ORGANIZATIONAL_UNIT)
        known = Known(now=self._mirror.clock())
        units: dict[str, Unit] = {}
        with recording() as made:
            rely_on(_units(tenant_id))
            cursor: str | None = None
            while True:
                step = await self._mirror.store.scan(shelf, cursor)
                for found in step.documents:
                    one = self._unit(found.id, found.version, found.content, known)
                    units[one.id] = Unit(id=one.id, name=one.name, parent_id=one.parent_id)
                cursor = step.cursor
                if cursor is None:
                    break
        tree = UnitTree(units.values())
        self._mirror.memo.keep(_key(tenant_id), tree, made)
        return tree

    async def resources(
        self,
        epoch: str,
        kept: Kept[R],
        tenant_id: str,
        documents: Sequence[Document],
        now: datetime | None = None,
    ) -> tuple[R, ...]:
        """The resources of some documents, in their order, as they are now or were then.

        Raises:
            Declined: they stand in units that are not known.
        """
        remembered = self._mirror.memo.get(_key(tenant_id))
        tree = remembered if isinstance(remembered, UnitTree) else _NO_UNITS
        now = now or self._mirror.clock()
        for again in (True, False):
            try:
                items = self._read(kept, tenant_id, documents, tree, now)
            except NotPlaced:
                if again:
                    tree = await self.tree(epoch, tenant_id)
            else:
                self._rely(kept.kind, tenant_id, items, now)
                return items
        reason = "not_placed"
        raise Declined(reason)

    def _read(
        self,
        kept: Kept[R],
        tenant_id: str,
        documents: Iterable[Document],
        tree: UnitTree,
        now: datetime,
    ) -> tuple[R, ...]:
        owner = None if tenant_id == PLATFORM else tenant_id
        known = Known(now=now, tenant_id=owner, paths=tree.paths)
        read = kept.documents.decode
        items = tuple(read(one.id, one.version, one.content, known) for one in documents)
        if kept.kind is Kind.ORGANIZATIONAL_UNIT:
            for item in items:  # a name of another moment than the tree
                name = str(getattr(item, kept.name)).replace("/", "%2F")
                if not getattr(item, "path", "").endswith(f"/{name}"):
                    raise NotPlaced(item.id)
        return items

    def _rely(self, kind: Kind, tenant_id: str, items: Iterable[R], now: datetime) -> None:
        """Note what was read besides the documents: units, and the clock."""
        if kind is Kind.ORGANIZATIONAL_UNIT:
            rely_on(_units(tenant_id))
        if kind is not Kind.USER:
            return
        until, placed = FOREVER, False
        for item in items:
            end = getattr(item, "locked_until", None)
            if end is not None and now < end < until:
                until = end
            placed = placed or getattr(item, "ou_id", None) is not None
        if placed or until < FOREVER:
            rely_on(_units(tenant_id), until if until < FOREVER else None)


def _units(tenant_id: str) -> Interest:
    return Interest(tenant_id, Kind.ORGANIZATIONAL_UNIT, fields=None)


def _key(tenant_id: str) -> tuple[str, str]:
    return ("units", tenant_id)
