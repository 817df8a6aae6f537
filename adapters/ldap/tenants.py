"""All tenants, each with its whole subtree; and the partners that look after them."""

from collections.abc import Collection
from contextlib import suppress

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.entries import EntryStore, check_version
from adapters.ldap.errors import EntryAlreadyExists, NoSuchObject, NotAllowedOnNonLeaf
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, uuid_text
from adapters.ldap.places import Backend, Owner, Placed, recognising
from adapters.ldap.preparation import Preparation
from adapters.ldap.shapes import Shape, TenantShape
from adapters.ldap.values import Scope
from gateway.domain.errors import Conflict, NotFound, invalid
from gateway.domain.ids import Kind
from gateway.domain.model import Partner, Tenant
from gateway.ports import Values

_MANY = 200
"""So many tenants are looked up by id; for more, all are read."""


class LdapTenants(EntryStore[Tenant]):
    """All tenants."""

    def __init__(self, backend: Backend, preparation: Preparation) -> None:
        shape = TenantShape(backend)
        super().__init__(backend, shape, backend.layout.tenants, scope=Scope.ONE)
        self._preparation = preparation

    async def by_slug(self, slug: str) -> Tenant:
        """The tenant with that slug."""
        return await self.built(await self.slugged(slug))

    async def slugged(self, slug: str) -> Placed:
        """The entry of the tenant with that slug. Raises NotFound."""
        if not slug.strip() or "\0" in slug:
            raise NotFound(Kind.TENANT)
        attribute = self._shape.mapping.field(self._shape.mapping.rdn).attribute
        dn = self._container.child(attribute, slug)
        for item in await self.all(filters.eq(attribute, slug)):
            if item.entry.dn == dn:
                return item
        raise NotFound(Kind.TENANT)

    async def referred(self, ref: str) -> Placed:
        """The entry of the tenant with that id or slug. Raises NotFound."""
        try:
            return await self.entry(ref)
        except NotFound:
            return await self.slugged(ref)

    async def places(self, ids: Collection[str] | None) -> list[Owner]:
        """Where these tenants stand, as far as they are there; None: all."""
        wanted = []
        for id_ in ids or ():
            with suppress(NotFound):
                wanted.append(filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.TENANT, id_)))
        if ids is not None and len(wanted) <= _MANY:
            entries = await self._backend.search_any(
                self._container, self._shape.filter, wanted, [UUID_ATTRIBUTE], Scope.ONE
            )
        else:
            entries = await self._backend.search(
                self._container, Scope.ONE, self._shape.filter, [UUID_ATTRIBUTE]
            )
        owners = [Owner(id_of(Kind.TENANT, entry), entry.dn) for entry in entries]
        known = None if ids is None else {id_.lower() for id_ in ids}
        return [owner for owner in owners if known is None or owner.id in known]

    async def add(self, values: Values) -> Tenant:
        """Add a tenant, then what stands below it.

        A crash between leaves a tenant that reads as empty and is prepared by its first write,
        or by the same request again, which is told Taken.
        """
        with self.refusals(values):
            try:
                item = await self._added(await self._incoming(values, None))
            except EntryAlreadyExists:
                there = await self.slugged(str(values[self._shape.mapping.rdn]))
                await self._preparation.prepare(self._shape.id_of(there), there.entry.dn)
                raise
            tenant = await self.built(item)
            await self._preparation.prepare(tenant.id, item.entry.dn)
            return tenant

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> Tenant:
        """Change the named fields; another slug takes uniqueness along."""
        with self.refusals(values):
            item = await self.entry(id_)
            rdn = self._new_rdn(item.entry, values)
            if rdn is None:
                return await self.built(await self._updated(id_, values, version))
            old, new = item.entry.dn, item.entry.dn.parent.below(rdn)
            await self._preparation.enforce_uniqueness(new)
            updated = await self._updated(id_, values, version)
            if new != old:
                await self._preparation.release_uniqueness(old)
            return await self.built(updated)

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete a tenant that has no users, with all that stands below it.

        The people go first, so that the directory refuses where somebody adds a user meanwhile.
        A crash leaves a tenant with less below it, and the same request completes it.
        """
        with self.refusals({}):
            item = await self.entry(id_)
            check_version(item.entry, version)
            base = item.entry.dn
            self._preparation.forget(self._shape.id_of(item), base)
            await self._remove_people(self._backend.layout.tenant(base).people)
            await self._remove(base, filters.EVERYTHING)
            # Last but one: nobody can be added to what is left, and a tenant of the same name
            # that is made afterwards sets it up for itself.
            await self._preparation.release_uniqueness(base)
            try:
                await self._backend.client.delete(base)
            except NotAllowedOnNonLeaf:
                await self._preparation.enforce_uniqueness(base)
                raise _not_empty() from None

    async def _incoming(self, values: Values, item: Placed | None) -> Values:
        values = await super()._incoming(values, item)
        partner_id = values.get("partner_id")
        if partner_id is None:
            return values
        try:
            wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.PARTNER, str(partner_id)))
        except NotFound:
            wanted = filters.NOTHING
        narrow = filters.and_(recognising(self._backend.mappings.partner), wanted)
        for partner in await self._backend.search(
            self._backend.layout.partners, Scope.ONE, narrow, ()
        ):
            return {**values, "partner_id": partner.dn}
        raise invalid("partner_id", "names no partner", "unknown")

    async def _remove_people(self, people: Dn) -> None:
        """Delete units and retired users, deepest first. Raises Conflict where anybody is left."""
        rows = self._backend.mappings
        marked = filters.present(rows.user.field("deleted_at").attribute)
        unit = filters.eq("objectClass", rows.organizational_unit.recognise)
        anybody = filters.not_(filters.or_(marked, unit))
        for entry in await self._backend.search(people, Scope.SUBTREE, anybody, ()):
            if entry.dn != people:
                raise _not_empty()
        try:
            await self._remove(people, marked, assertion=marked)
            await self._remove(people, unit)
            await self._remove_one(people)
        except NotAllowedOnNonLeaf:
            raise _not_empty() from None

    async def _remove(self, base: Dn, filter_: str, assertion: str | None = None) -> None:
        """Delete what matches below an entry, deepest first."""
        found = await self._backend.search(base, Scope.SUBTREE, filter_, ())
        below = [entry.dn for entry in found if entry.dn != base]
        for dn in sorted(below, key=lambda dn: -len(dn.rdns)):
            await self._remove_one(dn, assertion)

    async def _remove_one(self, dn: Dn, assertion: str | None = None) -> None:
        with suppress(NoSuchObject):
            await self._backend.client.delete(dn, assertion=assertion)


class LdapPartners(EntryStore[Partner]):
    """All partners."""

    def __init__(self, backend: Backend) -> None:
        shape = Shape(backend, Kind.PARTNER, Partner, backend.mappings.partner)
        super().__init__(backend, shape, backend.layout.partners, scope=Scope.ONE)

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete a partner. Raises Conflict where tenants name it."""
        partner = await self.entry(id_)
        rows = self._backend.mappings.tenant
        named = filters.eq(rows.field("partner_id").attribute, partner.entry.dn)
        narrow = filters.and_(recognising(rows), named)
        if await self._backend.search(self._backend.layout.tenants, Scope.ONE, narrow, ()):
            raise Conflict("The partner still has tenants", code="partner_in_use")
        await super().delete(id_, version=version)


def _not_empty() -> Conflict:
    return Conflict("The tenant still has users", code="tenant_not_empty")
