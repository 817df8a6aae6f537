"""What the directory holds, as values: tenants, users, groups and the rest.

Field names here are the names in `mappings/`, and (but for spelling out) those of REST.
Nothing of LDAP shows: places in the tree are ids and paths, versions are opaque.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.domain.status import UserStatus

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


class IdentitySource(StrEnum):
    """How the user was provisioned / identity source."""

    LOCAL = "LOCAL"
    OIDC = "OIDC"
    SAML = "SAML"
    SCIM = "SCIM"
    LDAP = "LDAP"


class ProviderType(StrEnum):
    """The protocol that an identity provider speaks."""

    LDAP = "LDAP"
    OIDC = "OIDC"
    SAML = "SAML"
    SCIM = "SCIM"


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedIdentity:
    """A link of a user to its account at an identity provider; one of them may be primary."""

    identity_provider_id: str
    external_id: str
    linked_at: datetime
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What all entries have. `version` changes with every change of the entry itself."""

    id: str
    version: str
    created_at: datetime
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner(Resource):
    """An organization that looks after tenants."""

    slug: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant(Resource):
    """A customer: one subtree, with users, groups, units, providers and applications."""

    slug: str
    name: str | None = None
    partner_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationalUnit(Resource):
    """A place for users in a tenant's tree; `path` as `/Engineering/Platform`."""

    tenant_id: str
    name: str
    description: str | None = None
    parent_id: str | None = None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider(Resource):
    """An outside source of identities that users of a tenant can be linked to."""

    tenant_id: str
    name: str
    type: ProviderType
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Resource):
    """An OAuth client of a tenant; users and groups are assigned to it as members."""

    tenant_id: str
    client_id: str
    name: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScimToken(Resource):
    """A bearer token of an outside provisioning client; the token itself is kept nowhere.

    The client acts for that identity provider. None for `expires_at`: it never expires.
    """

    tenant_id: str
    name: str
    identity_provider_id: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Resource):
    """A group of users and groups; its members are asked for separately, they may be many."""

    tenant_id: str
    name: str
    description: str | None = None
    federated_identities: tuple[FederatedIdentity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a group: a user or a group of the same tenant."""

    id: str
    name: str


class MembershipType(StrEnum):
    """Whether a group names the user itself, or a group that the user is in."""

    DIRECT = "DIRECT"
    NESTED = "NESTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A group that a user belongs to."""

    group_id: str
    name: str
    type: MembershipType = MembershipType.DIRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Resource):
    """A person's account in a tenant.

    `status` is derived when read (`gateway.domain.status`), from `own_status` and
    `locked_until`. `ou_id`, `ou_path` are the place in the tree, None at the root.
    `other_emails` are further addresses, as unique as `email`. A locale or time zone that
    nobody has chosen is None.
    `version` is the entry's own; a resolved answer has more to it (groups, path).
    """

    tenant_id: str
    email: str
    other_emails: tuple[str, ...] = ()
    username: str
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    phone: str | None = None
    locale: str | None = None
    timezone: str | None = None
    avatar_url: str | None = None
    email_verified: bool = False
    ou_id: str | None = None
    ou_path: str | None = None
    status: UserStatus = UserStatus.ACTIVE
    own_status: UserStatus | None = None
    locked_until: datetime | None = None
    identity_source: IdentitySource = IdentitySource.LOCAL
    federated_identities: tuple[FederatedIdentity, ...] = ()
    mfa_enabled: bool = False
    custom_attributes: Mapping[str, JsonValue] = field(default_factory=dict)
    last_login_at: datetime | None = None
    password_changed_at: datetime | None = None
    password_change_required: bool = False
    tokens_valid_from: datetime | None = None
    deleted_at: datetime | None = None
