"""A mirrored directory without servers: everything in memory, fed when a write is waited for."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from adapters.memory import MemoryDirectory
from adapters.memory.directory import MemoryTenant
from adapters.memory.mirror import MemoryMirror
from adapters.memory.views import MemoryViews
from gateway.domain.ids import Kind
from gateway.domain.model import Resource
from gateway.domain.query import Query
from gateway.mirror.apply.changes import change_of, gone, hidden, uuid_of
from gateway.mirror.fields import UNITS
from gateway.mirror.reading import Mirror, MirroredDirectory
from gateway.mirror.recording import Recording
from gateway.ports import Clock, Reader
from gateway.ports.feed import PLATFORM, Versions
from gateway.ports.mirror import Document, NotMirrored, Place, Shelf
from gateway.ports.mirror_members import Names
from gateway.ports.news import Pulse, Told, Watcher
from mappings.loader import DEFAULT, load

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


class SmallMemo:
    """Keeps what was read until it is told of a change."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[object, Recording]] = {}

    def get(self, key: Hashable) -> object | None:
        """What was kept."""
        return self._kept[key][0] if key in self._kept else None

    def keep(self, key: Hashable, value: object, recording: Recording) -> None:
        """Keep it if that can be."""
        if recording.keepable:
            self._kept[key] = (value, recording)

    def told(self, told: Told | None) -> None:
        """Let go of what changed."""
        for key, (_, recording) in list(self._kept.items()):
            if told is None or any(each.concerned(told) for each in recording.interests):
                del self._kept[key]


class Members:
    """Who is in which group, as the directory says; not while it is unsettled."""

    def __init__(self, direct: MemoryDirectory) -> None:
        self._direct = direct
        self.settled = True
        self._members: dict[str, dict[str, frozenset[str]]] = {}

    async def learn(self, tenant: MemoryTenant, groups: Iterable[str]) -> None:
        """Take over what the directory says."""
        found = await tenant.groups.members_of(groups)
        self._members[tenant.tenant.id] = {
            id_: frozenset(member.id for member in members) for id_, members in found.items()
        }

    async def unsettled(self, tenant_id: str) -> Mapping[str, str]:
        """None, or all."""
        return {} if self.settled else dict.fromkeys(self._of(tenant_id), "")

    async def groups_of(
        self, epoch: str, tenant_id: str, ids: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """The groups above."""
        found: dict[str, frozenset[str]] = {}
        ahead = list(ids)
        while ahead:
            id_ = ahead.pop()
            if id_ not in found:
                found[id_] = frozenset(
                    group for group, members in self._of(tenant_id).items() if id_ in members
                )
                ahead.extend(found[id_])
        return found

    async def members(
        self, epoch: str, tenant_id: str, group_id: str, *, offset: int, limit: int
    ) -> Names:
        """A window of them."""
        found = sorted(self._of(tenant_id).get(group_id, ()))
        return Names(tuple(found[offset : offset + limit]), len(found))

    def _of(self, tenant_id: str) -> Mapping[str, frozenset[str]]:
        if not self.settled:
            raise NotMirrored
        return self._members.get(tenant_id, {})

    async def unsettle(self, *_: Any, **__: Any) -> None:
        """Not here."""
        raise NotImplementedError

    settle = forget = unsettle


class Twin:
    """A directory, its mirror, and the news of it."""

    def __init__(self, clock: Clock) -> None:
        self.direct = MemoryDirectory(clock)
        self.store = MemoryMirror()
        self.members = Members(self.direct)
        self.metrics = Counts()
        self.memo = SmallMemo()
        self.live = True
        self.follows = True
        self._watchers: list[Watcher] = []
        self.store.listen(self._tell)
        self.watch(self.memo.told)
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
            await self.members.learn(tenant, groups)
            await self._shelf(tenant_id, Kind.USER, tenant.users)
            await self._shelf(tenant_id, Kind.IDENTITY_PROVIDER, tenant.identity_providers)
            await self._shelf(tenant_id, Kind.APPLICATION, tenant.applications)
            await self._shelf(tenant_id, Kind.SCIM_TOKEN, tenant.scim_tokens)
            await self.store.complete(tenant_id, epoch=EPOCH, fence=1)
        await self.store.complete(PLATFORM, epoch=EPOCH, fence=1)

    async def _open(self, tenant_id: str) -> None:
        if tenant_id not in await self.store.tenants():
            await self.store.open(tenant_id, epoch=EPOCH, fence=1)

    async def _shelf(self, tenant_id: str, kind: Kind, reader: Reader[Any]) -> list[str]:
        found: tuple[Resource, ...] = (await reader.find(Query(limit=None))).items
        now = {item.id for item in found}
        kept = await self._kept(Shelf(EPOCH, tenant_id, kind))
        changes = [change_of(kind, item, kept.get(item.id)) for item in found]
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
