"""Bearer tokens of two kinds: SCIM tokens that the directory knows, and all others, JWTs."""

from gateway.domain.access import Principal, Role
from gateway.domain.errors import NotFound, Unauthenticated
from gateway.domain.model import ScimToken
from gateway.ports import Clock, Directory, TokenVerifier
from gateway.services.scim_providers import scim_provider
from gateway.services.scim_tokens import PREFIX, digest_of


class BearerVerifier:
    """Turns either kind into a principal (`gateway.ports.TokenVerifier`).

    A SCIM token is looked up with each request and remembered nowhere: once it is revoked,
    expired, or its tenant or identity provider is deleted, no worker accepts it any more.
    """

    def __init__(self, *, directory: Directory, jwts: TokenVerifier, clock: Clock) -> None:
        self._directory = directory
        self._jwts = jwts
        self._clock = clock

    async def verify(self, token: str) -> Principal:
        """Who the bearer is.

        Raises:
            Unauthenticated: the token is not one to trust, whatever it is.
            Unavailable: the directory, or the issuer of a JWT, cannot be asked.
        """
        if not token.startswith(PREFIX):
            return await self._jwts.verify(token)
        known = await self._known(token)
        return Principal(
            subject=known.id,
            role=Role.SCIM,
            tenant_id=known.tenant_id,
            issued_at=known.created_at,
            identity_provider_id=known.identity_provider_id,
            token_id=known.id,
        )

    async def _known(self, token: str) -> ScimToken:
        digest = digest_of(token)
        if digest is None:
            raise _refused("The token is not valid")
        try:
            known = await self._directory.scim_token(digest)
            directory = await self._directory.tenant(known.tenant_id)
            await scim_provider(directory, known.identity_provider_id, make=False)
        except NotFound:
            raise _refused("The token is not valid") from None
        if known.expires_at is not None and known.expires_at <= self._clock():
            raise _refused("The token has expired")
        return known


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, presented=True, code="invalid_token")
