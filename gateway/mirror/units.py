"""The tree of organizational units: what paths and places are derived from."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit in the tree; no parent: it stands at the root."""

    id: str
    name: str
    parent_id: str | None = None


class UnitTree:
    """All units of a tenant, as they were at one moment.

    A unit whose parents are not all known has no path, and is below those that are.
    """

    def __init__(self, units: Iterable[Unit]) -> None:
        self._children: dict[str | None, list[Unit]] = {}
        for unit in units:
            self._children.setdefault(unit.parent_id, []).append(unit)
        paths: dict[str, str] = {}
        ahead: list[tuple[str | None, str]] = [(None, "")]
        while ahead:
            parent, above = ahead.pop()
            for unit in self._children.get(parent, ()):
                paths[unit.id] = f"{above}/{unit.name.replace('/', '%2F')}"
                ahead.append((unit.id, paths[unit.id]))
        self._paths = MappingProxyType(paths)
        self._ids = {unit.id for group in self._children.values() for unit in group}

    @property
    def paths(self) -> Mapping[str, str]:
        """Paths as `/Engineering/Platform` by id; a `/` inside a name is written `%2F`."""
        return self._paths

    def below(self, ou_id: str) -> Collection[str]:
        """The ids of a unit, in any accepted spelling, and of all below it; else nothing."""
        try:
            top = canonical_id(Kind.ORGANIZATIONAL_UNIT, ou_id)
        except NotFound:
            return frozenset()
        found = {top} & self._ids
        ahead = list(found)
        while ahead:
            children = {unit.id for unit in self._children.get(ahead.pop(), ())} - found
            found |= children
            ahead.extend(children)
        return frozenset(found)
