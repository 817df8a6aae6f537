"""Users as SCIM documents."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from scim2_models import Context, Resource

from adapters.scim.documents.attributes import (
    Draft,
    Emails,
    Referring,
)
from adapters.scim.documents.common import external_id, meta, time, wanted_external_id
from adapters.scim.documents.forms import attributes_of
from adapters.scim.documents.homes import Homes
from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, EnterpriseUser
from adapters.scim.models import User as UserModel
from gateway.domain.model import JsonValue, Membership, MembershipType, User
from gateway.domain.status import OWN_STATUSES
from gateway.services.provisioning import WantedUser
from gateway.services.tags import UserDetails, details_tag
from mappings.table import Mappings

MEMBERSHIPS = "memberships"
"""Stands among the fields of what looks at a user's memberships, too."""

_Read = Callable[[User, str | None, Sequence[Membership]], JsonValue]
_FOLLOWS = frozenset({*Resource.model_fields, "active", "password", "groups"})
"""Fields of the model that stand in no home, but follow from the user, or go another way."""


class Users:
    """Reads SCIM attributes off users, and says what to write for others."""

    def __init__(self, mappings: Mappings) -> None:
        homes = Homes(mappings.user)
        self._core = attributes_of(UserModel, homes, without=_FOLLOWS)
        self._enterprise = attributes_of(EnterpriseUser, homes, schema=ENTERPRISE)
        self._readers: dict[str, tuple[_Read, frozenset[str]]] = dict(self._all())

    def document(self, details: UserDetails, provider_id: str | None) -> dict[str, JsonValue]:
        """The whole document, without what has no value."""
        user, memberships = details.user, details.memberships
        enterprise = self._read_enterprise(user)
        parts: dict[str, JsonValue] = {
            "schemas": _schemas(enterprise),
            "id": user.id,
            "externalId": external_id(user.federated_identities, provider_id),
            "meta": cast("JsonValue", meta(user, "User", details_tag(details))),
            **{name: attribute.read(user) for name, attribute in self._core.items()},
            "active": _active(user),
            "groups": _groups(memberships),
            ENTERPRISE: enterprise,
            DIRECTORY: _directory(user),
        }
        return {name: value for name, value in parts.items() if value is not None}

    def attribute(
        self, user: User, name: str, provider_id: str | None, memberships: Sequence[Membership]
    ) -> JsonValue:
        """One top-level attribute, as it is in the document."""
        return self._reader(name)[0](user, provider_id, memberships)

    def fields(self, name: str) -> frozenset[str]:
        """The fields of a user that an attribute looks at."""
        return self._reader(name)[1]

    def _reader(self, name: str) -> tuple[_Read, frozenset[str]]:
        try:
            return self._readers[name]
        except KeyError:
            return self._readers[name.lower().removeprefix(CORE.lower() + ":")]

    def _all(self) -> Iterator[tuple[str, tuple[_Read, frozenset[str]]]]:
        for name, (read, looked_at) in _FOLLOWING.items():
            yield name.lower(), (read, frozenset(looked_at))
        for name, attribute in self._core.items():
            yield name.lower(), (_plain(attribute.read), attribute.fields)
        for name, attribute in self._enterprise.items():
            yield f"{ENTERPRISE}:{name}".lower(), (_plain(attribute.read), attribute.fields)
        looked_at = {field for one in self._enterprise.values() for field in one.fields}
        yield ENTERPRISE.lower(), (_plain(self._read_enterprise), frozenset(looked_at))
        yield (
            "schemas",
            (
                _plain(lambda user: _schemas(self._read_enterprise(user))),
                frozenset(looked_at),
            ),
        )

    def _read_enterprise(self, user: User) -> JsonValue:
        found = {name: attribute.read(user) for name, attribute in self._enterprise.items()}
        return {name: value for name, value in found.items() if value is not None} or None

    def wanted(
        self, resource: Resource[Any], before: UserDetails | None, provider_id: str | None
    ) -> WantedUser | None:
        """What to write so that the user reads as `resource`; None where it does already."""
        asked = resource.model_dump(scim_ctx=Context.DEFAULT)
        user = before.user if before is not None else None
        draft = self._draft(asked, user)
        active = asked.get("active")
        shown = external_id(user.federated_identities, provider_id) if user is not None else None
        wanted = WantedUser(
            values=_changed_values(draft.values, user),
            custom_attributes=_changed_custom(draft.custom, user),
            active=None if user is not None and active == _active(user) else active,
            password=asked.get("password"),
            external_id=wanted_external_id(asked.get("externalId"), shown),
        )
        return wanted if before is None or wanted != WantedUser() else None

    def _draft(self, asked: Mapping[str, Any], user: User | None) -> Draft:
        """What is to stand where, of all attributes that do not read as asked."""
        draft = Draft()
        username = asked.get("userName") or (user.username if user is not None else "")
        renamed = user is None or user.username != username
        for attributes, given in (
            (self._core, asked),
            (self._enterprise, asked.get(ENTERPRISE) or {}),
        ):
            for name, attribute in attributes.items():
                value = given.get(name)
                shown = attribute.read(user) if user is not None else None
                if isinstance(attribute, Referring):
                    value = attribute.changed(value, shown)
                if isinstance(attribute, Emails):
                    if value != shown or renamed:
                        attribute.write(value, draft)
                        attribute.stand_in_for(username, user, draft)
                elif value != shown:
                    attribute.write(value, draft)
        return draft


