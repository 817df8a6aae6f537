"""Passwords, status and one-time links: what comes in, and what goes out."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from gateway.domain.status import UserStatus
from gateway.rest.schemas.envelopes import Answer, MetaResponse
from gateway.rest.schemas.fields import MAX_PASSWORD, Flag, Name, Password, Text, Uri
from gateway.rest.schemas.users import Command, UserResponse

_METHODS = "^(EMAIL|DIRECT|TEMPORARY)$"


class UserPasswordReset(Command):
    """Schema for password reset request."""

    method: Annotated[str, StringConstraints(pattern=_METHODS)] = "EMAIL"
    new_password: Annotated[Password | None, Field(validate_default=True)] = None
    redirect_uri: Uri | None = None

    @field_validator("new_password")
    @classmethod
    def _only_direct(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _belongs(value, "DIRECT", info, needed=True)

    @field_validator("redirect_uri")
    @classmethod
    def _only_by_mail(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _belongs(value, "EMAIL", info, needed=False)


def _belongs(value: str | None, method: str, info: ValidationInfo, *, needed: bool) -> str | None:
    chosen = info.data.get("method")
    if value is None and needed and chosen == method:
        raise PydanticCustomError(
            "missing", "Required with the method {method}", {"method": method}
        )
    if value is not None and chosen is not None and chosen != method:
        raise PydanticCustomError("unexpected", "Only with the method {method}", {"method": method})
    return value


class AdminPasswordReset(Command):
    """A new password, set by an admin."""

    new_password: Password
    require_password_change: Flag = False


class UserStatusUpdate(Command):
    """Schema for updating user status."""

    status: UserStatus
    reason: Text | None = None
    terminate_sessions: Flag = False


class Credentials(Command):
    """A login (e-mail or username) and a password to try."""

    login: Name
    # Also an empty one may be tried; it is wrong.
    password: Annotated[str, StringConstraints(max_length=MAX_PASSWORD)]


class CredentialsAccepted(Answer):
    """The login was right; the password may have to be changed before anything else."""

    data: UserResponse
    password_change_required: bool = False
    meta: MetaResponse = Field(default_factory=MetaResponse)


class TemporaryPassword(Answer):
    """A generated password, shown this once."""

    temporary_password: str


class LinkResponse(Answer):
    """What a one-time link is for."""

    purpose: str
    tenant_name: str
    email: str
    expires_at: datetime


class LinkRedemption(Command):
    """The password that the holder of a link chose."""

    new_password: Password


class LinkRedeemed(Answer):
    """Where the holder of the link goes now, if it says so."""

    redirect_uri: str | None = None


class PasswordResetDone(Answer):
    """How the password was reset."""

    method: str
