"""The directory, and the part of it that is one tenant."""

from typing import Protocol

from gateway.domain.model import (
    Application,
    Group,
    IdentityProvider,
    OrganizationalUnit,
    Partner,
    ScimToken,
    Tenant,
    User,
)
from gateway.ports.stores import Applications, Groups, Reader, ScimTokens, Store
from gateway.ports.users import Users


class TenantDirectory(Protocol):
    """One tenant's subtree, and nothing outside it."""

    @property
    def tenant(self) -> Tenant:
        """The tenant itself."""
        ...

    @property
    def users(self) -> Users:
        """Its users."""
        ...

    @property
    def groups(self) -> Groups:
        """Its groups."""
        ...

    @property
    def ous(self) -> Store[OrganizationalUnit]:
        """Its organizational units."""
        ...

    @property
    def identity_providers(self) -> Store[IdentityProvider]:
        """Its identity providers."""
        ...

    @property
    def applications(self) -> Applications:
        """Its OAuth clients."""
        ...

    @property
    def scim_tokens(self) -> ScimTokens:
        """Its tokens for provisioning clients."""
        ...


class Tenants(Store[Tenant], Protocol):
    """All tenants. `delete` refuses one with users; `add` makes the whole subtree."""

    async def by_slug(self, slug: str) -> Tenant:
        """The tenant with that slug. Raises NotFound."""
        ...


class Directory(Protocol):
    """The whole directory."""

    @property
    def tenants(self) -> Tenants:
        """All tenants."""
        ...

    @property
    def partners(self) -> Store[Partner]:
        """All partners."""
        ...

    async def tenant(self, ref: str) -> TenantDirectory:
        """The subtree of one tenant, by id (any spelling) or slug. Raises NotFound."""
        ...

    async def tenant_of_user(self, user_id: str) -> TenantDirectory:
        """The tenant in which that user is (also a retired one). Raises NotFound."""
        ...

    def users(self, tenant_ids: frozenset[str] | None) -> Reader[User]:
        """Reads users of several tenants as one listing; None: of all."""
        ...

    def groups(self, tenant_ids: frozenset[str] | None) -> Reader[Group]:
        """Reads groups of several tenants as one listing; None: of all."""
        ...

    def identity_providers(self, tenant_ids: frozenset[str] | None) -> Reader[IdentityProvider]:
        """Reads identity providers of several tenants as one listing; None: of all."""
        ...

    def applications(self, tenant_ids: frozenset[str] | None) -> Reader[Application]:
        """Reads applications of several tenants as one listing; None: of all."""
        ...

    def scim_tokens(self, tenant_ids: frozenset[str] | None) -> Reader[ScimToken]:
        """Reads SCIM tokens of several tenants as one listing; None: of all."""
        ...

    async def scim_token(self, digest: str) -> ScimToken:
        """The SCIM token with that SHA-256 in hex, of whatever tenant. Raises NotFound."""
        ...

    async def ping(self) -> None:
        """Answer quickly, or raise Unavailable."""
        ...
