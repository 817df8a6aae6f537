"""What all stores share: look-ups, listings, uniqueness, versions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from uuid import uuid4

from adapters.memory.ticks import Ticks
from adapters.memory.values import Shape
from gateway.domain.errors import NotFound, StaleVersion, Taken
from gateway.domain.ids import Kind, canonical_id, format_id
from gateway.domain.model import Resource
from gateway.domain.predicate import Surroundings, predicate
from gateway.domain.query import Filter, Page, Query, ordered, window
from gateway.domain.text import comparable
from gateway.ports import Values
from mappings.table import ResourceMapping

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits(Generic[R]):
    """What a kind of resource is.

    `given` are values of the fields that the directory sets itself, `also` names what `add`
    and `update` take besides the fields.
    """

    kind: Kind
    cls: type[R]
    mapping: ResourceMapping
    given: Mapping[str, object] = field(default_factory=dict)
    also: Collection[str] = ()

    @property
    def unique(self) -> tuple[str, ...]:
        """Fields of which a value is taken once; what names the resource comes last."""
        rows = {row.name for row in self.mapping.fields.values() if row.unique}
        return (*sorted(rows - {self.mapping.rdn}), self.mapping.rdn)


class MemoryStore(Generic[R]):
    """One kind of resource in a dictionary by id."""

    def __init__(self, traits: Traits[R], ticks: Ticks) -> None:
        self._traits = traits
        self._shape = Shape(traits.cls, traits.mapping, traits.given, traits.also)
        self._ticks = ticks
        self._rows: dict[str, R] = {}

    async def get(self, id_: str) -> R:
        """The resource with that id."""
        return self._shown(self._row(id_))

    async def find(self, query: Query) -> Page[R]:
        """A window of the listing."""
        return listing([self], query)

    async def add(self, values: Values) -> R:
        """Add a resource."""
        row = self._make(values)
        self._rows[row.id] = row
        return self._shown(row)

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> R:
        """Change the named fields."""
        row = self._row(id_, version)
        return self._shown(self._change(row, self._kept(values, row.id)))

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good."""
        self._remove(self._row(id_, version))

    def matching(self, filter_: Filter) -> list[R]:
        """All that match, as readers see them, in no order."""
        chosen = predicate(filter_, self._around())
        return [item for item in map(self._shown, self._rows.values()) if chosen(item)]

    def touch(self, id_: str) -> None:
        """Give a new version to a resource, since something of it changed that no field shows."""
        if id_ in self._rows:
            self._rows[id_] = self._versioned(self._rows[id_])

    def canonical(self, id_: str) -> str:
        """The id in the spelling that is given out. Raises NotFound where there is none."""
        return self._row(id_).id

    def __contains__(self, id_: object) -> bool:
        """Whether there is a resource with that canonical id."""
        return id_ in self._rows

    def rows(self) -> Collection[R]:
        """All resources, as they are stored."""
        return self._rows.values()

    def _row(self, id_: str, version: str | None = None) -> R:
        row = self._rows.get(canonical_id(self._traits.kind, id_))
        if row is None:
            raise NotFound(self._traits.kind)
        if version is not None and row.version != version:
            raise StaleVersion
        return row

    def _make(self, values: Values) -> R:
        traits, now = self._traits, self._ticks.now()
        self._shape.complete(values)
        kept = self._kept(values, None)
        return traits.cls(
            **{
                **traits.given,
                **kept,
                "id": format_id(traits.kind, uuid4()),
                "version": self._ticks.version(),
                "created_at": now,
                "updated_at": now,
            }
        )

    def _kept(self, values: Values, own: str | None) -> dict[str, Any]:
        """The values as they can be stored. Raises Invalid, Taken."""
        kept = self._shape.stored(values)
        self._check_unique(kept, own)
        return kept

    def _change(self, row: R, kept: Mapping[str, object]) -> R:
        """Keep the values in the row; where nothing changes, its version stays, too.

        Compared by what is written, since True equals 1 inside of custom attributes.
        """
        changes = {name: v for name, v in kept.items() if repr(getattr(row, name)) != repr(v)}
        if changes:
            row = self._rows[row.id] = self._versioned(row, **changes)
        return row

    def _versioned(self, row: R, **changes: Any) -> R:
        return replace(row, **changes, version=self._ticks.version(), updated_at=self._ticks.now())

    def _remove(self, row: R) -> None:
        del self._rows[row.id]

    def _shown(self, row: R) -> R:
        """The resource as readers see it, with what is derived."""
        return row

    def _around(self) -> Surroundings:
        return Surroundings(searched=self._traits.mapping.searchable)

    def _check_unique(self, values: Mapping[str, object], own: str | None) -> None:
        for name in self._traits.unique:
            value = values.get(name)
            if isinstance(value, str) and any(
                same(value, getattr(row, name)) for row in self._rows.values() if row.id != own
            ):
                raise Taken(name)

    def _named(self, name: str, value: str) -> R:
        """The resource with that unique value. Raises NotFound."""
        for row in self._rows.values():
            if same(value, getattr(row, name)):
                return row
        raise NotFound(self._traits.kind)


def same(left: str, right: str) -> bool:
    """Whether a directory takes two texts for the same value."""
    return comparable(left).strip() == comparable(right).strip()


def listing(stores: Iterable[MemoryStore[R]], query: Query) -> Page[R]:
    """The window that a query asks for, of one listing of several stores."""
    found = [item for store in stores for item in store.matching(query.filter)]
    found = ordered(found, query.sort, lambda item: item)
    return Page(items=tuple(window(found, query, lambda item: item)), total=len(found))
