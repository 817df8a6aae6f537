"""Who is in which group, in sets (`gateway.ports.mirror_members`)."""

from collections.abc import Collection, Mapping

from adapters.memory.mirror import MemoryMirror, Room
from gateway.domain.ids import Kind
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, NESTING
from gateway.ports import MemberShift
from gateway.ports.mirror import Shelf
from gateway.ports.mirror_members import Heard, Names, Unsettled
from gateway.ports.news import UNSETTLED

_GROUP = f"{Kind.GROUP}_"


class MemoryMembers:
    """Memberships of this process."""

    def __init__(self, mirror: MemoryMirror) -> None:
        self._mirror = mirror

    async def unsettle(self, tenant_id: str, heard: Mapping[str, Heard], *, fence: int) -> None:
        """Say that members are not known. Raises NotMirrored, Superseded."""
        room = self._mirror.fed(tenant_id, fence)
        told: list[tuple[str, frozenset[str]]] = []
        for group_id, new in heard.items():
            known = room.settled.get(group_id)
            if not new.mark and known is not None and new.version.encode() <= known.encode():
                continue
            before = room.unsettled.get(group_id)
            both = before.and_also(new) if before is not None else new
            if both != before:
                room.unsettled[group_id] = both
                told.append((group_id, frozenset({MEMBERS})))
        if told:
            told.insert(0, (UNSETTLED, frozenset({MEMBERS, MEMBERSHIPS})))
        self._mirror.tell(tenant_id, Kind.GROUP, told)

    async def unsettled(self, tenant_id: str) -> Mapping[str, Heard]:
        """The groups whose members are not known. Raises NotMirrored."""
        return dict(self._mirror.room(tenant_id).unsettled)

    async def settle(
        self, tenant_id: str, group_id: str, known: Heard, members: Collection[str], *, fence: int
    ) -> None:
        """Keep the members of a group. Raises NotMirrored, Superseded."""
        room = self._mirror.fed(tenant_id, fence)
        if room.settled.get(group_id, "").encode() > known.version.encode():
            return
        self._bring(tenant_id, room, group_id, set(members))
        room.settled[group_id] = known.version
        if room.unsettled.get(group_id, known).and_also(known) == known:
            room.unsettled.pop(group_id, None)

    async def shift(self, epoch: str, tenant_id: str, group_id: str, shift: MemberShift) -> bool:
        """Keep what a write did to a group. Raises NotMirrored."""
        room = self._mirror.readable(Shelf(epoch, tenant_id, Kind.GROUP))
        known = Heard(shift.version)
        if (
            room.settled.get(group_id) != shift.since
            or room.unsettled.get(group_id, known) != known
            or not all(self._is_kept(room, id_) for id_ in shift.joined)
        ):
            return False
        members = room.members.get(group_id, set())
        self._bring(tenant_id, room, group_id, (members | shift.joined) - shift.left)
        room.settled[group_id] = shift.version
        room.unsettled.pop(group_id, None)
        return True

    async def forget(self, tenant_id: str, ids: Collection[str], *, fence: int) -> None:
        """Forget users and groups. Raises NotMirrored, Superseded."""
        room = self._mirror.fed(tenant_id, fence)
        gone = set(ids)
        for group_id in list(room.members):
            left = set() if group_id in gone else room.members[group_id] - gone
            self._bring(tenant_id, room, group_id, left)
        for id_ in gone:
            room.settled.pop(id_, None)
            room.unsettled.pop(id_, None)

    async def groups_of(
        self, epoch: str, tenant_id: str, ids: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """Groups of each, and of those. Raises NotMirrored, Unsettled."""
        room = self._mirror.readable(Shelf(epoch, tenant_id, Kind.GROUP))
        if room.unsettled:
            raise Unsettled
        found: dict[str, frozenset[str]] = {}
        left = list(ids)
        while left:
            if (id_ := left.pop()) not in found:
                found[id_] = frozenset(
                    group_id for group_id, members in room.members.items() if id_ in members
                )
                left += found[id_]
        return found

    async def members(
        self, epoch: str, tenant_id: str, group_id: str, *, offset: int, limit: int
    ) -> Names:
        """Direct members of a group. Raises NotMirrored, Unsettled."""
        room = self._mirror.readable(Shelf(epoch, tenant_id, Kind.GROUP))
        if group_id in room.unsettled or group_id not in room.settled:
            raise Unsettled
        here = sorted(room.members.get(group_id, ()))
        return Names(tuple(here[offset : offset + limit]), len(here))

    def _is_kept(self, room: Room, id_: str) -> bool:
        return any(id_ in room.shelves[kind].kept for kind in (Kind.USER, Kind.GROUP))

    def _bring(self, tenant_id: str, room: Room, group_id: str, members: set[str]) -> None:
        changed = members ^ room.members.get(group_id, set())
        if not changed:
            return
        room.members[group_id] = members
        if any(id_.startswith(_GROUP) for id_ in changed):
            room.around[NESTING] = room.around.get(NESTING, 0) + 1
        for kind in (Kind.USER, Kind.GROUP):
            told = [
                (id_, frozenset({MEMBERSHIPS})) for id_ in changed if id_.startswith(f"{kind}_")
            ]
            if kind is Kind.GROUP:
                told.append((group_id, frozenset({MEMBERS})))
            for id_, fields in told:
                room.shelves[kind].note(id_, fields)
            self._mirror.tell(tenant_id, kind, told)