def _plain(read: Callable[[User], JsonValue]) -> _Read:
    return lambda user, _provider_id, _memberships: read(user)


def _schemas(enterprise: JsonValue) -> JsonValue:
    return [CORE, DIRECTORY] if enterprise is None else [CORE, ENTERPRISE, DIRECTORY]


def _active(user: User) -> bool:
    """A locked account is active: the lock is the directory's."""
    return user.status not in OWN_STATUSES


def _groups(memberships: Sequence[Membership]) -> JsonValue:
    return [
        {
            "value": membership.group_id,
            "$ref": f"Groups/{membership.group_id}",
            "display": membership.name,
            "type": "direct" if membership.type is MembershipType.DIRECT else "indirect",
        }
        for membership in memberships
    ] or None


def _links(user: User) -> JsonValue:
    return [
        {
            "identityProviderId": link.identity_provider_id,
            "externalId": link.external_id,
            "linkedAt": time(link.linked_at),
            "primary": link.primary,
        }
        for link in user.federated_identities
    ] or None


_DIRECTORY: Mapping[str, tuple[Callable[[User], JsonValue], str]] = {
    "identitySource": (lambda user: user.identity_source.value, "identity_source"),
    "status": (lambda user: user.status.value, "status"),
    "mfaEnabled": (lambda user: user.mfa_enabled, "mfa_enabled"),
    "emailVerified": (lambda user: user.email_verified, "email_verified"),
    "ouId": (lambda user: user.ou_id, "ou_id"),
    "ouPath": (lambda user: user.ou_path, "ou_path"),
    "federatedIdentities": (_links, "federated_identities"),
}
"""Attributes of our extension, and the fields that they show."""


def _directory(user: User) -> JsonValue:
    """Our extension: what the directory knows beyond SCIM."""
    parts = ((name, read(user)) for name, (read, _) in _DIRECTORY.items())
    return {name: value for name, value in parts if value is not None}


_FOLLOWING: Mapping[str, tuple[_Read, set[str]]] = {
    "id": (_plain(lambda user: user.id), {"id"}),
    "externalId": (
        lambda user, provider_id, _: external_id(user.federated_identities, provider_id),
        {"federated_identities"},
    ),
    "meta": (
        lambda user, _, memberships: meta(
            user, "User", details_tag(UserDetails(user=user, memberships=tuple(memberships)))
        ),
        {"created_at", "updated_at", "version", "status", "ou_id", "ou_path", MEMBERSHIPS},
    ),
    "active": (_plain(_active), {"status"}),
    "groups": (lambda _user, _, memberships: _groups(memberships), {MEMBERSHIPS}),
    DIRECTORY: (_plain(_directory), {field for _, field in _DIRECTORY.values()}),
    **{
        f"{DIRECTORY}:{name}": (_plain(read), {field}) for name, (read, field) in _DIRECTORY.items()
    },
}
"""Attributes that nobody writes in a home, with the fields that they look at."""


def _changed_values(values: Mapping[str, object], user: User | None) -> dict[str, object]:
    """The fields that are not as they are to be; the order of further values says nothing."""
    if user is None:
        return {name: value for name, value in values.items() if value not in (None, ())}
    return {name: value for name, value in values.items() if _differs(value, getattr(user, name))}


def _differs(value: object, now: object) -> bool:
    if isinstance(value, tuple) and isinstance(now, tuple):
        return sorted(value) != sorted(now)
    return value != now


def _changed_custom(custom: Mapping[str, JsonValue], user: User | None) -> dict[str, JsonValue]:
    held = user.custom_attributes if user is not None else {}
    return {name: value for name, value in custom.items() if value != held.get(name)}
