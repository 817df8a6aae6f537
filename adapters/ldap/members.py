"""Who is a member of what: `member` values of groups and applications, groups in groups.

Members change by single values, so that concurrent changes lose nothing and a huge group costs
what a small one costs. Values that name nothing of the tenant (the placeholder of an empty
group, entries elsewhere, deleted ones) are not shown. LDAP tools can make groups contain each
other in a circle, so whoever walks remembers where it was.
"""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from typing import Literal

from adapters.ldap import filters
from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.errors import (
    AttributeOrValueExists,
    NoSuchAttribute,
    NoSuchObject,
    ObjectClassViolation,
)
from adapters.ldap.identity import UUID_ATTRIBUTE, id_of, uuid_text
from adapters.ldap.places import Backend, label, label_attributes, recognising
from adapters.ldap.settings import TenantLayout
from adapters.ldap.values import Entry, Modification, Scope
from gateway.domain.errors import Invalid, NotFound, Problem
from gateway.domain.ids import Kind
from gateway.domain.model import Member
from mappings.table import ResourceMapping

_AT_ONCE = 1000
_LOOKS = 200
_BETWEEN_LOOKS = 0.005
"""Seconds."""
_A_HANDFUL = 8
_FEW = 200
"""So many members are looked up by name; for more, all of the container are read."""


class Members:
    """Membership in one tenant's groups and applications."""

    def __init__(self, backend: Backend, tenant: TenantLayout) -> None:
        self._backend = backend
        rows = backend.mappings
        self._kinds: Mapping[Kind, tuple[Dn, ResourceMapping]] = {
            Kind.USER: (tenant.people, rows.user),
            Kind.GROUP: (tenant.groups, rows.group),
        }
        self._holders = (tenant.groups, tenant.applications)
        self.attribute = rows.group.members or "member"

    async def resolve(self, ids: Iterable[str]) -> dict[str, Dn | None]:
        """The entries of users and groups of the tenant; None for an id that names none."""
        wanted: dict[str, tuple[Kind, str] | None] = {id_: _parsed(id_) for id_ in ids}
        dns: dict[tuple[Kind, str], Dn] = {}
        for kind, (container, mapping) in self._kinds.items():
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

    async def add(self, holder: Dn, members: Collection[Dn]) -> None:
        """Add values; one that is there already is success. Raises NoSuchObject."""

        async def add(some: Collection[Dn]) -> None:
            await self._change(holder, [self._modification("add", some)])

        await self._tolerantly(holder, members, add, there=False)

    async def remove(self, holder: Dn, members: Collection[Dn]) -> None:
        """Delete values; one that is not there is success. Raises NoSuchObject."""

        async def remove(some: Collection[Dn]) -> None:
            deletion = self._modification("delete", some)
            try:
                await self._change(holder, [deletion])
            except ObjectClassViolation:
                # The last members, of a group that was made without the placeholder.
                placeholder = self._modification("add", [self._backend.layout.placeholder])
                await self._change(holder, [placeholder, deletion])

        await self._tolerantly(holder, members, remove, there=True)

    async def leave_all(self, member: Dn) -> None:
        """Delete a member wherever it is one directly."""
        for holder in await self.holders([member]):
            with suppress(NoSuchObject):
                await self.remove(holder.dn, [member])

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
            container, mapping = self._kinds[Kind.GROUP]
            holders = await self._backend.search(container, Scope.SUBTREE, recognising(mapping), [])
        for holder in holders[:1]:
            with suppress(NoSuchObject):
                await self.add(holder.dn, [member])
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
                    values = _parsed_dns(holder.get(self.attribute))
                    moved = [dn for dn in values if dn.relative_to(old) is not None]
                for member in moved:
                    renamed = new.below(*(member.relative_to(old) or ()))
                    await self._rename_value(holder.dn, member, renamed)

    async def holders(
        self, members: Sequence[Dn], *, groups_only: bool = False, attributes: Sequence[str] = ()
    ) -> list[Entry]:
        """Groups and applications that name any of these entries directly."""
        terms = [filters.eq(self.attribute, str(member)) for member in members]
        found: list[Entry] = []
        for base in self._holders[:1] if groups_only else self._holders:
            found += await self._backend.search_any(
                base, filters.present(self.attribute), terms, attributes
            )
        return found

    async def listed(self, holder: Dn) -> list[Member]:
        """The direct members that are users or groups of the tenant, ascending by id."""
        dns = await self._values(holder)
        found: list[Member] = []
        for kind, (container, mapping) in self._kinds.items():
            attributes = (UUID_ATTRIBUTE, *label_attributes(mapping))
            found += [
                Member(id=id_of(kind, entry), name=label(mapping, entry))
                for entry in await self.entries(container, mapping, dns, attributes)
            ]
        return sorted(found, key=lambda member: member.id)

    async def users(self, holder: Dn) -> set[Dn]:
        """All values below people that a holder reaches, through groups in groups."""
        people, groups = (container for container, _ in self._kinds.values())
        seen, ahead, found = {holder}, [holder], set[Dn]()
        while ahead:
            members = await self._values(ahead.pop())
            found |= {dn for dn in members if dn.is_below(people)}
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
        if len(own) > _FEW:
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
        return set(_parsed_dns(found[0].get(self.attribute))) if found else set()

    async def _tolerantly(
        self,
        holder: Dn,
        members: Collection[Dn],
        change: "Change",
        *,
        there: bool,
    ) -> None:
        """Change many values at once; then only those that are (not) `there`; then one by one.

        An operation that names one value too many is refused whole, and says not which.
        """
        wanted = list(members)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            if await _taken(change, some):
                continue
            if len(some) > _A_HANDFUL:
                held = await self._values(holder)
                some = [member for member in some if (member in held) is there]
                if await _taken(change, some):
                    continue
            for member in some:
                await _taken(change, [member])

    def _modification(self, how: Literal["add", "delete"], members: Iterable[Dn]) -> Modification:
        return Modification(how, self.attribute, tuple(str(dn).encode() for dn in members))

    async def _change(self, holder: Dn, changes: Sequence[Modification]) -> None:
        await self._backend.client.modify(holder, changes)

    async def _rename_value(self, holder: Dn, old: Dn, new: Dn) -> None:
        delete, add = self._modification("delete", [old]), self._modification("add", [new])
        with suppress(NoSuchAttribute, NoSuchObject):
            try:
                # In this order, since the two may be equal to the server: ann is renamed Ann.
                await self._change(holder, [delete, add])
            except AttributeOrValueExists:
                await self._change(holder, [delete])


Change = Callable[[Collection[Dn]], Awaitable[None]]


async def _taken(change: Change, members: Collection[Dn]) -> bool:
    """Whether the directory took the change: no value was there already, or was not there."""
    try:
        if members:
            await change(members)
    except (AttributeOrValueExists, NoSuchAttribute):
        return False
    return True


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


def _parsed_dns(values: Iterable[bytes]) -> Iterable[Dn]:
    for value in values:
        try:
            yield Dn.parse(value.decode("utf-8", "surrogateescape"))
        except InvalidDn:
            continue
