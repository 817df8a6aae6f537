"""Organizational units of one tenant: places for users."""

from collections.abc import Sequence
from uuid import uuid4

from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.entries import EntryStore, Prepare
from adapters.ldap.errors import NotAllowedOnNonLeaf, UnexpectedResult
from adapters.ldap.members import Members
from adapters.ldap.places import Backend, Owner, Placed, Units
from adapters.ldap.references import References
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import UnitShape
from adapters.ldap.values import Modification
from gateway.domain.errors import Conflict, NotFound, invalid
from gateway.domain.model import OrganizationalUnit
from gateway.ports import Values

_LOST_COUNT = "DN index add failed"


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

    async def _moved(
        self,
        item: Placed,
        rdn: Rdn,
        parent: Dn,
        changes: Sequence[Modification],
        assertion: str | None,
    ) -> Placed:
        """As others; once more where slapd has lost count of what stands below the unit.

        Its mdb backend (seen in 2.5.13) refuses to rename an entry that had nothing below it
        until something was moved there. An entry that is added there, and goes at once, mends it.
        """
        try:
            return await super()._moved(item, rdn, parent, changes, assertion)
        except UnexpectedResult as error:
            if error.diagnostic != _LOST_COUNT:
                raise
        client, passing = self._backend.client, item.entry.dn.child("cn", uuid4().hex)
        await client.add(passing, {"objectClass": [b"organizationalRole"]})
        await client.delete(passing)
        return await super()._moved(item, rdn, parent, changes, assertion)

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
