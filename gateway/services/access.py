"""Who may see and do what: the one place that enforces the table of `gateway.domain.access`.

A service asks for the tenant, the user or the scope that a call is about, and gets it, or an
error: `Forbidden` where the role may never do it, `NotFound` where the thing is absent or out
of the caller's reach. The two kinds of absence read the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gateway.domain.access import Principal, Reach, reach
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import (
    Application,
    Group,
    IdentityProvider,
    OrganizationalUnit,
    ScimToken,
    Tenant,
    User,
)
from gateway.domain.query import Compare, Query
from gateway.domain.text import comparable
from gateway.ports import Directory, Reader, TenantDirectory

R = TypeVar("R", Group, IdentityProvider, Application, ScimToken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as services see it.

    `action` is a key of `gateway.domain.access.ACTIONS`, `tenant_ref` the tenant that the
    path names (id or slug), `address` the network address of the peer.
    """

    principal: Principal
    action: str
    tenant_ref: str | None = None
    request_id: str | None = None
    address: str | None = None


class Access:
    """Resolves what a call is about, within the caller's reach."""

    def __init__(self, *, directory: Directory) -> None:
        self._directory = directory

    def of_one_request(self) -> "Access":
        """The same, for the length of one request: a tenant is looked up once, not each time.

        What the caller may do and reach is judged each time. Not for requests that change
        tenants.
        """
        return _AccessOfOneRequest(directory=self._directory)

    def permit(self, call: Call) -> Reach:
        """How far the caller reaches. Raises Forbidden; asks no server."""
        return reach(call.principal, call.action)

    async def tenant(self, call: Call, tenant_ref: str | None = None) -> TenantDirectory:
        """The tenant of the path (or the one named here), by id or slug.

        Raises:
            Forbidden: the role may not do this.
            NotFound: no such tenant, or out of reach, or none was named.
        """
        granted = self.permit(call)
        ref = tenant_ref if tenant_ref is not None else call.tenant_ref
        if ref is None:
            raise NotFound(Kind.TENANT)
        directory = await self._opened(ref)
        if not _covers(call.principal, granted, directory.tenant):
            raise NotFound(Kind.TENANT)
        return directory

    async def user_tenant(self, call: Call, user_id: str) -> TenantDirectory:
        """The tenant in which a user is or was: that of the path, else the user's own.

        Raises:
            Forbidden: the role may not do this.
            NotFound: of the path's tenant; of the user, where nothing within reach has it.
        """
        granted = self.permit(call)
        if call.tenant_ref is not None:
            return await self.tenant(call)
        directory = await self._directory.tenant_of_user(canonical_id(Kind.USER, user_id))
        if not _covers(call.principal, granted, directory.tenant):
            raise NotFound(Kind.USER)
        return directory

    async def user(self, call: Call, user_id: str) -> tuple[TenantDirectory, User]:
        """A user within reach, and its tenant.

        Raises:
            Forbidden: the role may not do this.
            NotFound: the tenant of the path, or the user, is absent or out of reach.
        """
        directory = await self.user_tenant(call, user_id)
        user = await directory.users.get(user_id)
        if self.permit(call) is Reach.ASSIGNED:
            application = await _calling_application(call, directory, Kind.USER)
            if not await directory.applications.is_assigned(application.id, user.id):
                raise NotFound(Kind.USER)
        return directory, user

    async def scope(
        self, call: Call, *, tenant_id: str | None = None, partner_id: str | None = None
    ) -> frozenset[str] | None:
        """The tenants that a listing covers; None means all.

        Raises:
            Forbidden: the role may not do this.
            NotFound: the filter names a tenant or partner that is absent or out of reach.
        """
        granted = self.permit(call)
        scope = None if granted is Reach.ALL else await self._own_tenants(call, granted)
        if partner_id is not None:
            partner_id = await self.partner_id(call, partner_id)
            of_partner = await self._tenants_of_partner(partner_id)
            scope = of_partner if scope is None else scope & of_partner
        if tenant_id is not None:
            named = frozenset({(await self.tenant(call, tenant_id)).tenant.id})
            scope = named if scope is None else scope & named
        return scope

    async def partner_id(self, call: Call, partner_id: str) -> str:
        """The canonical id of a partner that the caller may see. Raises NotFound, Forbidden."""
        granted = self.permit(call)
        wanted = (await self._directory.partners.get(partner_id)).id
        own: str | None = wanted
        if granted is Reach.PARTNER:
            own = call.principal.partner_id
        elif granted is not Reach.ALL:
            tenant = await self._own_tenant(call)
            own = None if tenant is None else tenant.partner_id
        if wanted != own:
            raise NotFound(Kind.PARTNER)
        return wanted

    async def group(self, call: Call, group_id: str) -> tuple[TenantDirectory, Group]:
        """A group within reach, and its tenant. Raises NotFound, Forbidden."""
        return await self._found(call, group_id, lambda t: t.groups, self._directory.groups)

    async def identity_provider(
        self, call: Call, provider_id: str
    ) -> tuple[TenantDirectory, IdentityProvider]:
        """An identity provider within reach, and its tenant. Raises NotFound, Forbidden."""
        return await self._found(
            call,
            provider_id,
            lambda t: t.identity_providers,
            self._directory.identity_providers,
        )

    async def ou(self, call: Call, ou_id: str) -> tuple[TenantDirectory, OrganizationalUnit]:
        """An organizational unit of the path's tenant. Raises NotFound, Forbidden."""
        directory = await self.tenant(call)
        return directory, await directory.ous.get(ou_id)

    async def application(
        self, call: Call, application_id: str
    ) -> tuple[TenantDirectory, Application]:
        """An application within reach; an application token sees only its own."""
        directory, application = await self._found(
            call, application_id, lambda t: t.applications, self._directory.applications
        )
        if self.permit(call) is Reach.ASSIGNED:
            own = await _calling_application(call, directory, Kind.APPLICATION)
            if own.id != application.id:
                raise NotFound(Kind.APPLICATION)
        return directory, application

    async def scim_token(self, call: Call, token_id: str) -> tuple[TenantDirectory, ScimToken]:
        """A SCIM token within reach, and its tenant. Raises NotFound, Forbidden."""
        return await self._found(
            call, token_id, lambda t: t.scim_tokens, self._directory.scim_tokens
        )

    async def visible(self, call: Call, **path: str) -> None:
        """Check that all that a path names can be seen, before its body is judged.

        `path` holds the path's parameters by name: `tenant_id`, `partner_id`, `user_id`,
        `group_id`, `ou_id`, `identity_provider_id`, `application_id`, `scim_token_id`; others
        say nothing about visibility. Raises what the action itself would: Forbidden, NotFound.
        """
        self.permit(call)
        if call.tenant_ref is not None:
            await self.tenant(call)
        looks: Mapping[str, Callable[[Call, str], Awaitable[object]]] = {
            "tenant_id": self.tenant,
            "partner_id": self.partner_id,
            "user_id": self.user,
            "group_id": self.group,
            "ou_id": self.ou,
            "identity_provider_id": self.identity_provider,
            "application_id": self.application,
            "scim_token_id": self.scim_token,
        }
        for name, look in looks.items():
            if name in path:
                await look(call, path[name])

    async def _found(
        self,
        call: Call,
        id_: str,
        of_tenant: Callable[[TenantDirectory], Reader[R]],
        of_scope: Callable[[frozenset[str] | None], Reader[R]],
    ) -> tuple[TenantDirectory, R]:
        if call.tenant_ref is not None:
            directory = await self.tenant(call)
            return directory, await of_tenant(directory).get(id_)
        found = await of_scope(await self.scope(call)).get(id_)
        return await self._directory.tenant(found.tenant_id), found

    async def _opened(self, tenant_ref: str) -> TenantDirectory:
        return await self._directory.tenant(tenant_ref)

    async def _own_tenants(self, call: Call, granted: Reach) -> frozenset[str]:
        if granted is Reach.PARTNER:
            own = call.principal.partner_id
            return frozenset() if own is None else await self._tenants_of_partner(own)
        tenant = await self._own_tenant(call)
        return frozenset() if tenant is None else frozenset({tenant.id})

    async def _own_tenant(self, call: Call) -> Tenant | None:
        if call.principal.tenant_id is None:
            return None
        try:
            return (await self._directory.tenant(call.principal.tenant_id)).tenant
        except NotFound:
            return None

    async def _tenants_of_partner(self, partner_id: str) -> frozenset[str]:
        try:
            partner_id = canonical_id(Kind.PARTNER, partner_id)
        except NotFound:
            return frozenset()
        of_partner = Query(filter=Compare("partner_id", "eq", partner_id), limit=None)
        page = await self._directory.tenants.find(of_partner)
        return frozenset(tenant.id for tenant in page.items)


