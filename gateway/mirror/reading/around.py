"""What a question cannot learn from the documents alone: units, and who is in which group."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Final

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.predicate import Surroundings
from gateway.domain.query import Filter, HasMember, MemberOf, Not
from gateway.mirror.canonical import Canonical
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.units import UnitTree
from gateway.ports.mirror import Shelf

_AT_ONCE: Final = 1_000
_MEMBERS: Final = (MemberOf, HasMember)


class Memberships:
    """Who is in the groups that a question names, as far as the mirror knows."""

    def __init__(self, mirror: Mirror) -> None:
        self._members = mirror.members
        self._store = mirror.store

    async def around(
        self,
        shelf: Shelf,
        form: Canonical,
        tree: UnitTree,
        searched: Collection[str],
        ids: Collection[str] | None,
    ) -> Surroundings:
        """The surroundings of a question as they are now.

        Args:
            shelf: what is listed.
            form: the question.
            tree: the units.
            searched: the fields that a text search looks into.
            ids: the documents that it is asked of; None: all of the shelf.

        Raises:
            NotMirrored: also while the members of any group are not known.
            Unavailable: the mirror does not answer.
        """
        inside: dict[MemberOf, Collection[str]] = {}
        holders: dict[str, Collection[str]] = {}
        asked = list(_asked(form))
        if asked and shelf.kind not in (Kind.USER, Kind.GROUP):
            reason = "membership"
            raise Declined(reason)
        groups = {leaf for leaf in asked if isinstance(leaf, MemberOf)}
        if groups and shelf.kind is Kind.USER:
            if ids is None:
                inside = {leaf: await self._users(shelf, leaf) for leaf in groups}
            else:
                inside = await self._among(shelf, groups, ids)
        members = {leaf.member_id for leaf in asked if isinstance(leaf, HasMember)}
        members = set(filter(_can_be_member, members))
        if members and shelf.kind is Kind.GROUP:
            above = await self._above(shelf, members)
            holders = {id_: above[id_] for id_ in members}
        return Surroundings(
            searched=searched,
            below=tree.below,
            members=lambda id_: inside.get(MemberOf(id_), ()),
            direct=lambda id_: inside.get(MemberOf(id_, direct=True), ()),
            holders=lambda id_: holders.get(id_, ()),
        )

    async def _among(
        self, shelf: Shelf, groups: Collection[MemberOf], ids: Collection[str]
    ) -> dict[MemberOf, Collection[str]]:
        """Which of these users are in the groups."""
        above = await self._above(shelf, ids)
        all_above: Mapping[str, Collection[str]] = {id_: _reached(id_, above) for id_ in ids}
        return {
            leaf: {
                id_ for id_ in ids if leaf.group_id in (above if leaf.direct else all_above)[id_]
            }
            for leaf in groups
        }

    async def _users(self, shelf: Shelf, asked: MemberOf) -> Collection[str]:
        """All users of a group."""
        groups = Shelf(shelf.epoch, shelf.tenant_id, Kind.GROUP)
        if asked.group_id not in await self._store.get(groups, (asked.group_id,)):
            return ()
        found: set[str] = set()
        seen, ahead = {asked.group_id}, [asked.group_id]
        while ahead:
            members = await self._named(shelf, ahead.pop())
            below = {id_ for id_ in members if id_.startswith(f"{Kind.GROUP}_")}
            found |= members - below
            if not asked.direct:
                ahead.extend(below - seen)
                seen |= below
        return found

    async def _named(self, shelf: Shelf, group_id: str) -> set[str]:
        """All direct members of a group; some may come or go meanwhile, which is told later."""
        found: set[str] = set()
        offset = 0
        while True:
            names = await self._members.members(
                shelf.epoch, shelf.tenant_id, group_id, offset=offset, limit=_AT_ONCE
            )
            found.update(names.ids)
            offset += _AT_ONCE
            if offset >= names.total:
                return found

    async def _above(self, shelf: Shelf, ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        return await self._members.groups_of(shelf.epoch, shelf.tenant_id, ids)


def _can_be_member(id_: str) -> bool:
    for kind in (Kind.USER, Kind.GROUP):
        with suppress(NotFound):
            return canonical_id(kind, id_) == id_
    return False


def _asked(form: Canonical) -> Iterator[Filter]:
    if form.terms:
        for term in form.terms:
            yield from _asked(term)
        return
    leaf = form.filter.term if isinstance(form.filter, Not) else form.filter
    if isinstance(leaf, _MEMBERS):
        yield leaf


def _reached(id_: str, above: Mapping[str, frozenset[str]]) -> Collection[str]:
    """All groups above, however far."""
    found = set(above[id_])
    ahead = list(found)
    while ahead:
        further = above[ahead.pop()] - found
        found |= further
        ahead.extend(further)
    return found
