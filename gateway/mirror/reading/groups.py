"""Groups of one tenant, with who is in them."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group, Member, Membership, MembershipType
from gateway.domain.query import Page
from gateway.domain.text import comparable
from gateway.mirror.documents import Known
from gateway.mirror.fields import MEMBERS
from gateway.mirror.kinds import Kept, R
from gateway.mirror.reading.mirror import Declined
from gateway.mirror.reading.reader import MirroredStore, Reading
from gateway.mirror.recording import Interest, rely_on
from gateway.ports import Groups, MemberShift
from gateway.ports.mirror import Shelf
from gateway.ports.news import UNSETTLED

T = TypeVar("T")

_AT_ONCE: Final = 1_000


class MirroredGroups(MirroredStore[Group]):
    """Groups of a tenant."""

    def __init__(
        self, reading: Reading, tenant_id: str, direct: Callable[[], Awaitable[Groups]]
    ) -> None:
        super().__init__(reading, reading.kinds.group, tenant_id, direct)
        self._groups = direct
        self._kinds = reading.kinds

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Direct members, ascending by id."""
        group_id = canonical_id(Kind.GROUP, id_)

        async def mirrored(epoch: str) -> Page[Member]:
            if group_id not in await self._names(epoch, self._kinds.group, (group_id,)):
                raise NotFound(Kind.GROUP)
            return await self._members(epoch, group_id, offset=offset, limit=limit)

        async def direct() -> Page[Member]:
            return await (await self._groups()).members(group_id, offset=offset, limit=limit)

        return await self._mirror.read(mirrored, direct)

    async def members_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Member, ...]]:
        """All direct members of several groups."""
        wanted = _canonical(Kind.GROUP, ids)

        async def mirrored(epoch: str) -> Mapping[str, tuple[Member, ...]]:
            found = await self._names(epoch, self._kinds.group, wanted)
            return {id_: await self._all_members(epoch, id_) for id_ in wanted if id_ in found}

        async def direct() -> Mapping[str, tuple[Member, ...]]:
            return await (await self._groups()).members_of(wanted)

        return await self._mirror.read(mirrored, direct)

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        for found in (await self.memberships_of((id_,))).values():
            return found
        raise NotFound(Kind.USER)

    async def memberships_of(self, ids: Iterable[str]) -> Mapping[str, tuple[Membership, ...]]:
        """`memberships` of many users at once."""
        wanted = _canonical(Kind.USER, ids)

        async def mirrored(epoch: str) -> Mapping[str, tuple[Membership, ...]]:
            there = await self._names(epoch, self._kinds.user, wanted)
            above = await self._mirror.members.groups_of(epoch, self._tenant_id, wanted)
            groups = frozenset[str]().union(*above.values())
            self._rely(Kind.GROUP, groups | {UNSETTLED})
            names = await self._names(epoch, self._kinds.group, sorted(groups))
            if len(names) < len(groups):
                raise _torn()
            return {id_: tuple(_above(id_, above, names)) for id_ in wanted if id_ in there}

        async def direct() -> Mapping[str, tuple[Membership, ...]]:
            return await (await self._groups()).memberships_of(wanted)

        return await self._mirror.read(mirrored, direct)

    async def change_members(
        self,
        id_: str,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        version: str | None = None,
    ) -> MemberShift | None:
        """Add some members and remove others."""
        groups = await self._groups()
        write = groups.change_members(id_, add=add, remove=remove, version=version)
        return await self._writes.shifted(self._tenant_id, id_, write)

    async def clear_members(self, id_: str, *, version: str | None = None) -> None:
        """Remove all members."""
        await self._writes.made((await self._groups()).clear_members(id_, version=version))

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add members."""
        await self.change_members(id_, add=member_ids)

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members."""
        await self.change_members(id_, remove=member_ids)

    async def _all_members(self, epoch: str, group_id: str) -> tuple[Member, ...]:
        found: list[Member] = []
        total: int | None = None
        while total is None or len(found) < total:
            page = await self._members(epoch, group_id, offset=len(found), limit=_AT_ONCE)
            if total not in (None, page.total) or (page.total and not page.items):
                raise _torn()
            total = page.total
            found += page.items
        return tuple(found)

    async def _members(self, epoch: str, group_id: str, *, offset: int, limit: int) -> Page[Member]:
        """A window of the members, by name. Raises NotMirrored, Unavailable."""
        window = await self._mirror.members.members(
            epoch, self._tenant_id, group_id, offset=offset, limit=limit
        )
        interest = Interest(
            self._tenant_id, Kind.GROUP, frozenset((group_id, UNSETTLED)), frozenset((MEMBERS,))
        )
        rely_on(interest)
        users = [id_ for id_ in window.ids if id_.startswith(f"{Kind.USER}_")]
        groups = [id_ for id_ in window.ids if id_.startswith(f"{Kind.GROUP}_")]
        names = {
            **await self._names(epoch, self._kinds.user, users),
            **await self._names(epoch, self._kinds.group, groups),
        }
        if len(names) < len(window.ids):
            raise _torn()
        items = tuple(Member(id=id_, name=names[id_]) for id_ in window.ids)
        return Page(items, window.total)

    async def _names(self, epoch: str, kept: Kept[R], ids: Sequence[str]) -> dict[str, str]:
        """The names of those that are there. Raises NotMirrored, Unavailable."""
        if not ids:
            return {}
        self._rely(kept.kind, ids)
        found = await self._mirror.store.get(Shelf(epoch, self._tenant_id, kept.kind), ids)
        read, known = kept.names, Known(now=self._mirror.clock())
        return {
            one.id: str(getattr(read(one.id, one.version, one.content, known), kept.name))
            for one in found.values()
        }

    def _rely(self, kind: Kind, ids: Collection[str]) -> None:
        rely_on(Interest(self._tenant_id, kind, frozenset(ids)))


def _torn() -> Declined:
    """Members and documents are of different moments."""
    return Declined("torn")


def _above(
    user_id: str, above: Mapping[str, frozenset[str]], names: Mapping[str, str]
) -> Iterator[Membership]:
    direct = above[user_id]
    seen, ahead = set(direct), list(direct)
    while ahead:
        further = above[ahead.pop()] - seen
        seen |= further
        ahead.extend(further)
    yield from _named(direct, names, MembershipType.DIRECT)
    yield from _named(seen - direct, names, MembershipType.NESTED)


def _named(
    ids: Collection[str], names: Mapping[str, str], type_: MembershipType
) -> list[Membership]:
    found = [Membership(group_id=id_, name=names[id_], type=type_) for id_ in ids]
    return sorted(found, key=lambda one: (comparable(one.name), one.group_id))


def _canonical(kind: Kind, ids: Iterable[str]) -> list[str]:
    """The ids of that kind, once each; what is none names nothing."""
    found = dict[str, None]()
    for id_ in ids:
        with suppress(NotFound):
            found[canonical_id(kind, id_)] = None
    return list(found)
