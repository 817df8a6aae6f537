"""What a tenant is made of: partners, tenants, units, groups, providers, applications."""

from datetime import datetime

from pydantic import Field

from gateway.domain.model import ProviderType
from gateway.rest.schemas.envelopes import Answer
from gateway.rest.schemas.fields import Name, Slug, Text
from gateway.rest.schemas.users import Command


class ResourceResponse(Answer):
    """What all of them have."""

    id: str
    created_at: datetime
    updated_at: datetime | None = None


class PartnerCreate(Command):
    """A new partner."""

    slug: Slug
    name: Name | None = None


class PartnerResponse(ResourceResponse):
    """An organization that looks after tenants."""

    slug: str
    name: str | None = None


class TenantCreate(Command):
    """A new tenant, with all that it needs to hold users."""

    slug: Slug
    name: Name | None = None
    partner_id: Name | None = None


class TenantResponse(ResourceResponse):
    """A customer: users, groups, units, providers and applications."""

    slug: str
    name: str | None = None
    partner_id: str | None = None


class OrganizationalUnitCreate(Command):
    """A new unit, at the root or below another one."""

    name: Name
    description: Text | None = None
    parent_id: Name | None = None


class OrganizationalUnitResponse(ResourceResponse):
    """A place for users in a tenant."""

    tenant_id: str
    name: str
    description: str | None = None
    parent_id: str | None = None
    path: str


class GroupCreate(Command):
    """A new group. `tenant_id` may be left out where the caller has one tenant only."""

    tenant_id: Name | None = None
    name: Name
    description: Text | None = None


class GroupResponse(ResourceResponse):
    """A group of users and groups."""

    tenant_id: str
    name: str
    description: str | None = None


class IdentityProviderCreate(Command):
    """A new identity provider; `tenant_id` as for groups."""

    tenant_id: Name | None = None
    name: Name
    type: ProviderType
    description: Text | None = None


class IdentityProviderResponse(ResourceResponse):
    """An outside source of identities that users can be linked to."""

    tenant_id: str
    name: str
    type: ProviderType
    description: str | None = None


class ApplicationCreate(Command):
    """A new OAuth client; `tenant_id` as for groups. Its secret is generated."""

    tenant_id: Name | None = None
    client_id: Name
    name: Name | None = None
    scopes: list[Name] = Field(default_factory=list, max_length=100)


class ApplicationResponse(ResourceResponse):
    """An OAuth client of a tenant."""

    tenant_id: str
    client_id: str
    name: str | None = None
    scopes: list[str] = Field(default_factory=list)


class ApplicationCreated(ApplicationResponse):
    """The same, with the secret: shown this once."""

    client_secret: str


class MembersAdd(Command):
    """Users and groups of the same tenant to add; those that are there already stay."""

    member_ids: list[Name] = Field(min_length=1, max_length=1000)


class MemberItem(Answer):
    """A member: a user or a group."""

    id: str
    name: str
