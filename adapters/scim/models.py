"""What SCIM knows of users and groups: models whose characteristics tell what is stored.

`/Schemas` is made from these, so nothing is in them that would not be read back. They differ
from the models of RFC 7643 only where this directory does: addresses and names are unique in a
tenant, texts are kept as they come, and what follows from other entries is read-only.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import scim2_models
from pydantic import AfterValidator, Field, ValidationInfo
from scim2_models import (
    CaseExact,
    Context,
    Extension,
    Mutability,
    Required,
    ResourceType,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Uniqueness,
)
from scim2_models.attributes import ComplexAttribute
from scim2_models.reference import Reference
from scim2_models.resources.resource import AnyExtension
from scim2_models.urn import URN

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DIRECTORY = "urn:directory-gateway:scim:schemas:extension:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"

_Name = Annotated[str | None, Mutability.read_only]
_ExactName = Annotated[str | None, Mutability.read_only, CaseExact.true]


def _address(text: str | None, info: ValidationInfo) -> str | None:
    """Refuse a client what is no address at all; what LDAP tools wrote is shown as it is."""
    if not text or not Context.is_request((info.context or {}).get("scim", Context.DEFAULT)):
        return text
    local, _, domain = text.rpartition("@")
    if not (local and domain) or not text.isprintable() or any(map(str.isspace, text)):
        raise ValueError("is no e-mail address")
    return text


class Email(scim2_models.Email):
    """An e-mail address; kept to the letter, and no two users have the same."""

    value: Annotated[str | None, Uniqueness.server, AfterValidator(_address)] = None
    """E-mail address of the user."""


class User(scim2_models.User[AnyExtension]):
    """A person's account."""

    emails: list[Email] | None = None  # type: ignore[assignment]  # lists are invariant
    """E-mail addresses of the user; the primary one is the one that mail is sent to."""

    Emails: ClassVar[type[ComplexAttribute]] = Email


class Manager(ComplexAttribute):
    """The user's manager."""

    value: Annotated[str | None, CaseExact.true] = None
    """The id of the manager's user."""

    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]  # a name, as the library does
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the manager's user, which follows from the id."""


class EnterpriseUser(Extension):
    """Enterprise User."""

    __schema__ = URN(ENTERPRISE)

    employee_number: str | None = None
    """Numeric or alphanumeric identifier assigned to a person by the organization."""

    cost_center: str | None = None
    """The name of a cost center."""

    organization: str | None = None
    """The name of an organization."""

    division: str | None = None
    """The name of a division."""

    department: str | None = None
    """The name of a department."""

    manager: Manager | None = None
    """The user's manager."""

    Manager: ClassVar[type[ComplexAttribute]] = Manager


class LinkedIdentity(ComplexAttribute):
    """A link of a user to an account at an identity provider."""

    identity_provider_id: _ExactName = None
    """The id of the identity provider."""

    external_id: _ExactName = None
    """The identifier of the account there."""

    linked_at: Annotated[datetime | None, Mutability.read_only] = None
    """When the link was made."""

    primary: Annotated[bool | None, Mutability.read_only] = None
    """Whether it is the user's main identity."""


class DirectoryUser(Extension):
    """What the directory knows of a user beyond SCIM."""

    __schema__ = URN(DIRECTORY)

    identity_source: _Name = Field(None, examples=["LOCAL", "OIDC", "SAML", "SCIM", "LDAP"])
    """How the user was provisioned."""

    status: _Name = Field(
        None,
        examples=["ACTIVE", "PENDING_EMAIL_VERIFICATION", "PENDING_APPROVAL", "DISABLED", "LOCKED"],
    )
    """The status of the account; a locked one is active."""

    mfa_enabled: Annotated[bool | None, Mutability.read_only] = None
    """Whether a second factor is asked for."""

    email_verified: Annotated[bool | None, Mutability.read_only] = None
    """Whether the primary e-mail address was proven."""

    ou_id: _ExactName = None
    """The id of the organizational unit that the user stands in; none at the root."""

    ou_path: _Name = None
    """The path of that organizational unit."""

    federated_identities: Annotated[list[LinkedIdentity] | None, Mutability.read_only] = None
    """The user's accounts at identity providers."""

    FederatedIdentities: ClassVar[type[ComplexAttribute]] = LinkedIdentity


class GroupMember(scim2_models.GroupMember):
    """A member of a group."""

    display: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """The member's name, which belongs to the member; shown when asked for."""


class Group(scim2_models.Group):
    """A group of users and groups."""

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """The name of the group."""

    members: list[GroupMember] | None = None  # type: ignore[assignment]  # lists are invariant
    """The direct members of the group."""

    Members: ClassVar[type[ComplexAttribute]] = GroupMember


UserResource = User[EnterpriseUser | DirectoryUser]
GroupResource = Group


def resource_types() -> list[ResourceType]:
    """What `/ResourceTypes` tells (RFC 7643, 6)."""
    return [ResourceType.from_resource(UserResource), ResourceType.from_resource(GroupResource)]


def provider(config: ServiceProviderConfig, policy: ScimPolicy) -> ScimProvider:
    """The service as its discovery endpoints describe it."""
    stored: list[Any] = [User, EnterpriseUser, DirectoryUser, Group]
    fixed = [scim2_models.ServiceProviderConfig, ResourceType, scim2_models.Schema]  # 8.7.2
    models = stored + fixed
    return ScimProvider(models, resource_types(), config, policy)
