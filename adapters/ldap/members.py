"""Who is a member of what: `member` values of groups and applications, groups in groups.

Members change by single values, so that concurrent changes lose nothing and a huge group costs
what a small one costs. Values that name nothing of the tenant (the placeholder of an empty
group, entries elsewhere, deleted ones) are not shown. LDAP tools can make groups contain each
other in a circle, so whoever walks remembers where it was.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from adapters.ldap import filters
from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.errors import NoSuchObject
from adapters.ldap.identity import UUID_ATTRIBUTE, id_in, id_of, uuid_text
from adapters.ldap.member_values import MemberValues
from adapters.ldap.places import Backend, label, label_attributes, recognising
from adapters.ldap.settings import TenantLayout
from adapters.ldap.values import Entry, Scope
from gateway.domain.errors import Invalid, NotFound, Problem
from gateway.domain.ids import Kind
from gateway.domain.model import Member
from mappings.table import ResourceMapping

_LOOKS = 200
_BETWEEN_LOOKS = 0.005
"""Seconds."""
FEW = 200
"""So many members are looked up by name; for more, all of the container are read."""


class Members:
    """Membership in one tenant's groups and applications."""

    def __init__(self, backend: Backend, tenant: TenantLayout) -> None:
        self._backend = backend
        rows = backend.mappings
        self.kinds: Mapping[Kind, tuple[Dn, ResourceMapping]] = {
            Kind.USER: (tenant.people, rows.user),
            Kind.GROUP: (tenant.groups, rows.group),
        }
        self._holders = (tenant.groups, tenant.applications)
        self.attribute = rows.group.members or "member"
        self.values = MemberValues(backend, self.attribute)

    async def resolve(self, ids: Iterable[str]) -> dict[str, Dn | None]:
        """The entries of users and groups of the tenant; None for an id that names none."""
        wanted: dict[str, tuple[Kind, str] | None] = {id_: _parsed(id_) for id_ in ids}
        dns: dict[tuple[Kind, str], Dn] = {}
        for kind, (container, mapping) in self.kinds.items():
            terms = [
                filters.eq(UUID_ATTRIBUTE, key[1])
                for key in wanted.values()
                if key is not None and key[0] is kind
            ]
            for entry in await self._backend.search_any(
                container, recognising(mapping), terms, [UUID_ATTRIBUTE]
            ):
                dns[kind, uuid_text(kind, id_of(kind, entry))] = entry.dn
        return {id_: dns.get(key) if key else None for id_, key in wanted.items()}

    async def existing(
        self, field: str, ids: Sequence[str], kinds: Collection[Kind] = (Kind.USER, Kind.GROUP)
    ) -> dict[str, Dn]:
        """As `resolve`. Raises Invalid, naming each one in `field` that is not there."""
        found = await self.resolve(id_ for id_ in ids if _is_of(id_, kinds))
        problems = [
            Problem(("body", field, place), "names nothing in this tenant", "unknown")
            for place, id_ in enumerate(ids)
            if found.get(id_) is None
        ]
        if problems:
            raise Invalid(*problems)
        return {id_: dn for id_, dn in found.items() if dn is not None}

    async def add(self, holder: Dn, members: Iterable[Dn]) -> None:
        """Add members; see `MemberValues.change`."""
        await self.values.change(holder, add=members)

    async def settle(self, holder: Dn, ids: Collection[str], added: Collection[Dn]) -> bool:
        """Follow members that were renamed or deleted between the look-up of their DN and `add`.

        They would leave values that name nothing. Answers whether there were any.
        """
        known, strayed = set(added), False
        while known:
            now = {dn for dn in (await self.resolve(ids)).values() if dn is not None}
            if not known - now:
                break
            await self.values.change(holder, add=now - known, remove=known - now)
            known, strayed = now, True
        return strayed

    async def leave_all(self, member: Dn) -> None:
        """Delete a member wherever it is one directly."""
        for holder in await self.holders([member]):
            with suppress(NoSuchObject):
                await self.values.change(holder.dn, remove=[member])

    @asynccontextmanager
    async def refint_done(self, member: Dn) -> AsyncIterator[None]:
        """Stay, after a block that takes an entry away, until its DN is free to be used anew.

        slapd's refint overlay works some time after it has answered, and goes by the DN: a new
        entry of that name would lose the groups that it joined meanwhile. Its work can be seen
        by a membership, so the entry is given one where it has none. A server without refint
        is waited for in vain, and then it is done here.
        """
        holders = await self.holders([member])
        if not holders:
            container, mapping = self.kinds[Kind.GROUP]
            holders = await self._backend.search(container, Scope.SUBTREE, recognising(mapping), [])
        for holder in holders[:1]:
            with suppress(NoSuchObject):
                await self.values.change(holder.dn, add=[member])
        yield
        for _ in range(_LOOKS):
            if not await self.holders([member]):
                return
            await asyncio.sleep(_BETWEEN_LOOKS)
        await self.leave_all(member)

    async def follow(self, old: Dn, new: Dn, *, below: bool = False) -> None:
        """Have holders name an entry by its new DN; with `below` also entries under it.

        slapd's refint overlay does the same, but some time after it has answered the ModifyDN:
        without this a renamed member would be missing for a moment. What refint has done
        already, or somebody has removed, is not there any more and stays so.
        """
        named = filters.ext(self.attribute, "dnSubtreeMatch", old)
        filter_ = named if below else filters.eq(self.attribute, old)
        for base in self._holders:
            attributes = [self.attribute] if below else []
            for holder in await self._backend.search(base, Scope.SUBTREE, filter_, attributes):
                moved = [old]
                if below:
                    values = parsed_dns(holder.get(self.attribute))
                    moved = [dn for dn in values if dn.relative_to(old) is not None]
                for member in moved:
                    renamed = new.below(*(member.relative_to(old) or ()))
                    await self.values.rename(holder.dn, member, renamed)

    async def holders(self, members: Sequence[Dn]) -> list[Entry]:
        """Groups and applications that name any of these entries directly."""
        terms = [filters.eq(self.attribute, member) for member in members]
        found: list[Entry] = []
        for base in self._holders:
            found += await self._backend.search_any(
                base, filters.present(self.attribute), terms, ()
            )
        return found

    async def above(self, members: Iterable[Dn], attributes: Sequence[str]) -> "Above":
        """The groups that name these entries, those that name these groups, and so on.

        A search for each level on which groups nest. Of the groups' members only those are read
        that are asked about.
        """
        container, mapping = self.kinds[Kind.GROUP]
        wanted = [filters.present(attribute) for attribute in attributes]
        above: dict[Dn, dict[Dn, Entry]] = {}
        ahead = set(members)
        while ahead:
            above |= {dn: {} for dn in ahead}
            terms = [filters.eq(self.attribute, dn) for dn in ahead]
            found = await self._backend.search_any(
                container,
                recognising(mapping),
                terms,
                (*attributes, self.attribute),
                matched=wanted,
            )
            for entry in found:
                for dn in parsed_dns(entry.get(self.attribute)):
                    above[dn][entry.dn] = entry
            ahead = {entry.dn for entry in found} - above.keys()
        return above

    async def listed(self, holder: Dn) -> list[Member]:
        """The direct members that are users or groups of the tenant, ascending by id."""
        found = await self.named(await self._values(holder))
        return sorted(found.values(), key=lambda member: member.id)

    async def listed_in(self, container: Dn, filter_: str, uuids: Collection[str]) -> "Listed":
        """The same of all holders with these UUIDs, by entry."""
        terms = [filters.eq(UUID_ATTRIBUTE, uuid) for uuid in uuids]
        attributes = (UUID_ATTRIBUTE, self.attribute)
        holders = await self._backend.search_any(container, filter_, terms, attributes)
        dns = [set(parsed_dns(holder.get(self.attribute))) for holder in holders]
        known = await self.named(set().union(*dns))
        return [
            (holder, sorted((known[dn] for dn in some if dn in known), key=lambda m: m.id))
            for holder, some in zip(holders, dns, strict=True)
        ]

    async def named(self, dns: Collection[Dn]) -> dict[Dn, Member]:
        """The users and groups of the tenant among these entries, as members."""
        found: dict[Dn, Member] = {}
        for kind, (container, mapping) in self.kinds.items():
            attributes = (UUID_ATTRIBUTE, *label_attributes(mapping))
            for entry in await self.entries(container, mapping, dns, attributes):
                found[entry.dn] = Member(id=id_of(kind, entry), name=label(mapping, entry))
        return found

    async def users(self, holder: Dn, *, direct: bool = False) -> set[Dn]:
        """All values below people that a holder reaches, through groups in groups, too."""
        people, groups = (container for container, _ in self.kinds.values())
        seen, ahead, found = {holder}, [holder], set[Dn]()
        while ahead:
            members = await self._values(ahead.pop())
            found |= {dn for dn in members if dn.is_below(people)}
            if direct:
                break
            nested = {dn for dn in members if dn.is_below(groups)} - seen
            seen |= nested
            ahead.extend(nested)
        return found

    async def entries(
        self,
        container: Dn,
        mapping: ResourceMapping,
        dns: Collection[Dn],
        attributes: Sequence[str],
    ) -> list[Entry]:
        """The entries of a kind that have one of these DNs."""
        own = {dn for dn in dns if dn.is_below(container)}
        if not own:
            return []
        if len(own) > FEW:
            every = await self._backend.search(
                container, Scope.SUBTREE, recognising(mapping), attributes
            )
        else:
            terms = [filters.eq("entryDN", dn) for dn in own]
            every = await self._backend.search_any(
                container, recognising(mapping), terms, attributes
            )
        unique = {entry.dn: entry for entry in every if entry.dn in own}
        return list(unique.values())

    async def _values(self, holder: Dn) -> set[Dn]:
        found = await self._backend.search(
            holder, Scope.BASE, filters.present(self.attribute), [self.attribute]
        )
        return set(parsed_dns(found[0].get(self.attribute))) if found else set()


Above = Mapping[Dn, Mapping[Dn, Entry]]
"""By member the groups that name it, by their DN; groups are members, too."""

Listed = list[tuple[Entry, list[Member]]]


def _parsed(id_: str) -> tuple[Kind, str] | None:
    for kind in (Kind.USER, Kind.GROUP):
        try:
            return kind, uuid_text(kind, id_)
        except NotFound:
            continue
    return None


def _is_of(id_: str, kinds: Collection[Kind]) -> bool:
    key = _parsed(id_)
    return key is not None and key[0] in kinds


def canonical(id_: str) -> str:
    """The id of a user or group as it is given out. Raises NotFound for what is none."""
    key = _parsed(id_)
    if key is None:
        raise NotFound(Kind.USER)
    return id_in(*key)


def parsed_dns(values: Iterable[bytes]) -> Iterable[Dn]:
    """The names of entries among values."""
    for value in values:
        try:
            yield Dn.parse(value.decode("utf-8", "surrogateescape"))
        except InvalidDn:
            continue
