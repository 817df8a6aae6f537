"""The whole directory in memory, and one tenant of it."""

from collections.abc import Callable, Iterable
from typing import Any, Generic

from adapters.memory.accounts import MemoryUsers
from adapters.memory.applications import MemoryApplications
from adapters.memory.graph import MemberGraph
from adapters.memory.groups import MemoryGroups
from adapters.memory.policy import PasswordPolicy
from adapters.memory.scim_tokens import MemoryScimTokens
from adapters.memory.store import MemoryStore, R, Traits, listing
from adapters.memory.ticks import Ticks
from adapters.memory.units import MemoryUnits
from adapters.memory.values import unknown
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import (
    Application,
    Group,
    IdentityProvider,
    Partner,
    ScimToken,
    Tenant,
    User,
)
from gateway.domain.query import Page, Query
from gateway.ports import Clock, Values
from mappings.loader import DEFAULT, load
from mappings.table import Mappings, ResourceMapping


class MemoryTenant:
    """One tenant's subtree."""

    def __init__(
        self,
        tenant_id: str,
        tenant: Callable[[], Tenant],
        ticks: Ticks,
        mappings: Mappings,
        policy: PasswordPolicy,
    ) -> None:
        graph = MemberGraph()
        self._tenant = tenant
        self.users = MemoryUsers(tenant_id, ticks, mappings.user, policy, graph)
        self.ous = MemoryUnits(tenant_id, ticks, mappings.organizational_unit, self.users.stand_in)
        self.groups = MemoryGroups(tenant_id, ticks, mappings.group, graph, self._member_name)
        self.users.stand_among(self.ous, self.groups)
        self.applications = MemoryApplications(
            tenant_id, ticks, mappings.application, graph, self._member_name, self.users.shown
        )
        self.identity_providers: MemoryStore[IdentityProvider] = MemoryStore(
            Traits(
                kind=Kind.IDENTITY_PROVIDER,
                cls=IdentityProvider,
                mapping=mappings.identity_provider,
                given={"tenant_id": tenant_id},
            ),
            ticks,
        )
        self.scim_tokens = MemoryScimTokens(tenant_id, ticks, mappings.scim_token)

    @property
    def tenant(self) -> Tenant:
        """The tenant itself."""
        return self._tenant()

    @property
    def empty(self) -> bool:
        """Whether it has no users."""
        return not self.users.rows()

    def _member_name(self, id_: str) -> str | None:
        return self.users.name(id_) or self.groups.name(id_)


class MemoryTenants(MemoryStore[Tenant]):
    """All tenants, each with its subtree."""

    def __init__(
        self,
        ticks: Ticks,
        mappings: Mappings,
        policy: PasswordPolicy,
        partners: MemoryStore[Partner],
    ) -> None:
        super().__init__(
            Traits(kind=Kind.TENANT, cls=Tenant, mapping=mappings.tenant),
            ticks,
        )
        self._mappings = mappings
        self._policy = policy
        self._partners = partners
        self.subtrees: dict[str, MemoryTenant] = {}

    async def by_slug(self, slug: str) -> Tenant:
        """The tenant with that slug."""
        return self._named("slug", slug)

    def subtree(self, ref: str) -> MemoryTenant:
        """The subtree of the tenant with that id or slug. Raises NotFound."""
        try:
            return self.subtrees[self._row(ref).id]
        except NotFound:
            return self.subtrees[self._named("slug", ref).id]

    def _make(self, values: Values) -> Tenant:
        row = super()._make(values)
        self.subtrees[row.id] = MemoryTenant(
            row.id, lambda: self._rows[row.id], self._ticks, self._mappings, self._policy
        )
        return row

    def _remove(self, row: Tenant) -> None:
        if not self.subtrees[row.id].empty:
            raise Conflict("The tenant still has users", code="tenant_not_empty")
        super()._remove(row)
        del self.subtrees[row.id]

    def _kept(self, values: Values, own: str | None) -> dict[str, Any]:
        partner = values.get("partner_id")
        if isinstance(partner, str):
            try:
                values = {**values, "partner_id": self._partners.canonical(partner)}
            except NotFound:
                raise unknown("partner_id") from None
        return super()._kept(values, own)


