"""The mirror of one epoch: how what is told becomes what is kept."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from gateway.domain.ids import Kind
from gateway.domain.model import Tenant
from gateway.mirror.apply.endings import BeginAnewError, all_of
from gateway.mirror.apply.history import RANKS, Stretch, Told, by_place, place, rank
from gateway.mirror.apply.memberships import Memberships
from gateway.mirror.apply.met import Met
from gateway.mirror.apply.naming import MEMBERS, Naming
from gateway.mirror.apply.pace import Pace
from gateway.mirror.changes import Changes, UnkeepableError, gone, hidden, id_of, uuid_of
from gateway.mirror.fields import UNITS
from gateway.ports.feed import PLATFORM, DirectoryFeed, Gone, Held, OnlyThese
from gateway.ports.mirror import Change, Document, MirrorStore, Place, Shelf
from gateway.ports.mirror_members import MirrorMembers

T = TypeVar("T")
_log = logging.getLogger(__name__)

_READ = 500


class Replica:
    """Keeps documents, places and memberships of one epoch right.

    Every method can be repeated after it was interrupted. All raise `Superseded`, `Unavailable`,
    and `NotMirrored` where the store lost something.

    Args:
        store: keeps documents.
        members: keeps members of groups.
        feed: is asked for members.
        changes: makes what is kept of what is told.
        epoch: in which all this is.
        fence: of the lease.
        pace: sizes.
        opened: tenants that are there and complete; None: all is told for the first time.
    """

    def __init__(
        self,
        store: MirrorStore,
        members: MirrorMembers,
        feed: DirectoryFeed,
        changes: Changes,
        *,
        epoch: str,
        fence: int,
        pace: Pace,
        opened: Collection[str] | None = None,
    ) -> None:
        self.epoch = epoch
        self.first = opened is None
        self.opened = set(opened or ())
        self.opening: set[str] = set()
        self.applied = 0
        self._store = store
        self._made_of = changes.of
        self._fence = fence
        self._pace = pace
        self.memberships = Memberships(feed, members, self.opened, self.opening, fence, pace)
        self._naming = Naming(store, self.memberships, self.opening, epoch=epoch, pace=pace)
        self._limit = asyncio.Semaphore(pace.parallel)
        self._placed = Met()
        self._left_out: dict[bytes, str] = {}

    async def prepare(self) -> None:
        """Make room for what belongs to no tenant."""
        await self._open({PLATFORM})

    async def take(self, stretch: Stretch) -> None:
        """Keep what was told.

        A crash within it is followed by the same events again, so what is gone from one place
        leaves it before its new place is noted, and that before its document is there.

        Raises:
            BeginAnewError: a tenant that was left out can be kept again.
        """
        known = await self._where(tuple(stretch.last))
        leaving = tuple(stretch.leaving(known))
        held = stretch.held
        await self._open(
            {one.tenant_id for one in held}
            | {one.resource.id for one in held if isinstance(one.resource, Tenant)}
        )
        changes = await self._changes(held)
        await self._leave([(told, at) for told, at in leaving if _first(told, at)])
        now = {one.uuid: place(one) for one in held}
        await self._store.place({uuid: at for uuid, at in now.items() if known.get(uuid) != at})
        for step in range(RANKS):
            await self._apply({at: made for at, made in changes.items() if rank(at.kind) == step})
        for step in reversed(range(RANKS)):
            late = [
                (told, at) for told, at in leaving if not _first(told, at) and rank(at.kind) == step
            ]
            await self._leave(late)
        away = [uuid for uuid, told in stretch.last.items() if isinstance(told, Gone)]
        await self._store.place({uuid: None for uuid in away if uuid in known})
        self._readmit(stretch)

    async def only_these(self, event: OnlyThese) -> None:
        """Let go of all that is kept and not among these; costs a look at all that is kept.

        Nothing is gone for good by that: who was added after these were listed is told yet.
        """
        if self.first:
            return  # told as it is now; nothing was kept before
        tenants = {PLATFORM, *self.opened} if event.tenant_id is None else {event.tenant_id}
        for tenant_id in sorted(tenants, key=lambda one: one != PLATFORM):
            for kind in sorted(Kind, key=rank, reverse=True):
                if tenant_id in self.opened:
                    await self._sweep(Place(tenant_id, kind), event)

    async def complete(self) -> None:
        """All that is in the tenants that were opened is told: they can be read."""
        for tenant_id in sorted(self.opening, key=lambda one: one == PLATFORM):
            await self._store.complete(tenant_id, epoch=self.epoch, fence=self._fence)
            self.opening.discard(tenant_id)
            self.memberships.look(tenant_id)

    async def vacate(self) -> None:
        """Let go of tenants that were not there long enough for all to be noted of them."""
        tenant_ids = sorted(self.opened - {PLATFORM})
        shelf = Shelf(self.epoch, PLATFORM, Kind.TENANT)
        for start in range(0, len(tenant_ids), _READ):
            part = tenant_ids[start : start + _READ]
            kept = await self._store.get(shelf, part)
            for tenant_id in part:
                if tenant_id not in kept:
                    await self._drop(tenant_id)

    async def begun(self) -> None:
        """All was told for the first time: what other epochs left of other tenants can go."""
        await self.complete()
        for tenant_id in await self._store.tenants() - self.opened:
            await self._store.drop(tenant_id, fence=self._fence)
        self.first = False

    async def interrupted(self) -> None:
        """Forget tenants of which a part was told: they are told anew."""
        if not self.first:
            for tenant_id in tuple(self.opening):
                await self._drop(tenant_id)

    async def _where(self, uuids: Sequence[bytes]) -> Mapping[bytes, Place]:
        found: dict[bytes, Place] = {}
        if self.first:  # nothing is kept yet but what was told before in this very refresh
            uuids = [uuid for uuid in uuids if self._placed.meet(uuid)]
        for at in range(0, len(uuids), _READ):
            part = uuids[at : at + _READ]
            found |= await self._store.where(part, whole=not self.first)
        return found

    async def _open(self, tenant_ids: Iterable[str]) -> None:
        for tenant_id in set(tenant_ids) - self.opened - set(self._left_out.values()):
            await self._store.open(tenant_id, epoch=self.epoch, fence=self._fence)
            self.opened.add(tenant_id)
            self.opening.add(tenant_id)

    async def _changes(self, held: Sequence[Held]) -> Mapping[Place, list[Change]]:
        """What to apply; before that, groups are unsettled whose members it may change."""
        places = by_place(held)
        kept = dict(
            zip(places, await all_of(map(self._kept, places, places.values())), strict=True)
        )
        changes = {
            at: [
                change
                for one in held_here
                if (change := await self._change(one, kept[at].get(one.resource.id))) is not None
            ]
            for at, held_here in places.items()
        }
        changes = {at: made for at, made in changes.items() if at.tenant_id in self.opened}
        for at, made in changes.items():
            if at.kind is Kind.GROUP and made:
                await self._naming.groups(at.tenant_id, made, kept[at])
            if not self.first:
                await self._naming.others(at, places[at], made, kept[at])
        return changes

    async def _kept(self, at: Place, held: Sequence[Held]) -> Mapping[str, Document]:
        """What is kept of these, where anything can be known."""
        if self.first or at.tenant_id in self.opening or at.tenant_id not in self.opened:
            return {}
        shelf = Shelf(self.epoch, at.tenant_id, at.kind)
        ids = [one.resource.id for one in held]
        parts = [ids[start : start + _READ] for start in range(0, len(ids), _READ)]
        found: dict[str, Document] = {}
        reads = [partial(self._store.get, shelf, part) for part in parts]
        for part in await all_of(map(self._limited, reads)):
            found |= part
        return found

    async def _change(self, held: Held, kept: Document | None) -> Change | None:
        """None where its tenant is not mirrored, maybe since this cannot be kept."""
        try:
            change = self._made_of(held.kind, held.resource, kept)
        except UnkeepableError as error:
            _log.warning(
                "a resource cannot be kept, so its tenant is not mirrored",
                extra={"id": held.resource.id, "tenant": held.tenant_id, "reason": str(error)},
            )
            self._left_out[held.uuid] = held.tenant_id
            await self._drop(held.tenant_id)
            return None
        return change if held.tenant_id in self.opened else None

    async def _apply(self, changes: Mapping[Place, Sequence[Change]]) -> None:
        chunk = self._pace.chunk
        await all_of(
            self._limited(partial(self._apply_some, at, made[start : start + chunk]))
            for at, made in changes.items()
            for start in range(0, len(made), chunk)
        )

    async def _apply_some(self, at: Place, changes: Sequence[Change]) -> None:
        stirs = (UNITS,) if at.kind is Kind.ORGANIZATIONAL_UNIT else ()
        applied = await self._store.apply(
            at.tenant_id, at.kind, changes, stirs=stirs, fence=self._fence
        )
        self.applied += len(applied.changed)

    async def _leave(self, leaving: Sequence[tuple[Told, Place]]) -> None:
        """Let go of what is not where it was."""
        changes: dict[Place, list[Change]] = {}
        for told, at in leaving:
            if at.tenant_id in self.opened:
                id_ = id_of(at.kind, told.uuid)
                change = gone(id_) if isinstance(told, Gone) else hidden(id_, _version(told))
                changes.setdefault(at, []).append(change)
        await self._apply(changes)
        for at, made in changes.items():
            await self._forget(at, [one.id for one in made])

    async def _forget(self, at: Place, ids: Sequence[str]) -> None:
        """Whatever else there is of those whose documents are gone."""
        if at.kind in MEMBERS:
            for start in range(0, len(ids), self._pace.chunk):
                part = ids[start : start + self._pace.chunk]
                await self.memberships.forget(at.tenant_id, part)
        if at.kind is Kind.TENANT:
            for id_ in ids:
                await self._drop(id_)
                self._left_out = {
                    uuid: tenant for uuid, tenant in self._left_out.items() if tenant != id_
                }

    async def _sweep(self, at: Place, only: OnlyThese) -> None:
        shelf = Shelf(self.epoch, at.tenant_id, at.kind)
        cursor: str | None = None
        while True:
            step = await self._store.scan(shelf, cursor)
            missing = {
                one.id: one.version for one in step.documents if uuid_of(one.id) not in only.uuids
            }
            if missing:  # their documents go last: after a crash these are missed again
                await self._forget(at, tuple(missing))
                await self._unplace(at, missing)
                await self._apply({at: [hidden(*one) for one in missing.items()]})
            if (cursor := step.cursor) is None:
                return

    async def _unplace(self, at: Place, ids: Collection[str]) -> None:
        known = await self._where([uuid_of(id_) for id_ in ids])
        await self._store.place({uuid: None for uuid, where in known.items() if where == at})

    async def _drop(self, tenant_id: str) -> None:
        """Readers ask the directory for what is in that tenant."""
        self.opened.discard(tenant_id)
        await self._store.drop(tenant_id, fence=self._fence)
        self.opening.discard(tenant_id)

    def _readmit(self, stretch: Stretch) -> None:
        """What could not be kept was told again, and does not stand in the way any more."""
        for uuid, tenant_id in tuple(self._left_out.items()):
            told = stretch.last.get(uuid)
            if told is None:
                continue
            if isinstance(told, Held) and told.tenant_id == tenant_id and self._is_unkeepable(told):
                continue
            del self._left_out[uuid]
            if tenant_id not in self._left_out.values():
                raise BeginAnewError("a tenant can be mirrored again")

    def _is_unkeepable(self, held: Held) -> bool:
        try:
            self._made_of(held.kind, held.resource, None)
        except UnkeepableError:
            return True
        return False

    async def _limited(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._limit:
            return await work()


def _first(told: Told, at: Place) -> bool:
    """Whether to let go before others come: what moves, and what nothing else stands in."""
    return isinstance(told, Held) or rank(at.kind) == RANKS - 1


def _version(told: Told) -> str:
    match told:
        case Held():
            return told.resource.version
        case Gone():
            return ""
        case _:
            return told.version
