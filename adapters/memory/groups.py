"""Groups, and what they share with applications: members."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from adapters.memory.graph import MemberGraph
from adapters.memory.store import MemoryStore, R, Traits
from adapters.memory.ticks import Ticks
from adapters.memory.values import known
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group, Member, Membership, MembershipType
from gateway.domain.predicate import Surroundings
from gateway.domain.query import Page
from gateway.domain.text import comparable
from gateway.ports import MemberShift, Values
from mappings.table import ResourceMapping

Namer = Callable[[str], str | None]
"""Answers the name of a user or group by canonical id; None where there is none."""


class MemberStore(MemoryStore[R]):
    """Resources that users and groups can be members of."""

    def __init__(self, traits: Traits[R], ticks: Ticks, graph: MemberGraph, name: Namer) -> None:
        super().__init__(traits, ticks)
        self._graph = graph
        self._name = name

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Direct members, ascending by id."""
        found = sorted(self._graph.direct(self._row(id_).id))
        return Page(items=self._shown_members(found[offset : offset + limit]), total=len(found))

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add members, all or none."""
        await self.change_members(id_, add=member_ids)

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members."""
        await self.change_members(id_, remove=member_ids)

    async def change_members(
        self,
        id_: str,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        version: str | None = None,
    ) -> MemberShift | None:
        """Add and remove members, all or none; who is in both is added."""
        row = self._row(id_, version)
        owner, since = row.id, row.version
        added = known("member_ids", add, self._member)
        if owner in added:
            raise Conflict("A group cannot be a member of itself", code="group_cycle")
        removed = {each for text in remove if (each := _canonical(text))}.difference(added)
        parted, joined = self._graph.part(owner, removed), self._graph.join(owner, added)
        if not parted and not joined:
            return None
        self.touch(owner)
        version = self._row(owner).version
        return MemberShift(since, version, joined=frozenset(added), left=frozenset(removed))

    async def clear_members(self, id_: str, *, version: str | None = None) -> None:
        """Remove all members."""
        owner = self._row(id_, version).id
        if self._graph.part(owner, self._graph.direct(owner)):
            self.touch(owner)

    def _shown_members(self, ids: Iterable[str]) -> tuple[Member, ...]:
        return tuple(Member(id=member, name=self._name(member) or "") for member in ids)

    def _member(self, text: str) -> str | None:
        id_ = _canonical(text)
        return id_ if id_ and self._name(id_) else None

    def _make(self, values: Values) -> R:
        row = super()._make(values)
        self._graph.open(row.id)
        return row

    def _remove(self, row: R) -> None:
        super()._remove(row)
        for left in self._graph.close(row.id):
            self.touch(left)


def _canonical(member_id: str, kinds: Iterable[Kind] = (Kind.USER, Kind.GROUP)) -> str | None:
    for kind in kinds:
        try:
            return canonical_id(kind, member_id)
        except NotFound:
            continue
    return None


class MemoryGroups(MemberStore[Group]):
    """Groups of a tenant."""

    def __init__(
        self,
        tenant_id: str,
        ticks: Ticks,
        mapping: ResourceMapping,
        graph: MemberGraph,
        name: Namer,
    ) -> None:
        super().__init__(
            Traits(
                kind=Kind.GROUP,
                cls=Group,
                mapping=mapping,
                given={"tenant_id": tenant_id},
                also=("member_ids",),
            ),
            ticks,
            graph,
            name,
        )

    async def add(self, values: Values) -> Group:
        """Add a group with its members, all or nothing."""
        member_ids = values.get("member_ids") or ()
        if not isinstance(member_ids, Collection) or isinstance(member_ids, str):
            raise TypeError("member_ids is no collection")
        members = known("member_ids", member_ids, self._member)
        added = await super().add(values)
        self._graph.join(added.id, members)
        return added

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        for found in (await self.memberships_of([id_])).values():
            return found
        raise NotFound(Kind.USER)

    async def memberships_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Membership, ...]]:
        """`memberships` of many users at once."""
        users = {text: _canonical(text, (Kind.USER,)) for text in ids}
        return {id_: self._above(id_) for id_ in users.values() if id_ and self._name(id_)}

    async def members_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Member, ...]]:
        """All direct members of several groups."""
        groups = filter(None, map(self._group, ids))
        return {id_: self._shown_members(sorted(self._graph.direct(id_))) for id_ in groups}

    def name(self, id_: str) -> str | None:
        """The name of a group by canonical id."""
        row = self._rows.get(id_)
        return row.name if row else None

    def resolve(self, field: str, ids: Iterable[str]) -> list[str]:
        """The canonical ids of groups. Raises Invalid naming those that are not there."""
        return known(field, ids, self._group)

    def users(self, id_: str) -> frozenset[str]:
        """All users in a group, nested ones too; none where there is no such group."""
        group_id = self._group(id_)
        return self._graph.users(group_id) if group_id else frozenset()

    def direct_users(self, id_: str) -> frozenset[str]:
        """The users that a group names itself; none where there is no such group."""
        group_id = self._group(id_)
        return self._graph.direct(group_id) if group_id else frozenset()

    def holders(self, id_: str) -> frozenset[str]:
        """The groups that name a user or group."""
        member = self._member(id_)
        return frozenset(self._graph.holders(member) if member else ())

    def _around(self) -> Surroundings:
        return replace(super()._around(), holders=self.holders)

    def _above(self, user_id: str) -> tuple[Membership, ...]:
        direct, nested = self._graph.groups_above(user_id)
        return (
            *self._listed(direct, MembershipType.DIRECT),
            *self._listed(nested, MembershipType.NESTED),
        )

    def _group(self, text: str) -> str | None:
        id_ = _canonical(text)
        return id_ if id_ in self._rows else None

    def _listed(self, ids: Iterable[str], type_: MembershipType) -> list[Membership]:
        rows = [self._rows[id_] for id_ in ids]
        rows.sort(key=lambda row: (comparable(row.name), row.id))
        return [Membership(group_id=row.id, name=row.name, type=type_) for row in rows]
