"""SCIM tokens: what is asked for, and what is shown of them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gateway.rest.schemas.fields import Instant, Name
from gateway.rest.schemas.resources import ResourceResponse
from gateway.rest.schemas.users import Command

MAX_DAYS = 3650


class ScimTokenCreate(Command):
    """A new token; `tenant_id` as for groups. It ends by at most one of the two."""

    tenant_id: Name | None = None
    name: Name
    identity_provider_id: Name | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_DAYS, strict=True)] | None = None
    expires_at: Instant | None = None


class ScimTokenResponse(ResourceResponse):
    """A bearer token of an outside provisioning client; null as its end: it holds for ever."""

    tenant_id: str
    name: str
    identity_provider_id: str
    expires_at: datetime | None = None


class ScimTokenCreated(ScimTokenResponse):
    """The same, with the token: shown this once."""

    token: str
