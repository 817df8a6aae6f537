"""Organizational units: a tree by parents, shown as paths."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapters.memory.store import MemoryStore, Traits, same
from adapters.memory.ticks import Ticks
from adapters.memory.values import unknown
from gateway.domain.errors import Conflict, NotFound, Taken
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import OrganizationalUnit
from gateway.ports import Values
from mappings.table import ResourceMapping


class MemoryUnits(MemoryStore[OrganizationalUnit]):
    """Units of a tenant; `occupied` answers whether users stand in a unit itself."""

    def __init__(
        self,
        tenant_id: str,
        ticks: Ticks,
        mapping: ResourceMapping,
        occupied: Callable[[str], bool],
    ) -> None:
        super().__init__(
            Traits(
                kind=Kind.ORGANIZATIONAL_UNIT,
                cls=OrganizationalUnit,
                mapping=mapping,
                given={"tenant_id": tenant_id, "path": ""},
            ),
            ticks,
        )
        self._occupied = occupied

    def resolve(self, field: str, id_: str) -> str:
        """The canonical id of a unit. Raises Invalid naming the field where there is none."""
        try:
            return self.canonical(id_)
        except NotFound:
            raise unknown(field) from None

    def path(self, id_: str | None) -> str | None:
        """The path of a unit, `/` in a name as `%2F`; None where there is no such unit."""
        row = self._rows.get(id_ or "")
        if row is None:
            return None
        return f"{self.path(row.parent_id) or ''}/{row.name.replace('/', '%2F')}"

    def below(self, id_: str) -> frozenset[str]:
        """The ids of a unit and all below it; empty where there is none."""
        try:
            top = canonical_id(Kind.ORGANIZATIONAL_UNIT, id_)
        except NotFound:
            return frozenset()
        if top not in self._rows:
            return frozenset()
        children = [row.id for row in self._rows.values() if row.parent_id == top]
        return frozenset({top}.union(*(self.below(child) for child in children)))

    def _kept(self, values: Values, own: str | None) -> dict[str, Any]:
        parent = values.get("parent_id")
        if isinstance(parent, str):
            values = {**values, "parent_id": self.resolve("parent_id", parent)}
        kept = super()._kept(values, own)
        if own is not None and kept.get("parent_id") in self.below(own):
            raise Conflict("A unit cannot stand below itself", code="unit_below_itself")
        return kept

    def _check_unique(self, values: Mapping[str, object], own: str | None) -> None:
        """A name is taken once among the units of one parent."""
        row = self._rows.get(own or "")
        parent = values.get("parent_id", row and row.parent_id)
        name = values.get("name", row and row.name)
        for other in self._rows.values():
            if other.id != own and other.parent_id == parent and same(str(name), other.name):
                raise Taken("name")

    def _remove(self, row: OrganizationalUnit) -> None:
        if self._occupied(row.id) or len(self.below(row.id)) > 1:
            raise Conflict("The organizational unit is not empty", code="ou_not_empty")
        super()._remove(row)

    def _shown(self, row: OrganizationalUnit) -> OrganizationalUnit:
        return replace(row, path=self.path(row.id) or "")
