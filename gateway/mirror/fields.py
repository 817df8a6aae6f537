"""What the fields that a question names follow from: stored fields, and other things.

Documents hold stored fields alone. A status also follows from the clock, a path from the tree
of units, and being in a group from the groups.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

MEMBERSHIPS: Final = "memberships"
"""Stands among the changed fields of a user or group that some group now names, or no longer."""

MEMBERS: Final = "members"
"""Stands among the changed fields of a group that names others than before."""

UNITS: Final = "units"
"""A surrounding: the organizational units, their names, and which stands below which."""

NESTING: Final = "nesting"
"""A surrounding: which groups are in which."""

_SOURCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "status": frozenset({"own_status", "locked_until"}),
        "ou_path": frozenset({"ou_id"}),
        "path": frozenset({"name", "parent_id"}),
    }
)
_PATHS: Final = frozenset({"ou_path", "path"})
_TIMED: Final = frozenset({"status"})


def stored(fields: Iterable[str]) -> frozenset[str]:
    """The fields of a document that these fields follow from; of a custom attribute, all."""
    names = {field.partition(".")[0] for field in fields}
    return frozenset[str]().union(*(_SOURCES.get(name, (name,)) for name in names))


def surroundings(fields: frozenset[str]) -> frozenset[str]:
    """What else these fields follow from, but for the clock."""
    return frozenset() if _PATHS.isdisjoint(fields) else frozenset((UNITS,))


def timed(fields: frozenset[str]) -> bool:
    """Whether one of them changes by the clock alone: locks run out."""
    return not _TIMED.isdisjoint(fields)
