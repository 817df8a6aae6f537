"""Who is in which group, as the mirror keeps it beside its documents.

A group's members are known as of one version of the group. From when the feed hears of another
version until it has asked for the members, they are not known; then nobody's memberships in
that tenant are, since anybody may have joined or left.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.ports.mirror import NotMirrored
from gateway.ports.stores import MemberShift


class Unsettled(NotMirrored):
    """The members of a group that matters here are not known at the moment."""


@dataclass(frozen=True, slots=True)
class Names:
    """A window of ids, ascending, and the number of all."""

    ids: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a group's members, or has to be: as of a version, and since a mark.

    A mark is set where a group may have other members though its version is the same. Both
    ascend as texts do, by octets; there is no `!` in a version.
    """

    version: str
    mark: str = ""

    def and_also(self, other: "Heard") -> "Heard":
        """The later version, and the later mark."""
        version = max(self.version, other.version, key=str.encode)
        return Heard(version, max(self.mark, other.mark, key=str.encode))


class MirrorMembers(Protocol):
    """Keeps members of groups: ids of users and groups of the same tenant.

    What the feed says here is in the order of the directory, so the last word counts. Raises
    `Unavailable`, and for the feed `NotMirrored` and `Superseded`, as `MirrorStore`.
    """

    async def unsettle(self, tenant_id: str, heard: Mapping[str, Heard], *, fence: int) -> None:
        """Say that the members of these groups are not known, unless they are.

        Without a mark, a group whose members are kept as of that version, or a later one, is
        not affected. Of what was heard before, the later version and the later mark hold.
        """
        ...

    async def unsettled(self, tenant_id: str) -> Mapping[str, Heard]:
        """The groups whose members are not known, and what has to be known of them."""
        ...

    async def settle(
        self, tenant_id: str, group_id: str, known: Heard, members: Collection[str], *, fence: int
    ) -> None:
        """Keep the members that a group had in a version; any number, in bounded steps.

        They were asked for after the mark was set. The group stays unsettled where a later
        version or a later mark was heard of; where those of a later version are known by now
        (`shift`), nothing is kept of these. For views and listeners,
        `memberships` of those who came or went is changed, and `members` of the group; and the
        surrounding `nesting` is stirred where groups came or went.
        """
        ...

    async def shift(self, epoch: str, tenant_id: str, group_id: str, shift: MemberShift) -> bool:
        """Keep what a write of the gateway did to a group; whether that could be taken over.

        It can where the members before are known and nothing more was heard of the group, and
        where those who joined are kept; otherwise the feed asks. Raises `NotMirrored` and
        `Unavailable`.
        """
        ...

    async def forget(self, tenant_id: str, ids: Collection[str], *, fence: int) -> None:
        """Users and groups that are not there any more: in no group, and without members."""
        ...

    async def groups_of(
        self, epoch: str, tenant_id: str, ids: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """The groups that name each of these directly; and of each of those groups, and so on.

        Every id that was asked for, and every group above them, has a line.

        Raises:
            Unsettled: the members of some group of the tenant are not known.
            NotMirrored: also where very many groups are above.
        """
        ...

    async def members(
        self, epoch: str, tenant_id: str, group_id: str, *, offset: int, limit: int
    ) -> Names:
        """Direct members, users and groups, ascending by id; the cost is that of the window.

        Raises:
            Unsettled: the members of that group are not known.
        """
        ...
