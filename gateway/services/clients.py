"""Tokens for applications: the client credentials grant (RFC 6749, 4.4) of the built-in issuer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.errors import Invalid, NotFound, Problem, Unauthenticated
from gateway.domain.model import Application, Tenant
from gateway.ports import Directory, TokenIssuer

PLATFORM_SCOPES = frozenset({"admin:read", "admin:write"})
"""What a platform token may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRules:
    """How long tokens live, and which tenant's applications may ask for platform tokens.

    `platform_tenant` is the slug of the operator's own tenant: whoever makes applications there
    makes platform clients. None: nobody gets a platform token by this grant.
    """

    lifetime: timedelta = timedelta(hours=1)
    platform_tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token, as the token endpoint answers it (RFC 6749, 5.1)."""

    access_token: str
    expires_in: int
    scope: str


class ClientService:
    """Checks clients' secrets and issues their tokens."""

    def __init__(
        self, *, directory: Directory, issuer: TokenIssuer | None, rules: ClientRules
    ) -> None:
        self._directory = directory
        self._issuer = issuer
        self._rules = rules

    async def token(
        self, tenant_slug: str, client_id: str, secret: str, scope: str | None = None
    ) -> IssuedToken:
        """An application token: it reaches the users that are assigned to the application.

        Raises:
            Unauthenticated: unknown tenant or client, or a wrong secret (`invalid_client`).
            Invalid: a scope that the application has not (`invalid_scope`).
            NotFound: there is no built-in issuer.
        """
        tenant, application = await self._client(tenant_slug, client_id, secret)
        scopes = _granted(application.scopes, scope)
        claims = {
            "sub": application.client_id,
            "client_id": application.client_id,
            "tenant_id": tenant.id,
            "token_type": "client_credentials",
            "scope": " ".join(scopes),
        }
        return await self._issue(claims, scopes)

    async def platform_token(
        self, client_id: str, secret: str, scope: str | None = None
    ) -> IssuedToken:
        """A platform token, for an application of the platform's own tenant.

        Raises:
            Unauthenticated, Invalid, NotFound: as `token`.
        """
        own = self._rules.platform_tenant
        _, application = await self._client(own or "", client_id, secret)
        scopes = _granted((s for s in application.scopes if s in PLATFORM_SCOPES), scope)
        claims = {
            "sub": application.client_id,
            "client_id": application.client_id,
            "platform_token": True,
            "scope": " ".join(scopes),
        }
        return await self._issue(claims, scopes)

    async def _client(
        self, tenant_slug: str, client_id: str, secret: str
    ) -> tuple[Tenant, Application]:
        if self._issuer is None:
            raise NotFound("issuer")
        try:
            directory = await self._directory.tenant(tenant_slug)
            right = await directory.applications.check_secret(client_id, secret)
            if right:
                application = await directory.applications.by_client_id(client_id)
                return directory.tenant, application
        except NotFound:
            pass
        raise Unauthenticated("Unknown client, or wrong secret", code="invalid_client")

    async def _issue(self, claims: Mapping[str, object], scopes: tuple[str, ...]) -> IssuedToken:
        if self._issuer is None:
            raise NotFound("issuer")
        lifetime = self._rules.lifetime
        return IssuedToken(
            access_token=await self._issuer.issue(claims, lifetime),
            expires_in=int(lifetime.total_seconds()),
            scope=" ".join(scopes),
        )


def _granted(own: Iterable[str], asked: str | None) -> tuple[str, ...]:
    """The scopes asked for, which must be the application's own; without a wish, all of them."""
    have = tuple(own)
    wanted = asked.split() if asked else None
    if wanted is None:
        return have
    if any(scope not in have for scope in wanted):
        raise Invalid(Problem(("body", "scope"), "Not granted to this client", "invalid_scope"))
    return tuple(dict.fromkeys(wanted))
