"""Tenants, and the partners that look after them."""

import re
from collections.abc import Mapping

from gateway.domain.access import Reach
from gateway.domain.errors import invalid
from gateway.domain.model import Partner, Tenant
from gateway.domain.query import IdIn, Page
from gateway.ports import Directory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.listing import Listing, query

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class TenantService:
    """Tenants within reach. All methods raise Forbidden and NotFound as `Access` does."""

    def __init__(self, *, directory: Directory, access: Access, audit: Audit) -> None:
        self._directory = directory
        self._access = access
        self._audit = audit

    async def list(self, call: Call, listing: Listing) -> Page[Tenant]:
        """A page of the tenants within reach."""
        scope = await self._access.scope(
            call, tenant_id=listing.tenant_id, partner_id=listing.partner_id
        )
        asked = query(listing) if scope is None else query(listing, IdIn(scope))
        if asked is None or scope == frozenset():
            return Page((), 0)
        return await self._directory.tenants.find(asked)

    async def get(self, call: Call, tenant_id: str) -> Tenant:
        """A tenant, by id or slug."""
        return (await self._access.tenant(call, tenant_id)).tenant

    async def create(self, call: Call, values: Mapping[str, object]) -> Tenant:
        """Create a tenant, with its whole subtree: `slug`, `name`, `partner_id`.

        A partner admin's tenants are its partner's.

        Raises:
            Invalid: naming each wrong member.
            NotFound: no such partner within reach.
            Taken: the slug is in use.
        """
        granted = self._access.permit(call)
        given = {name: value for name, value in values.items() if value is not None}
        if granted is Reach.PARTNER:
            given.setdefault("partner_id", call.principal.partner_id)
        if given.get("partner_id") is not None:
            given["partner_id"] = await self._access.partner_id(call, str(given["partner_id"]))
        elif granted is not Reach.ALL:
            raise invalid("partner_id", "Field required", "missing")
        _check_slug(given)
        tenant = await self._directory.tenants.add(given)
        self._audit.changed(call, tenant.id, tenant_id=tenant.id, after=tenant)
        return tenant

    async def delete(self, call: Call, tenant_id: str, version: str | None = None) -> None:
        """Delete a tenant without users, for good. Raises Conflict where it has some."""
        tenant = (await self._access.tenant(call, tenant_id)).tenant
        await self._directory.tenants.delete(tenant.id, version=version)
        self._audit.changed(call, tenant.id, tenant_id=tenant.id, before=tenant)


class PartnerService:
    """Partners within reach. All methods raise Forbidden and NotFound as `Access` does."""

    def __init__(self, *, directory: Directory, access: Access, audit: Audit) -> None:
        self._directory = directory
        self._access = access
        self._audit = audit

    async def list(self, call: Call, listing: Listing) -> Page[Partner]:
        """A page of the partners; a partner admin sees its own."""
        asked = query(listing)
        if self._access.permit(call) is not Reach.ALL:
            own = call.principal.partner_id
            asked = None if own is None else query(listing, IdIn(frozenset({own})))
        return Page((), 0) if asked is None else await self._directory.partners.find(asked)

    async def get(self, call: Call, partner_id: str) -> Partner:
        """A partner."""
        id_ = await self._access.partner_id(call, partner_id)
        return await self._directory.partners.get(id_)

    async def create(self, call: Call, values: Mapping[str, object]) -> Partner:
        """Create a partner: `slug`, `name`. Raises Invalid, Taken."""
        self._access.permit(call)
        given = {name: value for name, value in values.items() if value is not None}
        _check_slug(given)
        partner = await self._directory.partners.add(given)
        self._audit.changed(call, partner.id, after=partner)
        return partner

    async def delete(self, call: Call, partner_id: str, version: str | None = None) -> None:
        """Delete a partner for good. Raises Conflict where it has tenants."""
        partner = await self.get(call, partner_id)
        await self._directory.partners.delete(partner.id, version=version)
        self._audit.changed(call, partner.id, before=partner)


def _check_slug(values: Mapping[str, object]) -> None:
    slug = values.get("slug")
    if slug is None:
        raise invalid("slug", "Field required", "missing")
    if not _SLUG.fullmatch(str(slug)):
        raise invalid(
            "slug",
            "Must have 1 to 63 lower-case letters, digits and inner hyphens",
            "string_pattern_mismatch",
        )
