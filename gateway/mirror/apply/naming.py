"""Which groups have to be asked again for whom they name, as resources come and change."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import timedelta
from typing import Final

from gateway.domain.ids import Kind
from gateway.mirror.apply.memberships import Memberships
from gateway.mirror.apply.pace import Pace
from gateway.ports.feed import Held
from gateway.ports.mirror import Change, Document, MirrorStore, Place, Shelf

MEMBERS: Final = frozenset({Kind.USER, Kind.GROUP})
"""What groups name."""

_NAMING: Final = frozenset({"username", "email", "name", "ou_id"})
"""The name of an entry, and where it stands, follow from these."""

_PLACING: Final = frozenset({"name", "parent_id"})
_READ: Final = 500
_NEW: Final = timedelta(seconds=2)
"""Who was changed no later than so long after it was added may not have been told yet."""


class Naming:
    """Says of groups in one epoch that they are to be asked again; raises as `Replica`."""

    def __init__(
        self,
        store: MirrorStore,
        memberships: Memberships,
        opening: Collection[str],
        *,
        epoch: str,
        pace: Pace,
    ) -> None:
        """Tenants that are still `opening` have none: their groups are asked for later."""
        self._store = store
        self._memberships = memberships
        self._opening = opening
        self._epoch = epoch
        self._pace = pace

    async def groups(
        self, tenant_id: str, made: Sequence[Change], kept: Mapping[str, Document]
    ) -> None:
        """These groups change.

        Who was not kept was not looked up either when others came that it may name.
        """
        old = {one.id: one.version or "" for one in made if one.id in kept}
        new = {one.id: one.version or "" for one in made if one.id not in kept}
        if old:
            await self._memberships.changed(tenant_id, old)
        if new:
            await self._memberships.again(tenant_id, new)

    async def others(
        self,
        at: Place,
        held: Collection[Held],
        made: Sequence[Change],
        kept: Mapping[str, Document],
    ) -> None:
        """Groups may name others now, though unchanged, as what was told changes these.

        Who is new may be kept already, by whoever wrote it.
        """
        if at.kind in MEMBERS:
            added = {one.resource.id for one in held if _just_added(one)}
            await self._holders(at.tenant_id, [one.id for one in made if _is_new(one, kept, added)])
        elif at.kind is Kind.ORGANIZATIONAL_UNIT and any(
            one.id in kept and not _PLACING.isdisjoint(one.fields) for one in made
        ):
            await self._all(at.tenant_id)

    async def _holders(self, tenant_id: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), self._pace.chunk):
            part = ids[start : start + self._pace.chunk]
            groups = sorted(await self._memberships.holders(tenant_id, part))
            if tenant_id not in self._opening:
                for at in range(0, len(groups), _READ):
                    shelf = Shelf(self._epoch, tenant_id, Kind.GROUP)
                    kept = await self._store.get(shelf, groups[at : at + _READ])
                    await self._again(tenant_id, kept.values())

    async def _all(self, tenant_id: str) -> None:
        """Names of all that stands below a unit have changed."""
        cursor: str | None = None
        while True:
            step = await self._store.scan(Shelf(self._epoch, tenant_id, Kind.GROUP), cursor)
            await self._again(tenant_id, step.documents)
            if (cursor := step.cursor) is None:
                return

    async def _again(self, tenant_id: str, groups: Collection[Document]) -> None:
        if groups:
            await self._memberships.again(tenant_id, {one.id: one.version for one in groups})


def _is_new(change: Change, kept: Mapping[str, Document], added: Set[str]) -> bool:
    before = kept.get(change.id)
    return (
        before is None
        or (before.version == change.version and change.id in added)
        or not _NAMING.isdisjoint(change.fields)
    )


def _just_added(held: Held) -> bool:
    resource = held.resource
    changed = resource.updated_at or resource.created_at
    return changed - resource.created_at < _NEW
