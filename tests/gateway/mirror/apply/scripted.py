"""A directory in dictionaries that tells its history as the feed's port says, and a mirror."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from adapters.memory.members import MemoryMembers
from adapters.memory.mirror import MemoryMirror
from adapters.memory.truth import MemoryTruth
from gateway.domain.errors import Unavailable
from gateway.domain.ids import Kind
from gateway.domain.model import Group, OrganizationalUnit, Resource, Tenant, User
from gateway.mirror.apply.endings import ended
from gateway.mirror.apply.leader import Leader
from gateway.mirror.apply.pace import Pace
from gateway.mirror.apply.session import Room
from gateway.mirror.changes import id_of, uuid_of
from gateway.ports.feed import (
    PLATFORM,
    Current,
    FeedEvent,
    Gone,
    Held,
    Live,
    Membership,
    NotHeld,
    OnlyThese,
    Reached,
    StartOver,
)
from gateway.ports.mirror import NotMirrored, Shelf
from tests.gateway.mirror.people import CHANGES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = Pace(
    lease=0.3,
    renew=0.02,
    first_pause=0.001,
    longest_pause=0.01,
    beats=0.0005,
    incarnation=0.01,
    inspection=0.02,
    debounce=0.001,
    rest=0.5,
    chunk=3,
)
"""All that takes long elsewhere is soon over."""


class World:
    """A directory: what is there, who is a member, and all that ever happened."""

    def __init__(self) -> None:
        self.held: dict[bytes, Held] = {}
        self.named: dict[bytes, frozenset[bytes]] = {}
        self.log: list[FeedEvent] = []
        self.lost_before = 0
        self._uuids = count(1)
        self._versions = count(1)
        self._happened: set[asyncio.Event] = set()
        self.interruptions: list[FeedEvent] = []
        self.members_away = 0
        self.size = 4
        self.present = False

    def add(self, kind: Kind, tenant_id: str, **values: Any) -> bytes:
        """Add a resource; its UUID."""
        uuid = next(self._uuids).to_bytes(16, "big")
        self.put(uuid, kind, tenant_id, **values)
        return uuid

    def put(self, uuid: bytes, kind: Kind, tenant_id: str, **values: Any) -> None:
        """Add a resource, or one that was retired."""
        common: dict[str, Any] = {
            "id": id_of(kind, uuid),
            "version": self._version(),
            "created_at": NOW,
        }
        name = f"n{int.from_bytes(uuid, 'big')}"
        made: Resource
        match kind:
            case Kind.TENANT:
                made = Tenant(**common, slug=name)
            case Kind.USER:
                fields = {"email": f"{name}@example.org", "username": name} | values
                made = User(**common, tenant_id=tenant_id, **fields)
            case Kind.GROUP:
                made = Group(**common, tenant_id=tenant_id, **{"name": name} | values)
            case _:
                made = OrganizationalUnit(
                    **common, tenant_id=tenant_id, path="", **{"name": name} | values
                )
        self._tell(Held(uuid, tenant_id, kind, made))

    def update(self, uuid: bytes, **values: Any) -> None:
        """Change some fields."""
        held = self.held[uuid]
        changed = replace(
            held.resource, version=self._version(), updated_at=NOW + timedelta(days=1), **values
        )
        self._tell(replace(held, resource=changed))

    def move(self, uuid: bytes, tenant_id: str, *, same_version: bool) -> None:
        """Move to another tenant, by itself or along with what it stands in."""
        held = self.held[uuid]
        version = held.resource.version if same_version else self._version()
        moved = replace(held.resource, version=version, tenant_id=tenant_id)  # type: ignore[call-arg] # tenants do not move
        self._tell(replace(held, tenant_id=tenant_id, resource=moved))

    def retire(self, uuid: bytes) -> None:
        """It is there, and no resource any more."""
        del self.held[uuid]
        self._say(NotHeld(uuid, self._version()))

    def delete(self, uuid: bytes) -> None:
        """Delete, and what is in it; groups forget it as slapd's refint makes them."""
        tenant_id = id_of(Kind.TENANT, uuid)
        for below in [each for each, held in self.held.items() if held.tenant_id == tenant_id]:
            self.delete(below)
        self.held.pop(uuid, None)
        self._say(Gone(uuid))
        for group in [each for each, names in self.named.items() if uuid in names]:
            if group in self.held:
                self.name(group, self.named[group] - {uuid})

    def name(self, group: bytes, members: frozenset[bytes]) -> None:
        """Let a group name others, also such as are not there."""
        self.named[group] = members
        self.update(group)

    def members_of(self, group: bytes) -> frozenset[str]:
        """The members as the directory resolves them: those that are there, of the tenant."""
        return frozenset(
            self.held[uuid].resource.id
            for uuid in self.named.get(group, ())
            if uuid in self.held
            and self.held[uuid].tenant_id == self.held[group].tenant_id
            and self.held[uuid].kind in (Kind.USER, Kind.GROUP)
        )

    def interrupt(self, event: FeedEvent) -> None:
        """Lose the connection, or the history."""
        self.interruptions.append(event)
        self._wake()

    async def events(self, cookie: bytes | None) -> AsyncGenerator[Sequence[FeedEvent], None]:
        """What happens (`DirectoryFeed`)."""
        happened = asyncio.Event()
        self._happened.add(happened)
        try:
            at = None if cookie is None else int(cookie)
            while True:
                refresh, at = self._refresh(at)
                for start in range(0, len(refresh), self.size):
                    await asyncio.sleep(0)
                    yield refresh[start : start + self.size]
                while not self.interruptions:
                    if at < len(self.log):
                        told = self.log[at : at + self.size]
                        at += len(told)
                        yield [*told, self._reached(at)]
                    moment = time.monotonic()
                    if at == len(self.log):
                        yield [Current(moment)]
                        happened.clear()
                    if at == len(self.log) and not self.interruptions:
                        try:
                            await asyncio.wait_for(happened.wait(), 0.02)
                        except TimeoutError:
                            continue
                ending = self.interruptions.pop(0)
                yield [ending]
                at = None if isinstance(ending, StartOver) else at
        finally:
            self._happened.discard(happened)

    async def members(self, tenant_id: str, group_ids: Collection[str]) -> Mapping[str, Membership]:
        """Who is in groups (`DirectoryFeed`)."""
        await self._answer()
        found = {
            id_: self.held[uuid_of(id_)]
            for id_ in group_ids
            if uuid_of(id_) in self.held and self.held[uuid_of(id_)].tenant_id == tenant_id
        }
        read = {
            id_: Membership(held.resource.version, self.members_of(held.uuid))
            for id_, held in found.items()
        }
        await asyncio.sleep(0)
        return read

    async def holders(self, tenant_id: str, ids: Collection[str]) -> frozenset[str]:
        """Who names these (`DirectoryFeed`)."""
        await self._answer()
        return frozenset(
            self.held[group].resource.id
            for group in self.named
            if group in self.held
            and self.held[group].tenant_id == tenant_id
            and not self.members_of(group).isdisjoint(ids)
        )

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.members_away:
            self.members_away -= 1
            raise Unavailable("The directory is away")

    def _refresh(self, at: int | None) -> tuple[list[FeedEvent], int]:
        end = len(self.log)
        told: list[FeedEvent]
        if at is None:
            told = [*self.held.values(), OnlyThese(set(self.held))]
        elif self.present:
            since = {event.uuid for event in self.log[at:] if isinstance(event, Held)}
            told = [held for uuid, held in self.held.items() if uuid in since]
            hidden = [event for event in self.log[at:] if isinstance(event, NotHeld)]
            told += [event for event in hidden if event.uuid not in self.held]
            told.append(OnlyThese(set(self.held)))
        else:
            told = self.log[at:]
        return [*told, self._reached(end), Live()], end

    def _reached(self, at: int) -> Reached:
        return Reached(str(at).encode(), {"000": f"{at:08d}"})

    def _tell(self, held: Held) -> None:
        self.held[held.uuid] = held
        self._say(held)

    def _say(self, event: FeedEvent) -> None:
        self.log.append(event)
        self._wake()

    def _wake(self) -> None:
        for each in self._happened:
            each.set()

    def _version(self) -> str:
        return f"{next(self._versions):08d}"


