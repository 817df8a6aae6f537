"""Bearer tokens of two kinds: SCIM tokens that the directory knows, and all others, JWTs."""

from gateway.domain.access import Principal, Role
from gateway.domain.errors import NotFound, Unauthenticated
from gateway.domain.model import ScimToken
from gateway.mirror.memo import Memo
from gateway.mirror.recording import recording, rely_until
from gateway.ports import Clock, Directory, TokenVerifier
from gateway.services.scim_providers import scim_provider
from gateway.services.scim_tokens import PREFIX, digest_of


class BearerVerifier:
    """Turns either kind into a principal (`gateway.ports.TokenVerifier`).

    A SCIM token is looked up with each request: once it is revoked, expired, or its tenant or
    identity provider is deleted, no worker accepts it any more. What was found is remembered
    while a mirror tells of each change to it, and nowhere else.
    """

    def __init__(
        self, *, directory: Directory, jwts: TokenVerifier, clock: Clock, memo: Memo | None = None
    ) -> None:
        self._directory = directory
        self._jwts = jwts
        self._clock = clock
        self._memo = memo

    async def verify(self, token: str) -> Principal:
        """Who the bearer is.

        Raises:
            Unauthenticated: the token is not one to trust, whatever it is.
            Unavailable: the directory, or the issuer of a JWT, cannot be asked.
        """
        if not token.startswith(PREFIX):
            return await self._jwts.verify(token)
        digest = digest_of(token)
        if digest is None:
            raise _refused("The token is not valid")
        if self._memo is None:
            return await self._found(digest)
        key = ("scim token", digest)
        remembered = self._memo.get(key)
        if isinstance(remembered, Principal):
            return remembered
        with recording() as made:
            found = await self._found(digest)
        self._memo.keep(key, found, made)
        return found

    async def _found(self, digest: str) -> Principal:
        known = await self._known(digest)
        return Principal(
            subject=known.id,
            role=Role.SCIM,
            tenant_id=known.tenant_id,
            issued_at=known.created_at,
            identity_provider_id=known.identity_provider_id,
            token_id=known.id,
        )

    async def _known(self, digest: str) -> ScimToken:
        try:
            known = await self._directory.scim_token(digest)
            directory = await self._directory.tenant(known.tenant_id)
            await scim_provider(directory, known.identity_provider_id, make=False)
        except NotFound:
            raise _refused("The token is not valid") from None
        if known.expires_at is not None:
            if known.expires_at <= self._clock():
                raise _refused("The token has expired")
            rely_until(known.expires_at)
        return known


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, presented=True, code="invalid_token")
