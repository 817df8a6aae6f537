"""External ids: links to accounts at the identity provider that a client acts for."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.errors import Invalid, NotFound, invalid
from gateway.domain.model import FederatedIdentity, IdentityProvider
from gateway.ports import Clock, TenantDirectory
from gateway.services.access import Call
from gateway.services.audit import Audit
from gateway.services.provisioning.checks import EXTERNAL_ID
from gateway.services.provisioning.wanted import Unchanged
from gateway.services.scim_providers import scim_provider

Links = tuple[FederatedIdentity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relinked:
    """Links as they are to be, and the one among them that nobody else may have."""

    links: Links
    claimed: FederatedIdentity | None = None


class ExternalIds:
    """What external ids of a client mean as links."""

    def __init__(self, *, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock

    async def provider_id(self, call: Call, directory: TenantDirectory) -> str | None:
        """The provider whose links show as external ids; None: none do. Makes none."""
        if call.principal.token_id is not None:  # its provider was looked at with the token
            return call.principal.identity_provider_id
        try:
            provider = await self._provider(call, directory, make=False)
        except NotFound:
            return None
        return None if provider is None else provider.id

    async def relinked(
        self, call: Call, directory: TenantDirectory, links: Links, wanted: str | Unchanged | None
    ) -> Relinked:
        """The links of a user or group that is to have this external id, or none.

        Raises:
            Invalid: it cannot be told which provider is meant.
        """
        if isinstance(wanted, Unchanged):
            return Relinked(links=links)
        if wanted is None:
            gone = await self.provider_id(call, directory)
            return Relinked(links=tuple(x for x in links if x.identity_provider_id != gone))
        try:
            provider = await self._provider(call, directory, make=True)
        except NotFound:
            raise self._nowhere("The identity provider of the token is not there") from None
        if provider is None:
            raise self._nowhere("The tenant has several identity providers of type SCIM")
        now = self._clock().replace(microsecond=0)
        new = _linked(links, provider.id, wanted, now)
        if new in links:
            return Relinked(links=links)
        others = (x for x in links if x.identity_provider_id != provider.id)
        return Relinked(links=(*others, new), claimed=new)

    async def _provider(
        self, call: Call, directory: TenantDirectory, *, make: bool
    ) -> IdentityProvider | None:
        def tell(made: IdentityProvider) -> None:
            self._audit.changed(
                call,
                made.id,
                tenant_id=directory.tenant.id,
                after=made,
                action="identity_providers.create",
            )

        named = call.principal.identity_provider_id
        return await scim_provider(directory, named, make=make, made=tell)

    def _nowhere(self, why: str) -> Invalid:
        return invalid(EXTERNAL_ID, why)


def _linked(links: Links, provider_id: str, external_id: str, now: datetime) -> FederatedIdentity:
    """The link to an account; one that is there stays as it is, another gives up its rank."""
    old = next((x for x in links if x.identity_provider_id == provider_id), None)
    if old is not None and old.external_id == external_id:
        return old
    return FederatedIdentity(
        identity_provider_id=provider_id,
        external_id=external_id,
        linked_at=now,
        primary=old is not None and old.primary,
    )