class MemoryPartners(MemoryStore[Partner]):
    """All partners; `busy` answers whether one has tenants."""

    def __init__(self, ticks: Ticks, mapping: ResourceMapping, busy: Callable[[str], bool]) -> None:
        super().__init__(Traits(kind=Kind.PARTNER, cls=Partner, mapping=mapping), ticks)
        self._busy = busy

    def _remove(self, row: Partner) -> None:
        if self._busy(row.id):
            raise Conflict("The partner still has tenants", code="partner_in_use")
        super()._remove(row)


class Across(Generic[R]):
    """Reads one kind of resource of several tenants as one listing."""

    def __init__(self, kind: Kind, stores: Callable[[], Iterable[MemoryStore[R]]]) -> None:
        self._kind = kind
        self._stores = stores

    async def get(self, id_: str) -> R:
        """The resource with that id, in whichever tenant."""
        for store in self._stores():
            try:
                return await store.get(id_)
            except NotFound:
                continue
        raise NotFound(self._kind)

    async def find(self, query: Query) -> Page[R]:
        """A window of the listing over all of them."""
        return listing(self._stores(), query)


class MemoryDirectory:
    """The whole directory; its rows are those of the default mapping unless others are given."""

    def __init__(
        self,
        clock: Clock,
        policy: PasswordPolicy | None = None,
        mappings: Mappings | None = None,
    ) -> None:
        ticks, rows = Ticks(clock), mappings or load(DEFAULT)
        self.partners = MemoryPartners(ticks, rows.partner, self._has_tenants)
        self.tenants = MemoryTenants(ticks, rows, policy or PasswordPolicy(), self.partners)

    async def tenant(self, ref: str) -> MemoryTenant:
        """The subtree of one tenant."""
        return self.tenants.subtree(ref)

    async def tenant_of_user(self, user_id: str) -> MemoryTenant:
        """The tenant in which that user is, retired or not."""
        canonical = canonical_id(Kind.USER, user_id)
        for subtree in self.tenants.subtrees.values():
            if subtree.users.holds(canonical):
                return subtree
        raise NotFound(Kind.USER)

    def users(self, tenant_ids: frozenset[str] | None) -> Across[User]:
        """Reads users of several tenants."""
        return Across(Kind.USER, lambda: [t.users for t in self._chosen(tenant_ids)])

    def groups(self, tenant_ids: frozenset[str] | None) -> Across[Group]:
        """Reads groups of several tenants."""
        return Across(Kind.GROUP, lambda: [t.groups for t in self._chosen(tenant_ids)])

    def identity_providers(self, tenant_ids: frozenset[str] | None) -> Across[IdentityProvider]:
        """Reads identity providers of several tenants."""
        return Across(
            Kind.IDENTITY_PROVIDER,
            lambda: [t.identity_providers for t in self._chosen(tenant_ids)],
        )

    def applications(self, tenant_ids: frozenset[str] | None) -> Across[Application]:
        """Reads applications of several tenants."""
        return Across(Kind.APPLICATION, lambda: [t.applications for t in self._chosen(tenant_ids)])

    def scim_tokens(self, tenant_ids: frozenset[str] | None) -> Across[ScimToken]:
        """Reads SCIM tokens of several tenants."""
        return Across(Kind.SCIM_TOKEN, lambda: [t.scim_tokens for t in self._chosen(tenant_ids)])

    async def scim_token(self, digest: str) -> ScimToken:
        """The SCIM token with that digest; none where there are two."""
        found = [token for t in self._chosen(None) for token in t.scim_tokens.hashed(digest)]
        if len(found) != 1:
            raise NotFound(Kind.SCIM_TOKEN)
        return found[0]

    async def ping(self) -> None:
        """Nothing can be unreachable here."""

    def _chosen(self, tenant_ids: frozenset[str] | None) -> list[MemoryTenant]:
        subtrees = self.tenants.subtrees
        return [subtrees[id_] for id_ in subtrees if tenant_ids is None or id_ in tenant_ids]

    def _has_tenants(self, partner_id: str) -> bool:
        return any(tenant.partner_id == partner_id for tenant in self.tenants.rows())
