"""What a tenant is made of beside users: units, groups, identity providers, applications.

One class does for all kinds what is the same for all: listing, reading, creating, deleting.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from gateway.domain.access import Reach
from gateway.domain.errors import NotFound, invalid
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Resource
from gateway.domain.query import Page, Query
from gateway.ports import Reader, Store, TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.listing import Listing, query

R = TypeVar("R", bound=Resource)
R_co = TypeVar("R_co", bound=Resource, covariant=True)


class Find(Protocol[R_co]):
    """Finds one resource within reach, with its tenant; as the methods of `Access` do."""

    async def __call__(self, call: Call, id_: str, /) -> tuple[TenantDirectory, R_co]:
        """Raises Forbidden, NotFound."""
        ...


class ResourceService(Generic[R]):
    """One kind of resource of tenants. All methods raise Forbidden and NotFound as `Access`.

    `of_scope` reads over several tenants; None for a kind that is only listed within one.
    `references` are values that are ids of other resources.
    """

    def __init__(
        self,
        *,
        access: Access,
        audit: Audit,
        find: Find[R],
        of_tenant: Callable[[TenantDirectory], Store[R]],
        of_scope: Callable[[frozenset[str] | None], Reader[R]] | None = None,
        references: Mapping[str, Kind] = MappingProxyType({}),
    ) -> None:
        self._access = access
        self._audit = audit
        self._find = find
        self._of_tenant = of_tenant
        self._of_scope = of_scope
        self._references = references

    async def list(self, call: Call, listing: Listing) -> Page[R]:
        """A page of the path's tenant, else of all tenants within reach."""
        asked = query(listing)
        if call.tenant_ref is not None or self._of_scope is None:
            directory = await self._access.tenant(call)
            return await self._page(self._of_tenant(directory), asked)
        scope = await self._access.scope(
            call, tenant_id=listing.tenant_id, partner_id=listing.partner_id
        )
        if scope == frozenset():
            return Page((), 0)
        return await self._page(self._of_scope(scope), asked)

    async def get(self, call: Call, id_: str) -> R:
        """One resource."""
        _, resource = await self._find(call, id_)
        return resource

    async def create(
        self, call: Call, values: Mapping[str, object], *, tenant_id: str | None = None
    ) -> R:
        """Create a resource in the path's tenant, else in the named one.

        A tenant admin need not name its own. Values are the fields of the resource's mapping.

        Raises:
            Invalid: `tenant_id` is missing, or a value is wrong.
            Taken: the name is in use.
        """
        directory = await self._tenant_for(call, tenant_id)
        given = {name: value for name, value in values.items() if value is not None}
        for name in self._references.keys() & given.keys():
            given[name] = _reference(self._references[name], name, str(given[name]))
        resource = await self._of_tenant(directory).add(given)
        self._audit.changed(call, resource.id, tenant_id=directory.tenant.id, after=resource)
        return resource

    async def delete(self, call: Call, id_: str, version: str | None = None) -> None:
        """Delete a resource for good. Raises StaleVersion; Conflict where something needs it."""
        directory, resource = await self._find(call, id_)
        await self._of_tenant(directory).delete(resource.id, version=version)
        self._audit.changed(call, resource.id, tenant_id=directory.tenant.id, before=resource)

    async def _tenant_for(self, call: Call, tenant_id: str | None) -> TenantDirectory:
        if call.tenant_ref is not None:
            return await self._access.tenant(call)
        ref = tenant_id
        if ref is None and self._access.permit(call) is Reach.TENANT:
            ref = call.principal.tenant_id
        if ref is None:
            raise invalid("tenant_id", "Field required", "missing")
        return await self._access.tenant(call, ref)

    async def _page(self, reader: Reader[R], asked: Query | None) -> Page[R]:
        return Page((), 0) if asked is None else await reader.find(asked)


def _reference(kind: Kind, name: str, text: str) -> str:
    try:
        return canonical_id(kind, text)
    except NotFound as absent:
        raise invalid(name, absent.detail) from None
