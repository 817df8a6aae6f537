"""The whole directory, as the mirror answers it."""

from typing import cast

from gateway.domain.errors import Unavailable
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import (
    Application,
    Group,
    IdentityProvider,
    Partner,
    ScimToken,
    User,
)
from gateway.mirror.kinds import Kinds
from gateway.mirror.reading.across import MirroredAcross, where
from gateway.mirror.reading.listings import Listings
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.reader import MirroredStore, Reading
from gateway.mirror.reading.tenants import MirroredTenant, MirroredTenants
from gateway.mirror.reading.writes import Writes
from gateway.mirror.recording import Interest, not_to_keep, recording, rely_on
from gateway.ports import Directory, Store, TenantDirectory, Tenants
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import NotMirrored, Shelf


class MirroredDirectory:
    """Reads from the mirror while that is true, writes to the directory (`direct`)."""

    def __init__(self, direct: Directory, mirror: Mirror) -> None:
        kinds = Kinds(mirror.mappings)
        self._direct = direct
        self._mirror = mirror
        self._reading = Reading(
            mirror=mirror,
            kinds=kinds,
            listings=Listings(mirror, kinds),
            writes=Writes(mirror, kinds),
        )

        async def tenants() -> Tenants:
            return direct.tenants

        async def partners() -> Store[Partner]:
            return direct.partners

        self.tenants = MirroredTenants(self._reading, tenants)
        self.partners: MirroredStore[Partner] = MirroredStore(
            self._reading, kinds.partner, PLATFORM, partners
        )

    async def close(self) -> None:
        """End what is still under way for nobody in particular."""
        await self._reading.listings.close()

    async def tenant(self, ref: str) -> TenantDirectory:
        """The subtree of one tenant, by id or slug."""

        async def mirrored(epoch: str) -> TenantDirectory:
            tenant = await self.tenants.referred(epoch, ref)

            async def opened() -> TenantDirectory:
                return await self._opened(tenant.id)

            return MirroredTenant(self._reading, tenant, opened)

        async def direct() -> TenantDirectory:
            return self._around(await self._direct.tenant(ref))

        return await self._mirror.read(mirrored, direct)

    async def tenant_of_user(self, user_id: str) -> TenantDirectory:
        """The tenant in which that user is, also a retired one."""
        canonical = canonical_id(Kind.USER, user_id)

        async def mirrored(epoch: str) -> TenantDirectory:
            place = await where(self._reading, Kind.USER, canonical)
            shelf = Shelf(epoch, place.tenant_id, Kind.USER)
            if canonical not in await self._mirror.store.get(shelf, (canonical,)):
                reason = "gone"
                raise Declined(reason)
            return await self.tenant(place.tenant_id)

        async def direct() -> TenantDirectory:
            return self._around(await self._direct.tenant_of_user(canonical))

        return await self._mirror.read(mirrored, direct)

    def users(self, tenant_ids: frozenset[str] | None) -> MirroredAcross[User]:
        """Reads users of several tenants."""
        direct = self._direct.users(tenant_ids)
        return MirroredAcross(self._reading, self._reading.kinds.user, tenant_ids, direct)

    def groups(self, tenant_ids: frozenset[str] | None) -> MirroredAcross[Group]:
        """Reads groups of several tenants."""
        direct = self._direct.groups(tenant_ids)
        return MirroredAcross(self._reading, self._reading.kinds.group, tenant_ids, direct)

    def identity_providers(
        self, tenant_ids: frozenset[str] | None
    ) -> MirroredAcross[IdentityProvider]:
        """Reads identity providers of several tenants."""
        direct = self._direct.identity_providers(tenant_ids)
        return MirroredAcross(self._reading, self._reading.kinds.provider, tenant_ids, direct)

    def applications(self, tenant_ids: frozenset[str] | None) -> MirroredAcross[Application]:
        """Reads applications of several tenants."""
        direct = self._direct.applications(tenant_ids)
        return MirroredAcross(self._reading, self._reading.kinds.application, tenant_ids, direct)

    def scim_tokens(self, tenant_ids: frozenset[str] | None) -> MirroredAcross[ScimToken]:
        """Reads SCIM tokens of several tenants."""
        direct = self._direct.scim_tokens(tenant_ids)
        return MirroredAcross(self._reading, self._reading.kinds.scim_token, tenant_ids, direct)

    async def scim_token(self, digest: str) -> ScimToken:
        """The SCIM token with that digest.

        Digests are in no document: the directory finds it. What relies on it can be kept if the
        mirror has it in that same version; a server that lags behind teaches nothing.
        """
        self._mirror.metrics.count("mirror_read", answered="directory", reason="scim_token")
        token = await self._direct.scim_token(digest)
        if not await self._has(token):
            not_to_keep()
        return token

    async def _has(self, token: ScimToken) -> bool:
        """Whether the mirror, if it is believed, has the token in that version."""
        epoch = self._mirror.news.believed()
        if epoch is None:
            return False
        rely_on(Interest(token.tenant_id, Kind.SCIM_TOKEN, frozenset((token.id,))))
        shelf = Shelf(epoch, token.tenant_id, Kind.SCIM_TOKEN)
        try:
            found = await self._mirror.store.get(shelf, (token.id,))
        except (NotMirrored, Unavailable):
            return False
        return token.id in found and found[token.id].version == token.version

    async def ping(self) -> None:
        """Answer quickly, or raise Unavailable."""
        await self._direct.ping()

    async def _opened(self, tenant_id: str) -> TenantDirectory:
        """A tenant in the directory itself; where it stands changes with its entry alone."""
        memo, key = self._mirror.memo, ("opened", tenant_id)
        remembered = memo.get(key)
        if remembered is not None:
            return cast("TenantDirectory", remembered)
        with recording() as made:
            rely_on(Interest(PLATFORM, Kind.TENANT, frozenset((tenant_id,))))
            opened = await self._direct.tenant(tenant_id)
        memo.keep(key, opened, made)
        return opened

    def _around(self, opened: TenantDirectory) -> MirroredTenant:
        """A tenant that the directory has opened already."""

        async def again() -> TenantDirectory:
            return opened

        return MirroredTenant(self._reading, opened.tenant, again)
