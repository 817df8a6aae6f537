"""Organizational units of one tenant: places for users."""

from adapters.ldap.dn import Dn
from adapters.ldap.entries import EntryStore, Prepare
from adapters.ldap.errors import NotAllowedOnNonLeaf
from adapters.ldap.members import Members
from adapters.ldap.places import Backend, Owner, Placed, Units
from adapters.ldap.references import References
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import UnitShape
from gateway.domain.errors import Conflict, NotFound, invalid
from gateway.domain.model import OrganizationalUnit
from gateway.ports import Values


class LdapUnits(EntryStore[OrganizationalUnit]):
    """Units of a tenant, at any depth below its people."""

    def __init__(
        self, backend: Backend, tenant: TenantLayout, owner: Owner, prepare: Prepare
    ) -> None:
        super().__init__(backend, UnitShape(backend), tenant.people, owner=owner, prepare=prepare)
        self._members = Members(backend, tenant)
        self._references = References(backend)
        self._base = tenant.base

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete an empty unit. Raises Conflict; the directory decides whether it is empty."""
        try:
            await super().delete(id_, version=version)
        except Conflict as error:
            if isinstance(error.__cause__, NotAllowedOnNonLeaf):
                detail = "The organizational unit is not empty"
                raise Conflict(detail, code="ou_not_empty") from None
            raise

    async def _renamed(self, old: Dn, new: Dn) -> None:
        await self._members.follow(old, new, below=True)
        await self._references.follow(self._base, old, new, below=True)

    async def _place(self, values: Values, item: Placed | None) -> Dn:
        if "parent_id" not in values:
            return self._container if item is None else item.entry.dn.parent
        parent_id = values["parent_id"]
        if parent_id is None:
            return self._container
        try:
            parent = (await Units(self._backend).by_id(self._container, str(parent_id))).dn
        except NotFound:
            raise invalid("parent_id", "names nothing in this tenant", "unknown") from None
        if item is not None and (parent == item.entry.dn or parent.is_below(item.entry.dn)):
            raise Conflict("A unit cannot stand below itself", code="unit_below_itself")
        return parent

    def _no_place(self, values: Values) -> Exception:
        if values.get("parent_id") is None:
            return super()._no_place(values)
        return invalid("parent_id", "names nothing in this tenant", "unknown")
