"""Stores: reading and writing one kind of resource."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.domain.model import (
    Application,
    Group,
    Member,
    Membership,
    Resource,
    ScimToken,
    User,
)
from gateway.domain.query import Page, Query

R_co = TypeVar("R_co", bound=Resource, covariant=True)

Values = Mapping[str, object]
"""Field names to new values. In an update: absent is unchanged, None clears."""


class Reader(Protocol[R_co]):
    """Answers listings and look-ups of one kind of resource. A mirror can stand in here."""

    async def get(self, id_: str) -> R_co:
        """The resource with that id, in any accepted spelling. Raises NotFound."""
        ...

    async def find(self, query: Query) -> Page[R_co]:
        """A window of the listing, and the exact number of all that match."""
        ...


class Store(Reader[R_co], Protocol[R_co]):
    """Reads and writes one kind of resource of one tenant (or of the whole directory)."""

    async def add(self, values: Values) -> R_co:
        """Add a resource; what comes back is what the directory holds then."""
        ...

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> R_co:
        """Change the named fields, and no other; in one LDAP operation where it allows."""
        ...

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good. Raises Conflict where something depends on the resource."""
        ...


@dataclass(frozen=True, slots=True)
class MemberShift:
    """What has changed of a group between two of its versions: these members, nothing else."""

    since: str
    version: str
    joined: frozenset[str]
    left: frozenset[str]


class Groups(Store[Group], Protocol):
    """Groups of a tenant. Members change by single values; lists are never rewritten.

    `add` takes `member_ids`, too: the group and its members are one operation.
    """

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Direct members, users and groups, ascending by id."""
        ...

    async def change_members(
        self,
        id_: str,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        version: str | None = None,
    ) -> MemberShift | None:
        """Add some members and remove others, in one operation where the directory takes it.

        Who is there already, or is not there, is success, and no change of the group; who is
        in both lists is added. Answers what was changed where that is known for certain.
        Raises as `add_members`, and StaleVersion.
        """
        ...

    async def clear_members(self, id_: str, *, version: str | None = None) -> None:
        """Remove all members, whoever they are, in one operation."""
        ...

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add users and groups of the tenant; one that is there already is success.

        Raises:
            Invalid: `member_ids` names some that do not exist; nothing was added.
            Conflict: a group is to be a member of itself (`group_cycle`).
        """
        ...

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members; one that is not there is success."""
        ...

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        ...

    async def memberships_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Membership, ...]]:
        """`memberships` of many users at once, under their canonical ids.

        Users that are not there have no line. Asks the directory as often as groups nest.
        """
        ...

    async def members_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Member, ...]]:
        """All direct members of several groups, ascending by id; as `memberships_of`."""
        ...


class ScimTokens(Store[ScimToken], Protocol):
    """SCIM tokens of a tenant. `add` takes the SHA-256 of the token in hex as `digest`."""


class Applications(Store[Application], Protocol):
    """OAuth clients of a tenant. `add` takes the secret as `secret`; it is stored hashed."""

    async def by_client_id(self, client_id: str) -> Application:
        """The application with that client id. Raises NotFound."""
        ...

    async def check_secret(self, client_id: str, secret: str) -> bool:
        """Whether the secret is right; False also for an unknown client, in the same time."""
        ...

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Users and groups that are assigned directly."""
        ...

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """As for groups."""
        ...

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """As for groups."""
        ...

    async def effective_users(self, id_: str, *, offset: int, limit: int) -> Page[User]:
        """Users that are assigned directly or through groups, however nested; by id."""
        ...

    async def is_assigned(self, id_: str, user_id: str) -> bool:
        """Whether that user is assigned, directly or through groups."""
        ...
