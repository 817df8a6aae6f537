"""The whole directory in LDAP, and one tenant of it: the composition of the stores.

Decides nothing itself. What it gives out is bound to one subtree; nothing is remembered from
one call to the next but which tenants are prepared for writing.
"""

import re

from adapters.ldap import filters
from adapters.ldap.applications import LdapApplications
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.entries import EntryStore
from adapters.ldap.errors import LdapError, translate
from adapters.ldap.groups import LdapGroups
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, uuid_text
from adapters.ldap.places import Backend, Owner, Owners, Placed, Sources
from adapters.ldap.preparation import Preparation
from adapters.ldap.reader import EntryReader
from adapters.ldap.settings import Layout
from adapters.ldap.shapes import R, Shape, UserShape
from adapters.ldap.tenants import LdapPartners, LdapTenants
from adapters.ldap.units import LdapUnits
from adapters.ldap.users import LdapUsers
from adapters.ldap.values import Scope
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind
from gateway.domain.model import Application, Group, IdentityProvider, ScimToken, Tenant, User
from gateway.ports import Clock, Reader
from mappings.table import Mappings, ResourceMapping

_DIGEST = re.compile(r"[0-9a-f]{64}")


class LdapTenant:
    """One tenant's subtree."""

    def __init__(
        self, backend: Backend, preparation: Preparation, tenant: Tenant, base: Dn
    ) -> None:
        places, owner = backend.layout.tenant(base), Owner(tenant.id, base)

        async def prepare(*, again: bool = False) -> None:
            await preparation.prepare(tenant.id, base, again=again)

        self.tenant = tenant
        self.users = LdapUsers(backend, places, owner, prepare)
        self.groups = LdapGroups(backend, places, owner, prepare)
        self.ous = LdapUnits(backend, places, owner, prepare)
        self.applications = LdapApplications(backend, places, owner, prepare)
        self.identity_providers: EntryStore[IdentityProvider] = EntryStore(
            backend,
            _providers(backend),
            places.identity_providers,
            owner=owner,
            prepare=prepare,
        )
        self.scim_tokens: EntryStore[ScimToken] = EntryStore(
            backend, _scim_tokens(backend), places.scim_tokens, owner=owner, prepare=prepare
        )


class LdapDirectory:
    """The directory; where things stand in it, and who sets up what, says the layout."""

    def __init__(
        self, client: LdapClient, mappings: Mappings, layout: Layout, clock: Clock
    ) -> None:
        self._backend = Backend(client=client, mappings=mappings, layout=layout, clock=clock)
        self._preparation = Preparation(self._backend, layout.unique_overlay)
        self.tenants = LdapTenants(self._backend, self._preparation)
        self.partners = LdapPartners(self._backend)

    async def tenant(self, ref: str) -> LdapTenant:
        """The subtree of one tenant, by id or slug."""
        return await self._opened(await self.tenants.referred(ref))

    async def tenant_of_user(self, user_id: str) -> LdapTenant:
        """The tenant in which that user is, also a retired one."""
        mapping, top = self._backend.mappings.user, self._backend.layout.tenants
        wanted = filters.and_(
            filters.eq("objectClass", mapping.recognise),
            filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.USER, user_id)),
        )
        for entry in await self._backend.search(top, Scope.SUBTREE, wanted, ()):
            if (item := await self._tenant_above(entry.dn)) is not None:
                return await self._opened(item)
        raise NotFound(Kind.USER)

    def users(self, tenant_ids: frozenset[str] | None) -> Reader[User]:
        """Reads users of several tenants."""
        return self._reader(UserShape(self._backend), tenant_ids)

    def groups(self, tenant_ids: frozenset[str] | None) -> Reader[Group]:
        """Reads groups of several tenants."""
        shape = Shape(self._backend, Kind.GROUP, Group, self._backend.mappings.group)
        return self._reader(shape, tenant_ids)

    def identity_providers(self, tenant_ids: frozenset[str] | None) -> Reader[IdentityProvider]:
        """Reads identity providers of several tenants."""
        return self._reader(_providers(self._backend), tenant_ids)

    def applications(self, tenant_ids: frozenset[str] | None) -> Reader[Application]:
        """Reads applications of several tenants."""
        mapping = self._backend.mappings.application
        shape = Shape(self._backend, Kind.APPLICATION, Application, mapping)
        return self._reader(shape, tenant_ids)

    def scim_tokens(self, tenant_ids: frozenset[str] | None) -> Reader[ScimToken]:
        """Reads SCIM tokens of several tenants."""
        return self._reader(_scim_tokens(self._backend), tenant_ids)

    async def scim_token(self, digest: str) -> ScimToken:
        """The SCIM token with that digest; none where two entries claim to be it."""
        shape, top = _scim_tokens(self._backend), self._backend.layout.tenants
        attribute = shape.mapping.field("digest").attribute
        if _DIGEST.fullmatch(digest):
            wanted = filters.and_(shape.filter, filters.eq(attribute, digest))
            found = await self._backend.search(top, Scope.SUBTREE, wanted, shape.attributes)
            tenant = await self._tenant_above(found[0].dn) if len(found) == 1 else None
            if tenant is not None:
                owner = Owner(id_of(Kind.TENANT, tenant.entry), tenant.entry.dn)
                container = self._backend.layout.tenant(owner.base).scim_tokens
                if found[0].dn.is_below(container):
                    (token,) = await shape.build([Placed(found[0], container, owner)])
                    return token
        raise NotFound(Kind.SCIM_TOKEN)

    async def ping(self) -> None:
        """Answer quickly, or raise Unavailable."""
        try:
            await self._backend.client.ping()
        except LdapError as error:
            raise translate(error, kind=Kind.TENANT) from error

    async def _tenant_above(self, dn: Dn) -> Placed | None:
        """The entry of the tenant that an entry stands in."""
        top = self._backend.layout.tenants
        between = dn.relative_to(top)
        if between:
            base = top.below(between[-1])
            for item in await self.tenants.all(filters.eq("entryDN", base)):
                return item
        return None

    async def _opened(self, item: Placed) -> LdapTenant:
        tenant = await self.tenants.built(item)
        return LdapTenant(self._backend, self._preparation, tenant, item.entry.dn)

    def _reader(self, shape: Shape[R], tenant_ids: frozenset[str] | None) -> EntryReader[R]:
        return EntryReader(
            self._backend,
            shape,
            self._sources(shape.mapping, tenant_ids),
            self._backend.layout.tenants,
        )

    def _sources(self, mapping: ResourceMapping, tenant_ids: frozenset[str] | None) -> Sources:
        """The containers of a kind in these tenants, as they are at the moment of a call."""

        async def sources() -> Owners:
            if tenant_ids is not None and not tenant_ids:
                return {}
            tenants = await self.tenants.places(tenant_ids)
            layout = self._backend.layout
            return {layout.container(mapping, owner.base): owner for owner in tenants}

        return sources


def _providers(backend: Backend) -> Shape[IdentityProvider]:
    mapping = backend.mappings.identity_provider
    return Shape(backend, Kind.IDENTITY_PROVIDER, IdentityProvider, mapping)


def _scim_tokens(backend: Backend) -> Shape[ScimToken]:
    return Shape(backend, Kind.SCIM_TOKEN, ScimToken, backend.mappings.scim_token)
