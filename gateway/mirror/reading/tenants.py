"""All tenants, and the parts of the directory that are one tenant each."""

from asyncio import Lock
from collections.abc import Awaitable, Callable

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import IdentityProvider, OrganizationalUnit, ScimToken, Tenant
from gateway.mirror import lookups
from gateway.mirror.reading.applications import MirroredApplications
from gateway.mirror.reading.groups import MirroredGroups
from gateway.mirror.reading.mirror import Declined
from gateway.mirror.reading.providers import MirroredProviders
from gateway.mirror.reading.reader import MirroredStore, Reading
from gateway.mirror.reading.texts import plain
from gateway.mirror.reading.users import MirroredUsers
from gateway.mirror.recording import recording
from gateway.ports import (
    Applications,
    Groups,
    ScimTokens,
    Store,
    TenantDirectory,
    Tenants,
    Users,
)
from gateway.ports.feed import PLATFORM

Opening = Callable[[], Awaitable[TenantDirectory]]
"""Opens a tenant in the directory itself. Raises NotFound where it is gone."""


class MirroredTenants(MirroredStore[Tenant]):
    """All tenants."""

    def __init__(self, reading: Reading, direct: Callable[[], Awaitable[Tenants]]) -> None:
        super().__init__(reading, reading.kinds.tenant, PLATFORM, direct)
        self._tenants = direct

    async def by_slug(self, slug: str) -> Tenant:
        """The tenant with that slug."""

        async def mirrored(epoch: str) -> Tenant:
            return await self._slugged(epoch, slug)

        async def direct() -> Tenant:
            return await (await self._tenants()).by_slug(slug)

        return await self._mirror.read(mirrored, direct)

    async def referred(self, epoch: str, ref: str) -> Tenant:
        """The tenant with that id or slug, if the mirror of that epoch knows it.

        Each request asks for its tenant, so it is remembered.

        Raises:
            NotMirrored: the directory is to be asked.
            Unavailable: the mirror does not answer.
        """
        memo, key = self._mirror.memo, ("tenant", ref)
        remembered = memo.get(key)
        if isinstance(remembered, Tenant):
            return remembered
        with recording() as made:
            found = await self._referred(epoch, ref)
        memo.keep(key, found, made)
        return found

    async def _referred(self, epoch: str, ref: str) -> Tenant:
        try:
            id_ = canonical_id(Kind.TENANT, ref)
        except NotFound:
            return await self._slugged(epoch, ref)
        for tenant in await self.by_id(epoch, (id_,)):
            return tenant
        reason = "tenant"
        raise Declined(reason)

    async def _slugged(self, epoch: str, slug: str) -> Tenant:
        """As `by_slug`; slugs name entries, whose names are compared in ways of their own."""
        wanted = plain(slug)
        if wanted and slug == slug.strip():
            found = await self._by_key(epoch, lookups.slug(slug), ("slug",))
            if len(found) == 1 and plain(found[0].slug) == wanted:
                return found[0]
        reason = "slug"
        raise Declined(reason)


class MirroredTenant:
    """One tenant; its own part of the directory is opened when it is needed."""

    def __init__(self, reading: Reading, tenant: Tenant, opening: Opening) -> None:
        self.tenant = tenant
        self._opening = opening
        self._opened: TenantDirectory | None = None
        self._one_opens = Lock()
        kinds, id_ = reading.kinds, tenant.id
        self.users = MirroredUsers(reading, id_, self._users)
        self.groups = MirroredGroups(reading, id_, self._groups)
        self.ous: MirroredStore[OrganizationalUnit] = MirroredStore(
            reading, kinds.unit, id_, self._ous
        )
        self.identity_providers = MirroredProviders(
            reading, kinds.provider, id_, self._identity_providers
        )
        self.applications = MirroredApplications(reading, id_, self._applications)
        self.scim_tokens: MirroredStore[ScimToken] = MirroredStore(
            reading, kinds.scim_token, id_, self._scim_tokens
        )

    async def _direct(self) -> TenantDirectory:
        async with self._one_opens:
            if self._opened is None:
                self._opened = await self._opening()
            return self._opened

    async def _users(self) -> Users:
        return (await self._direct()).users

    async def _groups(self) -> Groups:
        return (await self._direct()).groups

    async def _ous(self) -> Store[OrganizationalUnit]:
        return (await self._direct()).ous

    async def _identity_providers(self) -> Store[IdentityProvider]:
        return (await self._direct()).identity_providers

    async def _applications(self) -> Applications:
        return (await self._direct()).applications

    async def _scim_tokens(self) -> ScimTokens:
        return (await self._direct()).scim_tokens
