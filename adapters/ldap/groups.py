"""Groups of one tenant, and what they share with applications: members."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Generic

from adapters.ldap.dn import Dn
from adapters.ldap.entries import EntryStore, Prepare, check_version
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, unchanged, uuid_text
from adapters.ldap.member_values import AT_ONCE
from adapters.ldap.members import Above, Members, canonical
from adapters.ldap.places import Backend, Owner, Placed, label, label_attributes
from adapters.ldap.settings import TenantLayout
from adapters.ldap.shapes import R, Shape
from adapters.ldap.values import Entry
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group, Member, Membership, MembershipType
from gateway.domain.query import Page
from gateway.domain.text import comparable
from gateway.ports import MemberShift, Values


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
        """Add members, value by value."""
        await self.change_members(id_, add=member_ids)

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members, value by value; ids that name nobody are not there already."""
        await self.change_members(id_, remove=member_ids)

    async def change_members(
        self,
        id_: str,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        version: str | None = None,
    ) -> MemberShift | None:
        """Add and remove members, value by value, in one operation."""
        wanted, unwanted = list(add), list(remove)

        async def write(item: Placed) -> MemberShift | None:
            check_version(item.entry, version)
            holder = item.entry.dn
            added = await self._members.existing("member_ids", wanted)
            if holder in added.values():
                raise Conflict("A group cannot be a member of itself", code="group_cycle")
            found = await self._members.resolve(unwanted)
            removed = {id_: dn for id_, dn in found.items() if dn is not None}
            between = await self._members.values.change(
                holder,
                add=added.values(),
                remove=removed.values(),
                assertion=unchanged(self._shape.mapping, version),
            )
            if await self._members.settle(holder, wanted, set(added.values())):
                await self._members.existing("member_ids", wanted)
                return None
            if between is None:
                return None
            joined, left = frozenset(map(canonical, added)), frozenset(map(canonical, removed))
            return MemberShift(*between, joined=joined, left=left - joined)

        with self.refusals({}):
            return await self._written(id_, write)

    async def clear_members(self, id_: str, *, version: str | None = None) -> None:
        """Remove all members, in one operation, and without a look at them."""

        async def write(item: Placed) -> None:
            check_version(item.entry, version)
            asserted = unchanged(self._shape.mapping, version)
            await self._members.values.clear(item.entry.dn, assertion=asserted)

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
        return self._members.values.new()


class LdapGroups(MemberStore[Group]):
    """Groups of a tenant."""

    def __init__(
        self, backend: Backend, tenant: TenantLayout, owner: Owner, prepare: Prepare
    ) -> None:
        shape = Shape(backend, Kind.GROUP, Group, backend.mappings.group)
        super().__init__(backend, shape, tenant.groups, tenant, owner, prepare)

    async def add(self, values: Values) -> Group:
        """Add a group with its members, in one operation; what is beyond thousands joins then."""
        wanted = _ids(values.get("member_ids"))
        plain = {name: value for name, value in values.items() if name != "member_ids"}
        with self.refusals(plain):
            known = {*(await self._members.existing("member_ids", wanted)).values()}
            first, rest = (some := list(known))[:AT_ONCE], some[AT_ONCE:]
            added = await self._added(plain, self._members.values.new(first))
            await self._members.values.change(added.entry.dn, add=rest)
            if await self._members.settle(added.entry.dn, wanted, known) or rest:
                return await self.get(self._shape.id_of(added))
            return await self.built(added)

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        for found in (await self.memberships_of([id_])).values():
            return found
        raise NotFound(Kind.USER)

    async def memberships_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Membership, ...]]:
        """`memberships` of many users at once."""
        users = await self._members.resolve(_canonical(Kind.USER, ids))
        dns = {id_: dn for id_, dn in users.items() if dn is not None}
        attributes = (UUID_ATTRIBUTE, *label_attributes(self._shape.mapping))
        above = await self._members.above(dns.values(), attributes)
        return {id_: self._above(dn, above) for id_, dn in dns.items()}

    async def members_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Member, ...]]:
        """All direct members of several groups, ascending by id."""
        uuids = {uuid_text(Kind.GROUP, id_) for id_ in _canonical(Kind.GROUP, ids)}
        found = await self._members.listed_in(self._container, self._shape.filter, uuids)
        return {id_of(Kind.GROUP, entry): tuple(members) for entry, members in found}

    def _above(self, member: Dn, above: Above) -> tuple[Membership, ...]:
        direct = above[member]
        seen = dict(direct)
        ahead = list(direct)
        while ahead:
            found = {dn: entry for dn, entry in above[ahead.pop()].items() if dn not in seen}
            seen |= found
            ahead.extend(found)
        nested = [entry for dn, entry in seen.items() if dn not in direct]
        return (
            *self._named(direct.values(), MembershipType.DIRECT),
            *self._named(nested, MembershipType.NESTED),
        )

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


def _ids(given: object) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, Collection) or isinstance(given, str):
        raise TypeError("member_ids is no collection")
    return [str(id_) for id_ in given]


def _canonical(kind: Kind, ids: Iterable[str]) -> list[str]:
    """The ids of that kind, once each; what is none names nothing."""
    found = dict[str, None]()
    for id_ in ids:
        with suppress(NotFound):
            found[canonical_id(kind, id_)] = None
    return list(found)
