"""What the fields that a question names follow from: stored fields, and other things.

Documents hold stored fields alone. A status also follows from the clock, a path from the tree
of units, and being in a group from the groups.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

MEMBERSHIPS = "memberships"
"""Stands among the changed fields of a user or group that some group now names, or no longer."""

MEMBERS = "members"
"""Stands among the changed fields of a group that names others than before."""


class Surrounding(StrEnum):
    """What an answer can depend on beside the resources that it lists."""

    UNITS = "units"
    """The tree of organizational units: their names, and which stands below which."""
    NESTING = "nesting"
    """Which groups are in which."""
    CLOCK = "clock"
    """Locks run out."""


_SOURCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "status": frozenset({"own_status", "locked_until"}),
        "ou_path": frozenset({"ou_id"}),
        "path": frozenset({"name", "parent_id"}),
    }
)
_AROUND: Mapping[str, Surrounding] = MappingProxyType(
    {
        "status": Surrounding.CLOCK,
        "ou_path": Surrounding.UNITS,
        "path": Surrounding.UNITS,
    }
)


def stored(fields: Iterable[str]) -> frozenset[str]:
    """The fields of a document that these fields follow from; of a custom attribute, all."""
    names = {field.partition(".")[0] for field in fields}
    return frozenset[str]().union(*(_SOURCES.get(name, {name}) for name in names))


def surroundings(fields: Iterable[str]) -> frozenset[Surrounding]:
    """What else these fields follow from."""
    return frozenset(_AROUND[field] for field in fields if field in _AROUND)
