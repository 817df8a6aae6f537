"""A mirrored directory without servers: everything in memory, fed when a write is waited for."""

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import Any

from adapters.memory import MemoryDirectory
from adapters.memory.directory import MemoryTenant
from adapters.memory.members import MemoryMembers
from adapters.memory.mirror import MemoryMirror
from adapters.memory.views import MemoryViews
from gateway.domain.ids import Kind
from gateway.domain.model import Resource
from gateway.domain.query import Query
from gateway.mirror.changes import gone, hidden, uuid_of
from gateway.mirror.fields import UNITS
from gateway.mirror.memo import Memo
from gateway.mirror.reading import Mirror, MirroredDirectory
from gateway.ports import Clock, Reader
from gateway.ports.feed import PLATFORM, Versions
from gateway.ports.mirror import Document, NotMirrored, Place, Shelf
from gateway.ports.mirror_members import Heard
from gateway.ports.news import Pulse, Told, Watcher
from mappings.loader import DEFAULT, load
from tests.gateway.mirror.people import CHANGES

EPOCH = "one"


class Counts(Counter[tuple[str, str]]):
    """How often reads were answered from where, and why."""

    def count(self, event: str, **labels: str) -> None:
        """One more."""
        assert event == "mirror_read"
        self[labels["answered"], labels["reason"]] += 1

    def of(self, answered: str) -> int:
        """How often that answered."""
        return sum(times for (source, _), times in self.items() if source == answered)


class Twin:
    """A directory, its mirror, and the news of it."""

    def __init__(self, clock: Clock) -> None:
        self._watchers: list[Watcher] = []
        self._groups: dict[str, set[str]] = {}
        self.direct = MemoryDirectory(clock)
        self.store = MemoryMirror()
        self.members = MemoryMembers(self.store)
        self.metrics = Counts()
        self.memo = Memo(self, clock)
        self.live = True
        self.follows = True
        self.store.listen(self._tell)
        self.views = MemoryViews(self.store, clock, lifetime=timedelta(days=9), room=500)
        self.mirror = Mirror(
            store=self.store,
            views=self.views,
            members=self.members,
            news=self,
            memo=self.memo,
            position=self._position,
            clock=clock,
            metrics=self.metrics,
            mappings=load(DEFAULT),
        )
        self.directory = MirroredDirectory(self.direct, self.mirror)

    @property
    def connected(self) -> bool:
        """Always."""
        return True

    def believed(self) -> str | None:
        """The epoch while the feed lives."""
        return EPOCH if self.live else None

    def pulse(self) -> Pulse | None:
        """Nobody asks."""
        return None

    def watch(self, watcher: Watcher) -> None:
        """Tell of changes."""
        self._watchers.append(watcher)

    def lost(self) -> None:
        """Say that nobody knows what happened."""
        for watcher in self._watchers:
            watcher(None)

    async def covered(self, versions: Versions) -> None:
        """Be fed all that there is; only then is the mirror believed."""
        if self.follows:
            await self.feed()

    async def feed(self) -> None:
        """Take over everything as the directory has it now."""
        await self._open(PLATFORM)
        await self._shelf(PLATFORM, Kind.PARTNER, self.direct.partners)
        await self._shelf(PLATFORM, Kind.TENANT, self.direct.tenants)
        for tenant_id, tenant in self.direct.tenants.subtrees.items():
            await self._open(tenant_id)
            await self._shelf(tenant_id, Kind.ORGANIZATIONAL_UNIT, tenant.ous)
            groups = await self._shelf(tenant_id, Kind.GROUP, tenant.groups)
            await self._settle(tenant, groups)
            await self._shelf(tenant_id, Kind.USER, tenant.users)
            await self._shelf(tenant_id, Kind.IDENTITY_PROVIDER, tenant.identity_providers)
            await self._shelf(tenant_id, Kind.APPLICATION, tenant.applications)
            await self._shelf(tenant_id, Kind.SCIM_TOKEN, tenant.scim_tokens)
            await self.store.complete(tenant_id, epoch=EPOCH, fence=1)
        await self.store.complete(PLATFORM, epoch=EPOCH, fence=1)

    async def _settle(self, tenant: MemoryTenant, groups: Collection[str]) -> None:
        tenant_id = tenant.tenant.id
        known = self._groups.setdefault(tenant_id, set())
        await self.members.forget(tenant_id, known.difference(groups), fence=1)
        known.update(groups)
        for id_, members in (await tenant.groups.members_of(groups)).items():
            ids = [member.id for member in members]
            heard = Heard((await tenant.groups.get(id_)).version)
            await self.members.unsettle(tenant_id, {id_: heard}, fence=1)
            await self.members.settle(tenant_id, id_, heard, ids, fence=1)

    async def _open(self, tenant_id: str) -> None:
        if tenant_id not in await self.store.tenants():
            await self.store.open(tenant_id, epoch=EPOCH, fence=1)

    async def _shelf(self, tenant_id: str, kind: Kind, reader: Reader[Any]) -> list[str]:
        found: tuple[Resource, ...] = (await reader.find(Query(limit=None))).items
        now = {item.id for item in found}
        kept = await self._kept(Shelf(EPOCH, tenant_id, kind))
        changes = [CHANGES.of(kind, item, kept.get(item.id)) for item in found]
        for id_ in kept.keys() - now:
            # Whoever is retired can come back, in a later version.
            user = kind is Kind.USER
            changes.append(hidden(id_, f"{kept[id_].version}~") if user else gone(id_))
        stirs = (UNITS,) if kind is Kind.ORGANIZATIONAL_UNIT else tuple[str, ...]()
        for at in range(0, len(changes), 50):
            await self.store.apply(tenant_id, kind, changes[at : at + 50], stirs=stirs, fence=1)
        places: dict[bytes, Place | None] = dict.fromkeys(map(uuid_of, kept), None)
        places |= dict.fromkeys(map(uuid_of, now), Place(tenant_id, kind))
        await self.store.place(places)
        return list(now)

    async def _kept(self, shelf: Shelf) -> dict[str, Document]:
        found: dict[str, Document] = {}
        cursor: str | None = None
        with suppress(NotMirrored):  # it was opened right now
            while True:
                step = await self.store.scan(shelf, cursor)
                found |= {one.id: one for one in step.documents}
                cursor = step.cursor
                if cursor is None:
                    break
        return found

    def _tell(self, told: Told) -> None:
        for watcher in self._watchers:
            watcher(told)

    async def _position(self) -> Versions:
        return {}
