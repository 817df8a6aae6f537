"""Groups, and what they share with applications: members."""

from collections.abc import Callable, Iterable

from adapters.memory.graph import MemberGraph
from adapters.memory.store import MemoryStore, R, Traits
from adapters.memory.ticks import Ticks
from adapters.memory.values import known
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group, Member, Membership, MembershipType
from gateway.domain.query import Page
from gateway.domain.text import comparable
from gateway.ports import Values
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
        window = found[offset : offset + limit]
        return Page(
            items=tuple(Member(id=member, name=self._name(member) or "") for member in window),
            total=len(found),
        )

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add members, all or none."""
        owner = self._row(id_).id
        members = known("member_ids", member_ids, self._member)
        if owner in members:
            raise Conflict("A group cannot be a member of itself", code="group_cycle")
        if self._graph.join(owner, members):
            self.touch(owner)

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members."""
        owner = self._row(id_).id
        if self._graph.part(owner, [_canonical(text) or text for text in member_ids]):
            self.touch(owner)

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


def _canonical(member_id: str) -> str | None:
    for kind in (Kind.USER, Kind.GROUP):
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
            ),
            ticks,
            graph,
            name,
        )

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        user_id = canonical_id(Kind.USER, id_)
        if self._name(user_id) is None:
            raise NotFound(Kind.USER)
        direct, nested = self._graph.groups_above(user_id)
        return (
            *self._listed(direct, MembershipType.DIRECT),
            *self._listed(nested, MembershipType.NESTED),
        )

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

    def _group(self, text: str) -> str | None:
        id_ = _canonical(text)
        return id_ if id_ in self._rows else None

    def _listed(self, ids: Iterable[str], type_: MembershipType) -> list[Membership]:
        rows = [self._rows[id_] for id_ in ids]
        rows.sort(key=lambda row: (comparable(row.name), row.id))
        return [Membership(group_id=row.id, name=row.name, type=type_) for row in rows]
