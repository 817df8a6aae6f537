"""What the feed tells. UUIDs are the 16 octets of entryUUID (RFC 4530)."""

from collections.abc import Set
from dataclasses import dataclass

from adapters.ldap.values import Entry


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry is there and looks so, as far as its attributes are followed.

    It may be told again without having changed. An entry that was renamed or moved is told
    under its new DN; those below it have moved along and are not told.
    """

    uuid: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry is not there any more; it may never have been told of."""

    uuid: bytes


@dataclass(frozen=True, slots=True)
class OnlyThese:
    """All entries that were there before and are not among these are gone."""

    uuids: Set[bytes]


@dataclass(frozen=True, slots=True)
class Cookie:
    """All changes up to here were told; whoever has stored them can go on from this cookie."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What was missed is told; from here on changes come as they happen."""


@dataclass(frozen=True, slots=True)
class Current:
    """Every change that was answered before `at`, in seconds of the monotonic clock, was told."""

    at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone, or could not be made; it will be tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class StartOver:
    """What was told so far is no history of this directory, or the server has forgotten too much.

    Cookies from before are of no use, and entries may come back in older versions. All entries
    are told again, and `OnlyThese` after them.
    """

    reason: str


Event = Changed | Gone | OnlyThese | Cookie | Refreshed | Current | Lost | StartOver
