"""Groups of one tenant, and what they share with applications: members."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.entries import EntryStore, Prepare
from adapters.ldap.errors import NoSuchObject
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, unchanged, uuid_text
from adapters.ldap.members import Members
from adapters.ldap.places import Backend, Owner, Placed, label, label_attributes, recognising
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import R, Shape
from adapters.ldap.values import Entry, Scope
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.ids import Kind
from gateway.domain.model import Group, Member, Membership, MembershipType
from gateway.domain.query import Page
from gateway.domain.text import comparable

_ATTEMPTS = 3


class MemberStore(EntryStore[R], Generic[R]):
    """Resources that users and groups of the tenant can be members of."""

    def __init__(
        self,
        backend: Backend,
        shape: Shape[R],
        container: Dn,
        tenant: TenantLayout,
        owner: Owner,
        prepare: Prepare,
    ) -> None:
        super().__init__(backend, shape, container, owner=owner, prepare=prepare)
        self._tenant = tenant
        self._members = Members(backend, tenant)

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Direct members, ascending by id."""
        found = await self._members.listed((await self.entry(id_)).entry.dn)
        return Page(tuple(found[offset : offset + limit]), len(found))

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add members, value by value.

        A member that is renamed or deleted between the look-up of its DN and the write would
        leave a value that names nothing; so they are looked up again afterwards.
        """
        wanted = list(member_ids)

        async def write(item: Placed) -> None:
            known = await self._members.existing("member_ids", wanted)
            if item.entry.dn in known.values():
                raise Conflict("A group cannot be a member of itself", code="group_cycle")
            await self._members.add(item.entry.dn, set(known.values()))
            now = await self._members.resolve(wanted)
            stray = set(known.values()) - set(now.values())
            if not stray:
                return
            await self._members.remove(item.entry.dn, stray)
            raise NoSuchObject(32, "noSuchObject", "a member moved meanwhile")

        with self.refusals({}):
            await self._written(id_, write)

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members, value by value; ids that name nobody are not there already."""
        wanted = list(member_ids)

        async def write(item: Placed) -> None:
            found = await self._members.resolve(wanted)
            await self._members.remove(item.entry.dn, {dn for dn in found.values() if dn})

        with self.refusals({}):
            await self._written(id_, write)

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good, then end its own memberships; after a crash refint has done that."""

        async def write(item: Placed) -> None:
            asserted = unchanged(self._shape.mapping, version)
            await self._backend.client.delete(item.entry.dn, assertion=asserted)
            await self._members.leave_all(item.entry.dn)

        with self.refusals({}):
            await self._written(id_, write)

    async def _renamed(self, old: Dn, new: Dn) -> None:
        await self._members.follow(old, new)

    async def _further_attributes(self) -> Mapping[str, Sequence[bytes]]:
        """The standard class demands a member; this one is never shown."""
        return {self._members.attribute: [str(self._backend.layout.placeholder).encode()]}


class LdapGroups(MemberStore[Group]):
    """Groups of a tenant."""

    def __init__(
        self, backend: Backend, tenant: TenantLayout, owner: Owner, prepare: Prepare
    ) -> None:
        shape = Shape(backend, Kind.GROUP, Group, backend.mappings.group)
        super().__init__(backend, shape, tenant.groups, tenant, owner, prepare)

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        user = await self._user(id_)
        direct = await self._above([user])
        seen = dict(direct)
        ahead = list(direct)
        while ahead:
            found = {
                dn: entry for dn, entry in (await self._above(ahead)).items() if dn not in seen
            }
            seen |= found
            ahead = list(found)
        nested = [entry for dn, entry in seen.items() if dn not in direct]
        return (
            *self._named(direct.values(), MembershipType.DIRECT),
            *self._named(nested, MembershipType.NESTED),
        )

    async def _user(self, id_: str) -> Dn:
        wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.USER, id_))
        narrow = filters.and_(recognising(self._backend.mappings.user), wanted)
        for entry in await self._backend.search(self._tenant.people, Scope.SUBTREE, narrow, ()):
            return entry.dn
        raise NotFound(Kind.USER)

    async def _above(self, members: Sequence[Dn]) -> dict[Dn, Entry]:
        attributes = (UUID_ATTRIBUTE, *label_attributes(self._shape.mapping))
        entries = await self._members.holders(members, groups_only=True, attributes=attributes)
        return {entry.dn: entry for entry in entries}

    def _named(self, entries: Iterable[Entry], type_: MembershipType) -> list[Membership]:
        found = [
            Membership(
                group_id=id_of(Kind.GROUP, entry),
                name=label(self._shape.mapping, entry),
                type=type_,
            )
            for entry in entries
        ]
        return sorted(found, key=lambda one: (comparable(one.name), one.group_id))
