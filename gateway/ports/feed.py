"""The changes of the directory, for whoever keeps a copy of it.

What is told is a history: events have to be taken in their order. UUIDs are the 16 octets of
entryUUID (RFC 4530), `tenant_id` is `PLATFORM` for what belongs to no tenant.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.domain.ids import Kind
from gateway.domain.model import Resource

PLATFORM: Final = "platform"
"""Stands in a tenant's place where tenants and partners are kept."""

Versions = Mapping[str, str]
"""The newest change (entryCSN) of each server that makes changes, by the server's id."""


def reaches(covered: Versions, wanted: Versions) -> bool:
    """Whether all changes up to `wanted` are among those up to `covered`."""
    return all(covered.get(server, "") >= version for server, version in wanted.items())


@dataclass(frozen=True, slots=True)
class Held:
    """A resource is there, and is so now. It may be told again without having changed."""

    uuid: bytes
    tenant_id: str
    kind: Kind
    resource: Resource


@dataclass(frozen=True, slots=True)
class NotHeld:
    """An entry is there, and is no resource, or none any more: retired, or in no known place."""

    uuid: bytes
    version: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry is not there any more; it may never have been told of."""

    uuid: bytes


@dataclass(frozen=True, slots=True)
class OnlyThese:
    """What was told before and is not among these is gone; None: in the whole directory."""

    uuids: Set[bytes]
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """All changes up to here were told; whoever has kept them can go on from this cookie."""

    cookie: bytes
    covers: Versions


@dataclass(frozen=True, slots=True)
class Live:
    """What was missed is told; from here on changes are told as they happen."""


@dataclass(frozen=True, slots=True)
class Current:
    """Every change that was answered before `at`, in seconds of the monotonic clock, was told."""

    at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """The directory cannot be followed at the moment; it will be tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class StartOver:
    """What was told so far is no history of this directory: everything is told anew.

    Cookies from before are of no use, and resources may come back in older versions.
    """

    reason: str


FeedEvent = Held | NotHeld | Gone | OnlyThese | Reached | Live | Current | Lost | StartOver


@dataclass(frozen=True, slots=True)
class Membership:
    """The members that a group had in one version of it: ids of users and groups.

    Not `final`: the directory may be about to mend the names of members that were renamed, and
    would not tell of that. The group is to be asked for again.
    """

    version: str
    member_ids: frozenset[str]
    final: bool = True


class DirectoryFeed(Protocol):
    """Tells every change of the directory, over any number of connections.

    A change of the members of a group is told as a new version of the group; who they are has
    to be asked.
    """

    def events(self, cookie: bytes | None) -> AsyncGenerator[Sequence[FeedEvent], None]:
        """What happens, some events at a time, without an end; to be closed (`aclosing`).

        From where a cookie of `Reached` says; without one, everything that is there at first.
        """
        ...

    async def members(self, tenant_id: str, group_ids: Collection[str]) -> Mapping[str, Membership]:
        """The members of groups as they are now; groups that are not there have no line.

        Raises:
            Unavailable: the directory does not answer.
        """
        ...

    async def holders(self, tenant_id: str, ids: Collection[str]) -> frozenset[str]:
        """The groups that name any of these users and groups directly. Raises Unavailable."""
        ...


DirectoryPosition = Callable[[], Awaitable[Versions]]
"""Asks the directory how far it is: all changes that it answered before are among these.

Raises Unavailable.
"""