class _AccessOfOneRequest(Access):
    def __init__(self, *, directory: Directory) -> None:
        super().__init__(directory=directory)
        self._seen: dict[str, TenantDirectory] = {}

    async def _opened(self, tenant_ref: str) -> TenantDirectory:
        if tenant_ref not in self._seen:
            self._seen[tenant_ref] = await super()._opened(tenant_ref)
        return self._seen[tenant_ref]


def _covers(principal: Principal, granted: Reach, tenant: Tenant) -> bool:
    if granted is Reach.ALL:
        return True
    if granted is Reach.PARTNER:
        return principal.partner_id is not None and tenant.partner_id == principal.partner_id
    return principal.tenant_id is not None and _is(tenant, principal.tenant_id)


def _is(tenant: Tenant, named: str) -> bool:
    """Whether a token that names its tenant so, by id or slug, means this one."""
    try:
        return tenant.id == canonical_id(Kind.TENANT, named)
    except NotFound:
        return comparable(tenant.slug) == comparable(named)


async def _calling_application(
    call: Call, directory: TenantDirectory, looked_for: Kind
) -> Application:
    """The application whose token it is; without one, what was looked for is not there."""
    if call.principal.client_id is None:
        raise NotFound(looked_for)
    try:
        return await directory.applications.by_client_id(call.principal.client_id)
    except NotFound:
        raise NotFound(looked_for) from None
