"""The one thing that others of this package ask: documents of users and groups, and back."""

from collections.abc import Collection, Sequence
from typing import Any

from scim2_models import Resource

from adapters.scim.documents.groups import Groups
from adapters.scim.documents.homes import Home, Homes
from adapters.scim.documents.users import MEMBERSHIPS, Users
from gateway.domain.model import Group, JsonValue, Member, Membership, User
from gateway.services.provisioning import WantedGroup, WantedUser
from gateway.services.tags import UserDetails
from mappings.table import Mappings

__all__ = ["MEMBERSHIPS", "Documents"]


class Documents:
    """Users and groups as SCIM documents, by the rows of a mapping.

    A `provider_id` is the identity provider that the caller acts for, whose external ids it
    sees; None: it sees none. References are relative to the base path, `meta` has no location.

    Raises:
        ValueError: a `scim` path of the mapping is none of the attribute that it names.
    """

    def __init__(self, mappings: Mappings) -> None:
        self._homes = Homes(mappings.user)
        self._users = Users(mappings)
        self._groups = Groups(mappings)

    def user(self, details: UserDetails, provider_id: str | None) -> dict[str, JsonValue]:
        """The whole document of a user; never with a password."""
        return self._users.document(details, provider_id)

    def attribute(
        self,
        user: User,
        name: str,
        provider_id: str | None,
        memberships: Sequence[Membership] = (),
    ) -> JsonValue:
        """The value of one top-level attribute as in `user`; None where it has none.

        `name` is in any case, with the schema's URN for those of extensions; the URN alone is
        the whole extension. Cheap: it reads nothing but that attribute.

        Raises:
            KeyError: no such attribute is shown.
        """
        return self._users.attribute(user, name, provider_id, memberships)

    def fields(self, name: str) -> frozenset[str]:
        """The fields of a user that `attribute` looks at.

        `MEMBERSHIPS` is among them where it looks at the memberships, too, which are no field.
        Raises KeyError as `attribute`.
        """
        return self._users.fields(name)

    def homes(self, name: str) -> Sequence[Home]:
        """Where the texts of a user's attribute stand; names as in `attribute`.

        What has no home, or is more than they can hold, is a custom attribute by its name.
        """
        return self._homes.of(name)

    def wanted(
        self, resource: Resource[Any], before: UserDetails | None, provider_id: str | None
    ) -> WantedUser | None:
        """What to write so that the user reads as `resource`; None: nothing changes.

        What is absent in `resource` is removed, but for the password, which stays, and for
        `active`, which stays as it is. A new user (`before` is None) is always wanted.
        """
        return self._users.wanted(resource, before, provider_id)

    def group(
        self, group: Group, members: Sequence[Member] | None, provider_id: str | None
    ) -> dict[str, JsonValue]:
        """The whole document of a group; None for `members`: they were not read."""
        return self._groups.document(group, members, provider_id)

    def group_attribute(
        self, group: Group, name: str, provider_id: str | None, members: Sequence[Member] = ()
    ) -> JsonValue:
        """As `attribute`, of a group."""
        return self._groups.attribute(group, name, provider_id, members)

    def group_fields(self, name: str) -> frozenset[str]:
        """As `fields`, of a group; members are no field."""
        return self._groups.fields(name)

    def wanted_group(
        self,
        resource: Resource[Any],
        before: Group | None,
        provider_id: str | None,
        members: Collection[Member] | None = None,
    ) -> WantedGroup | None:
        """As `wanted`, of a group.

        `members` are those that it has, if they are known; else the whole list is wanted as it
        is in `resource`.

        Raises:
            Invalid: an element of the members names nobody.
        """
        return self._groups.wanted(resource, before, provider_id, members)