class Weather:
    """Stands before a store; now and then it is away, before or after it did what was asked."""

    def __init__(self, inner: Any, bad: Callable[[], bool]) -> None:
        self._inner = inner
        self._bad = bad

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            await asyncio.sleep(0)
            if self._bad():
                raise Unavailable("The store is away")
            answer = await method(*arguments, **named)
            if self._bad():
                raise Unavailable("The store is away")
            return answer

        return call


class House:
    """A world, what mirrors it, and the feeds that run."""

    def __init__(self, bad: Callable[[], bool] = lambda: False) -> None:
        self.world = World()
        self.store = MemoryMirror()
        self.members = MemoryMembers(self.store)
        self.truth = MemoryTruth(lambda: datetime.now(UTC))
        self.room = Room(
            feed=self.world,
            changes=CHANGES,
            store=Weather(self.store, bad),
            members=Weather(self.members, bad),
            truth=Weather(self.truth, bad),
        )
        self._feeds: list[asyncio.Task[None]] = []

    def start(self) -> Leader:
        """Start a feed."""
        leader = Leader(self.room, f"feed{len(self._feeds)}", QUICK)
        self._feeds.append(asyncio.create_task(leader.run()))
        return leader

    async def crash(self) -> None:
        """End all feeds, without a word to anybody."""
        await ended(self._feeds)
        self._feeds.clear()

    async def eventually(self, holds: Callable[[], Any], *, seconds: float = 20) -> None:
        """Return once a condition holds (which may be awaited)."""
        deadline = time.monotonic() + seconds
        while True:
            held = holds()
            if asyncio.iscoroutine(held):
                held = await held
            if held:
                return
            assert time.monotonic() < deadline, await self.differences()
            await asyncio.sleep(0.002)

    async def right(self) -> None:
        """Wait until the mirror is believed, and is the world."""
        await self.eventually(self._is_right)

    async def differences(self) -> list[str]:
        """In what the mirror is not the world."""
        progress = await self.truth.progress()
        if await self.truth.believed() is None or progress is None:
            return ["it is not believed"]
        epoch = progress.epoch
        world = self.world
        tenants = {PLATFORM, *(h.resource.id for h in world.held.values() if h.kind is Kind.TENANT)}
        found = []
        if tenants != await self.store.tenants():
            found.append(f"tenants {sorted(await self.store.tenants() ^ tenants)}")
        for tenant_id in tenants:
            for kind in Kind:
                found += await self._documents(Shelf(epoch, tenant_id, kind))
        for uuid, held in world.held.items():
            if held.kind is Kind.GROUP and held.tenant_id in tenants:
                found += await self._members(epoch, uuid)
        return found

    async def _documents(self, shelf: Shelf) -> list[str]:
        try:
            step = await self.store.scan(shelf)
        except NotMirrored:
            return [f"{shelf.tenant_id} is not mirrored"]
        kept = {one.id: (one.version, one.content) for one in step.documents}
        wanted = {
            held.resource.id: (
                held.resource.version,
                CHANGES.of(shelf.kind, held.resource, None).content,
            )
            for held in self.world.held.values()
            if held.tenant_id == shelf.tenant_id and held.kind is shelf.kind
        }
        return [
            f"{shelf.tenant_id} {id_}"
            for id_ in kept.keys() | wanted.keys()
            if kept.get(id_) != wanted.get(id_)
        ]

    async def _members(self, epoch: str, group: bytes) -> list[str]:
        held = self.world.held[group]
        try:
            names = await self.members.members(
                epoch, held.tenant_id, held.resource.id, offset=0, limit=1000
            )
        except NotMirrored:
            return [f"members of {held.resource.id} are not known"]
        right = set(names.ids) == self.world.members_of(group)
        return [] if right else [f"members of {held.resource.id}"]

    async def _is_right(self) -> bool:
        return not await self.differences()
