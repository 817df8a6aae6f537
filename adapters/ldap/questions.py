"""What a listing asks the directory: a filter with all that it names by id looked up.

Units become search bases, groups the DNs of their users, partners the DNs of their entries,
statuses the policies in force. What LDAP cannot decide is left to the domain's predicate.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.identity import UUID_ATTRIBUTE, uuid_text
from adapters.ldap.members import Members
from adapters.ldap.places import Backend, Owners, Placed, Units, placed, recognising, searched
from adapters.ldap.policies import InForce, Policies
from adapters.ldap.queries import Context, translate, undecided
from adapters.ldap.shapes import R, Shape
from adapters.ldap.values import Scope
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind
from gateway.domain.predicate import Predicate, Surroundings, predicate
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Or,
    Present,
    StatusIs,
    TextSearch,
)
from mappings.table import Codec, ResourceMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An LDAP filter, where to search with it, and what is left to decide if it is not `exact`.

    `fields` are those that the decision looks at.
    """

    bases: Collection[Dn]
    text: str
    exact: bool
    fields: frozenset[str]
    decide: Callable[[Sequence[Placed]], Predicate]


class Questions:
    """Makes questions about one kind of resource in some containers, found below `bases`."""

    def __init__(
        self, backend: Backend, shape: Shape[R], owners: Owners, bases: Collection[Dn]
    ) -> None:
        self._backend = backend
        self._mapping = shape.mapping
        self._kind = shape.kind
        self._id_of = shape.id_of
        self._owners = owners
        self._bases = bases
        self._tenants = set(owners.values())
        self._units = Units(backend)

    async def ask(self, filter_: Filter) -> Question | None:
        """The question that a filter is; None where nothing can match."""
        place, rest = _split(filter_)
        bases: Collection[Dn] = self._owners
        if place is not None:
            unit = await self._unit(place.ou_id)
            if unit is None:
                return None
            bases = [unit.entry.dn]
        leaves = list(_leaves(rest))
        members = {leaf: await self._users(leaf) for leaf in leaves if isinstance(leaf, MemberOf)}
        context = Context(
            kind=self._kind,
            now=self._backend.clock(),
            policies=await self._policies(leaves),
            members=members,
            references=await self._references(leaves),
        )
        translated = translate(rest, self._mapping, context)
        left = undecided(rest, self._mapping, context)
        open_ = list(_leaves(left))
        below = {
            leaf.ou_id: await self._ids_below(leaf.ou_id)
            for leaf in open_
            if isinstance(leaf, Below)
        }
        holders = {
            leaf.member_id: await self._ids_naming(context.references.get(leaf.member_id))
            for leaf in open_
            if isinstance(leaf, HasMember)
        }

        def decide(items: Sequence[Placed]) -> Predicate:
            ids = {item.entry.dn: self._id_of(item) for item in items} if members else {}

            def those(group: MemberOf) -> Collection[str]:
                return {ids[dn] for dn in members[group] if dn in ids}

            around = Surroundings(
                searched=self._mapping.searchable,
                below=lambda ou_id: below[ou_id],
                members=lambda id_: those(MemberOf(id_)),
                direct=lambda id_: those(MemberOf(id_, direct=True)),
                holders=lambda id_: holders[id_],
            )
            return predicate(left, around)

        return Question(
            bases=bases,
            text=translated.text,
            exact=translated.exact,
            fields=frozenset(field for leaf in open_ for field in self._fields(leaf)),
            decide=decide,
        )

    async def _unit(self, ou_id: str) -> Placed | None:
        rows, layout = self._backend.mappings.organizational_unit, self._backend.layout
        people = {layout.tenant(owner.base).people: owner for owner in self._tenants}
        return await self._named(Kind.ORGANIZATIONAL_UNIT, rows, people, ou_id)

    async def _ids_below(self, ou_id: str) -> Collection[str]:
        unit = await self._unit(ou_id)
        return {one.id for one in await self._units.below(unit.entry.dn)} if unit else set()

    async def _users(self, asked: MemberOf) -> frozenset[Dn]:
        """The DNs of all users in a group; none for an id that names no group."""
        group = await self._group(asked.group_id)
        if group is None:
            return frozenset()
        members = Members(self._backend, self._backend.layout.tenant(group.owner.base))
        return frozenset(await members.users(group.entry.dn, direct=asked.direct))

    async def _group(self, group_id: str) -> Placed | None:
        rows, layout = self._backend.mappings.group, self._backend.layout
        groups = {layout.tenant(owner.base).groups: owner for owner in self._tenants}
        return await self._named(Kind.GROUP, rows, groups, group_id)

    async def _member(self, member_id: str) -> Placed | None:
        """The user or group with that id."""
        rows, layout = self._backend.mappings.user, self._backend.layout
        people = {layout.tenant(owner.base).people: owner for owner in self._tenants}
        found = await self._named(Kind.USER, rows, people, member_id)
        return found or await self._group(member_id)

    async def _ids_naming(self, member: Dn | None) -> Collection[str]:
        """The ids of what is listed and names that entry as a member."""
        if member is None or self._mapping.members is None:
            return ()
        narrow = filters.and_(recognising(self._mapping), filters.eq(self._mapping.members, member))
        found: set[str] = set()
        for base in self._bases:
            entries = await self._backend.search(base, Scope.SUBTREE, narrow, [UUID_ATTRIBUTE])
            found |= {self._id_of(item) for item in placed(entries, self._owners)}
        return found

    async def _named(
        self, kind: Kind, rows: ResourceMapping, containers: Owners, id_: str
    ) -> Placed | None:
        """The entry that an id names in any of these containers."""
        try:
            wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(kind, id_))
        except NotFound:
            return None
        narrow = filters.and_(recognising(rows), wanted)
        for base in searched(containers, self._backend.layout.tenants):
            found = await self._backend.search(base, Scope.SUBTREE, narrow, ())
            for item in placed(found, containers):
                return item
        return None

    async def _policies(self, leaves: Collection[Filter]) -> InForce:
        asked = any(
            isinstance(leaf, StatusIs)
            or (isinstance(leaf, Compare) and leaf.field in ("status", "locked_until"))
            for leaf in leaves
        )
        return await Policies(self._backend).of_locked(self._bases) if asked else {}

    async def _references(self, leaves: Collection[Filter]) -> Mapping[str, Dn]:
        """The entries of partners and members that a filter names by id."""
        found: dict[str, Dn] = {}
        mapping, base = self._backend.mappings.partner, self._backend.layout.partners
        for leaf in leaves:
            if isinstance(leaf, HasMember):
                member = await self._member(leaf.member_id)
                if member is not None:
                    found[leaf.member_id] = member.entry.dn
            if not (isinstance(leaf, Compare) and isinstance(leaf.value, str)):
                continue
            row = self._mapping.fields.get(leaf.field)
            if row is None or row.codec is not Codec.REFERENCE:
                continue
            try:
                wanted = filters.eq(UUID_ATTRIBUTE, uuid_text(Kind.PARTNER, leaf.value))
            except NotFound:
                continue
            narrow = filters.and_(recognising(mapping), wanted)
            for entry in await self._backend.search(base, Scope.ONE, narrow, ()):
                found[leaf.value] = entry.dn
        return found

    def _fields(self, leaf: Filter) -> tuple[str, ...]:
        match leaf:
            case Compare(field=field) | Present(field=field):
                return (field,)
            case TextSearch():
                return self._mapping.searchable
            case StatusIs():
                return ("status",)
            case Below():
                return ("ou_id",)
            case LinkedTo():
                return ("federated_identities",)
            case Judged(fields=fields):
                return tuple(fields)
            case _:
                return ()


def _split(filter_: Filter) -> tuple[Below | None, Filter]:
    """A unit that everything must stand below, and the rest of the filter."""
    if isinstance(filter_, Below):
        return filter_, Everything()
    if isinstance(filter_, And):
        for place, term in enumerate(filter_.terms):
            if isinstance(term, Below):
                return term, And(filter_.terms[:place] + filter_.terms[place + 1 :])
    return None, filter_


def _leaves(filter_: Filter) -> Iterator[Filter]:
    match filter_:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _leaves(term)
        case Not(term):
            yield from _leaves(term)
        case Judged(bound=bound):
            yield filter_
            yield from _leaves(bound)
        case _:
            yield filter_
