"""The mirror's documents in dictionaries (`gateway.ports.MirrorStore`)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.ids import Kind
from gateway.ports import news
from gateway.ports.mirror import (
    Applied,
    Change,
    Document,
    NotMirrored,
    Place,
    Shelf,
    Standing,
    Step,
    Superseded,
)
from gateway.ports.mirror_members import Heard

EVERYTHING = frozenset({news.EVERYTHING})
"""The fields of a change that concerns every view."""

_STEP = 500


@dataclass(slots=True)
class Contents:
    """The documents of one kind in one tenant, and what happened to them."""

    sequence: int = 0
    kept: dict[str, tuple[Document, Change]] = field(default_factory=dict)
    gone: dict[str, str | None] = field(default_factory=dict)
    log: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def document(self, id_: str) -> Document | None:
        """What is kept under an id."""
        return self.kept[id_][0] if id_ in self.kept else None

    def apply(self, change: Change, *, last_word: bool) -> bool:
        """Apply a change, with the last word also of the same version; whether anything differs."""
        if not self._takes(change, last_word=last_word):
            return False
        before = self.kept.get(change.id)
        if change.version is None or not change.content:
            self.gone[change.id] = change.version
            if before is None:
                return False
            del self.kept[change.id]
            self.note(change.id, EVERYTHING)
            return True
        document = Document(change.id, change.version, change.content)
        if before and _same(before, document, change):
            return False
        self.gone.pop(change.id, None)
        self.kept[change.id] = document, change
        compared = before is not None and before[0].version == change.since
        self.note(change.id, change.fields if compared else EVERYTHING)
        return True

    def turning(self, since: datetime, now: datetime) -> list[str]:
        """Whom the clock changed meanwhile."""
        return [
            id_
            for id_, (_, change) in self.kept.items()
            if change.turns_at is not None and since <= change.turns_at <= now
        ]

    def _takes(self, change: Change, *, last_word: bool) -> bool:
        if change.id in self.kept:
            version: str | None = self.kept[change.id][0].version
        elif change.id in self.gone:
            version = self.gone[change.id]
        else:
            return True
        if version is None:
            return False
        if change.version == version:
            return last_word
        return change.version is None or change.version.encode() > version.encode()

    def step(self, ids: Iterable[str], cursor: str | None, *, briefs: bool) -> Step:
        """What is kept under the next ones of these ids; the last of them is the cursor."""
        left = sorted(id_ for id_ in ids if id_ in self.kept and (not cursor or id_ > cursor))
        here = tuple(self.kept[id_] for id_ in left[:_STEP])
        return Step(
            left[_STEP - 1] if len(left) > _STEP else None,
            tuple(Document(kept.id, "", was.brief) if briefs else kept for kept, was in here),
        )

    def note(self, id_: str, fields: frozenset[str]) -> None:
        """Let views know of a change."""
        self.sequence += 1
        self.log.append((id_, fields))


@dataclass(slots=True)
class Room:
    """All of one tenant."""

    epoch: str
    fence: int
    complete: bool = False
    shelves: dict[Kind, Contents] = field(
        default_factory=lambda: {kind: Contents() for kind in Kind}
    )
    around: dict[str, int] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    unsettled: dict[str, Heard] = field(default_factory=dict)


class MemoryMirror:
    """Documents of this process."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._places: dict[bytes, Place] = {}
        self._listeners: list[Callable[[news.Told], None]] = []

    async def open(self, tenant_id: str, *, epoch: str, fence: int) -> None:
        """Make room for a tenant. Raises Superseded."""
        room = self._rooms.get(tenant_id)
        if room is not None:
            _check_fence(room, fence)
        if room is None or room.epoch != epoch:
            self._rooms[tenant_id] = Room(epoch, fence)

    async def complete(self, tenant_id: str, *, epoch: str, fence: int) -> None:
        """Open a tenant for readers. Raises NotMirrored, Superseded."""
        room = self.room(tenant_id)
        _check_fence(room, fence)
        if room.epoch != epoch:
            raise NotMirrored
        room.complete = True

    async def drop(self, tenant_id: str, *, fence: int) -> None:
        """Forget a tenant. Raises Superseded."""
        if room := self._rooms.get(tenant_id):
            _check_fence(room, fence)
            del self._rooms[tenant_id]

    async def tenants(self) -> frozenset[str]:
        """Tenants that were opened and not dropped."""
        return frozenset(self._rooms)

    async def standing(self, tenant_id: str) -> Standing | None:
        """How the tenant stands."""
        room = self._rooms.get(tenant_id)
        if room is None:
            return None
        counts = {kind: len(contents.kept) for kind, contents in room.shelves.items()}
        return Standing(epoch=room.epoch, complete=room.complete, fence=room.fence, counts=counts)

    async def apply(
        self,
        tenant_id: str,
        kind: Kind,
        changes: Sequence[Change],
        *,
        stirs: Iterable[str] = (),
        fence: int | None = None,
    ) -> Applied:
        """Apply changes. Raises NotMirrored, Superseded."""
        room = self.fed(tenant_id, fence) if fence is not None else self.room(tenant_id)
        contents = room.shelves[kind]
        before, last_word = len(contents.log), fence is not None
        changed = tuple(
            change.id for change in changes if contents.apply(change, last_word=last_word)
        )
        if changed:
            await self.stir(tenant_id, stirs)
        self.tell(tenant_id, kind, contents.log[before:])
        return Applied(contents.sequence, changed)

    async def stir(self, tenant_id: str, names: Iterable[str]) -> None:
        """Say that surroundings changed. Raises NotMirrored."""
        room = self.room(tenant_id)
        for name in set(names):
            room.around[name] = room.around.get(name, 0) + 1

    async def place(self, places: Mapping[bytes, Place | None]) -> None:
        """Remember where entries are kept."""
        for uuid, place in places.items():
            if place is None:
                self._places.pop(uuid, None)
            else:
                self._places[uuid] = place

    async def where(self, uuids: Collection[bytes], *, whole: bool = True) -> Mapping[bytes, Place]:
        """Where entries are kept; nothing is ever lost here, so it is always `whole`."""
        del whole
        return {uuid: self._places[uuid] for uuid in uuids if uuid in self._places}

    async def get(self, shelf: Shelf, ids: Sequence[str]) -> Mapping[str, Document]:
        """Those that are there, by id. Raises NotMirrored."""
        kept = self.readable(shelf).shelves[shelf.kind].kept
        return {id_: kept[id_][0] for id_ in ids if id_ in kept}

    async def find(self, shelf: Shelf, key: str) -> tuple[Document, ...]:
        """All that name that key. Raises NotMirrored."""
        kept = self.readable(shelf).shelves[shelf.kind].kept
        found = [document for document, change in kept.values() if key in change.keys]
        return tuple(sorted(found, key=lambda document: document.id))

    async def scan(self, shelf: Shelf, cursor: str | None = None, *, briefs: bool = False) -> Step:
        """The next step through all documents or briefs, by id. Raises NotMirrored."""
        contents = self.readable(shelf).shelves[shelf.kind]
        return contents.step(contents.kept, cursor, briefs=briefs)

    def readable(self, shelf: Shelf) -> Room:
        """What a shelf belongs to. Raises NotMirrored."""
        room = self.room(shelf.tenant_id)
        if room.epoch != shelf.epoch or not room.complete:
            raise NotMirrored
        return room

    def fed(self, tenant_id: str, fence: int) -> Room:
        """What a feed may change. Raises NotMirrored, Superseded."""
        room = self.room(tenant_id)
        _check_fence(room, fence)
        return room

    def listen(self, listener: Callable[[news.Told], None]) -> None:
        """Tell of every change of what is complete from here on."""
        self._listeners.append(listener)

    def tell(
        self, tenant_id: str, kind: Kind, changed: Sequence[tuple[str, frozenset[str]]]
    ) -> None:
        """Tell those who listen, if the tenant is complete."""
        if not changed or not self._rooms[tenant_id].complete:
            return
        told = news.Told(tenant_id, kind, dict(changed))
        for listener in self._listeners:
            listener(told)

    def room(self, tenant_id: str) -> Room:
        """All of a tenant. Raises NotMirrored."""
        if tenant_id not in self._rooms:
            raise NotMirrored
        return self._rooms[tenant_id]


def _same(before: tuple[Document, Change], document: Document, change: Change) -> bool:
    kept, was = before
    return (
        kept == document and set(was.keys) == set(change.keys) and was.turns_at == change.turns_at
    )


def _check_fence(room: Room, fence: int) -> None:
    if fence < room.fence:
        raise Superseded
    room.fence = fence
