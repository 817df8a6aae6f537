"""Bearer tokens of outside provisioning clients: made, listed, revoked.

A token is a random text. The directory keeps only its SHA-256; whoever makes one is told it
once. What it names is verified with each request (`gateway.services.bearer`), so a token that
is deleted or expired is refused from that moment on.
"""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from gateway.domain.errors import NotFound, invalid
from gateway.domain.model import IdentityProvider, ScimToken
from gateway.ports import Clock, Directory, TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.resources import ResourceService
from gateway.services.scim_providers import scim_provider

PREFIX = "dgwscim_"
"""What tokens begin with, so that scanners for leaked secrets can know them."""

_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


def new_token() -> str:
    """A token that nobody can guess: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str | None:
    """What the directory keeps of a token, SHA-256 in hex; None for a text that is no token."""
    return sha256(token.encode()).hexdigest() if _FORM.fullmatch(token) else None


class ScimTokenService(ResourceService[ScimToken]):
    """SCIM tokens of tenants. Deleting one revokes it at once, everywhere."""

    def __init__(self, *, access: Access, audit: Audit, directory: Directory, clock: Clock) -> None:
        super().__init__(
            access=access,
            audit=audit,
            find=access.scim_token,
            of_tenant=lambda tenant: tenant.scim_tokens,
            of_scope=directory.scim_tokens,
        )
        self._clock = clock

    async def issue(
        self,
        call: Call,
        name: str,
        *,
        tenant_id: str | None = None,
        identity_provider_id: str | None = None,
        lifetime: timedelta | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[ScimToken, str]:
        """Make a token; the text beside it is told only here.

        Without a provider the client acts for the tenant's only one of type SCIM, which is
        made where there is none. Without `lifetime` and `expires_at` the token holds until it
        is revoked.

        Raises:
            Forbidden, NotFound: as `Access`.
            Invalid: no tenant, no such provider of type SCIM, several to choose from, or an
                end that is past, or given twice.
            Taken: the tenant has a token of that name.
        """
        directory = await self._tenant_for(call, tenant_id)
        expires = self._end(lifetime, expires_at)
        provider = await self._provider(call, directory, identity_provider_id)
        token = new_token()
        values = {
            "name": name,
            "identity_provider_id": provider.id,
            "expires_at": expires,
            "digest": digest_of(token),
        }
        made = await self.create(call, values, tenant_id=directory.tenant.id)
        return made, token

    def _end(self, lifetime: timedelta | None, expires_at: datetime | None) -> datetime | None:
        """In whole seconds, as directories keep times."""
        now = self._clock()
        if lifetime is not None:
            if expires_at is not None:
                raise invalid("expires_at", "There is a lifetime already")
            return now.replace(microsecond=0) + lifetime
        if expires_at is None:
            return None
        try:
            end = expires_at.astimezone(UTC).replace(microsecond=0)
        except OverflowError:
            raise invalid("expires_at", "Must be before the year 10000 in UTC") from None
        if end <= now:
            raise invalid("expires_at", "Must be in the future")
        return end

    async def _provider(
        self, call: Call, directory: TenantDirectory, named: str | None
    ) -> IdentityProvider:
        try:
            provider = await scim_provider(
                directory, named, make=True, made=self._made(call, directory)
            )
        except NotFound:
            message = "Not the id of an identity provider of type SCIM"
            raise invalid("identity_provider_id", message) from None
        if provider is None:
            message = "The tenant has several of type SCIM: name one"
            raise invalid("identity_provider_id", message, "missing")
        return provider

    def _made(self, call: Call, directory: TenantDirectory) -> Callable[[IdentityProvider], None]:
        def tell(provider: IdentityProvider) -> None:
            self._audit.changed(
                call,
                provider.id,
                tenant_id=directory.tenant.id,
                after=provider,
                action="identity_providers.create",
            )

        return tell
