"""Users: what comes in, and what goes out."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from gateway.domain.model import IdentitySource, Membership
from gateway.domain.status import UserStatus
from gateway.rest.schemas.envelopes import Answer
from gateway.rest.schemas.fields import (
    Attributes,
    Email,
    Flag,
    Name,
    Password,
    ShownEmail,
)


class Command(BaseModel):
    """Base of what comes in: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class UserCreate(Command):
    """Schema for creating a new user."""

    email: Email
    username: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    display_name: Name | None = None
    phone: Name | None = None
    locale: Name = "en"
    timezone: Name = "UTC"
    password: Password | None = None
    ou_id: Name | None = None
    group_ids: list[Name] = Field(default_factory=list, max_length=1000)
    custom_attributes: Attributes | None = None
    require_password_change: Flag = False
    send_welcome_email: Flag = True


class AdminUserCreate(UserCreate):
    """The same across tenants: it names the tenant."""

    tenant_id: Name | None = None


class UserUpdate(Command):
    """Schema for updating a user."""

    email: Email | None = None
    username: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    display_name: Name | None = None
    phone: Name | None = None
    locale: Name | None = None
    timezone: Name | None = None
    ou_id: Name | None = None
    custom_attributes: Attributes | None = None

    @field_validator("email")
    @classmethod
    def _stays(cls, value: str | None) -> str | None:
        if value is None:
            raise PydanticCustomError("missing", "A user cannot be without an e-mail address")
        return value

    def values(self) -> dict[str, Any]:
        """The members that were sent: absent is unchanged, None clears."""
        return self.model_dump(include=self.model_fields_set)


class UserGroupMembership(Answer):
    """Group membership info for a user."""

    group_id: str
    name: str
    membership_type: str = "DIRECT"

    @classmethod
    def of(cls, membership: Membership) -> "UserGroupMembership":
        """As it is shown."""
        return cls(
            group_id=membership.group_id, name=membership.name, membership_type=membership.type
        )


class UserResponse(Answer):
    """Full user response."""

    email: ShownEmail
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    phone: str | None = None
    locale: str = "en"
    timezone: str = "UTC"
    id: str
    email_verified: bool = False
    avatar_url: str | None = None
    ou_id: str | None = None
    ou_path: str | None = None
    status: UserStatus
    identity_source: IdentitySource
    mfa_enabled: bool = False
    groups: list[UserGroupMembership] = Field(default_factory=list)
    custom_attributes: dict[str, Any] | None = None
    created_at: datetime
    updated_at: datetime | None = None
    last_login_at: datetime | None = None
    password_changed_at: datetime | None = None

    @field_validator("locale", mode="before")
    @classmethod
    def _language(cls, value: str | None) -> str:
        return value or "en"

    @field_validator("timezone", mode="before")
    @classmethod
    def _time_zone(cls, value: str | None) -> str:
        return value or "UTC"

    @field_validator("custom_attributes")
    @classmethod
    def _none_are_null(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return value or None


class FederatedIdentityResponse(Answer):
    """A link to an account at an identity provider."""

    identity_provider_id: str
    external_id: str
    linked_at: datetime
    primary: bool = False


class TenantUser(UserResponse):
    """A user of a known tenant, with what is shown only when asked for."""

    federated_identities: list[FederatedIdentityResponse] = Field(default_factory=list)


class AdminUser(TenantUser):
    """A user among those of many tenants."""

    tenant_id: str


class UserListItem(Answer):
    """Abbreviated user info for lists."""

    id: str
    email: str
    display_name: str | None = None
    status: UserStatus
    ou_path: str | None = None
    identity_source: IdentitySource
    mfa_enabled: bool = False
    last_login_at: datetime | None = None


class AdminUserListItem(UserListItem):
    """An abbreviated user among those of many tenants."""

    tenant_id: str
