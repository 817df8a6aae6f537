"""A feed that beats, and listeners to it, over any Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.listener import Listener
from adapters.redis.mirror.store import RedisMirror
from adapters.redis.mirror.truth import RedisTruth
from adapters.redis.settings import RedisSettings
from gateway.domain.errors import Unavailable
from gateway.domain.ids import Kind
from gateway.ports.mirror import Change
from gateway.ports.news import Told
from gateway.ports.truth import Beat, Lease
from tests.adapters.redis.mirror.mirrors import FORM, TENANT

LEASE = timedelta(seconds=30)


@dataclass
class Notebook:
    """What a watcher was told."""

    lines: list[Told | None] = field(default_factory=list)

    @property
    def losses(self) -> int:
        """How often something may have been missed."""
        return self.lines.count(None)

    def ids(self) -> set[str]:
        """All that changed."""
        return {id_ for told in self.lines if told for id_ in told.changed}


@dataclass
class Site:
    """One Redis, a feed that holds the lease, and as many listeners as are asked for."""

    settings: RedisSettings
    keys: Keys
    client: RedisClient
    store: RedisMirror
    truth: RedisTruth
    lease: Lease | None = None
    epoch: str = ""

    async def begin(self) -> None:
        """Take the lease, begin an epoch, and make room for the tenant."""
        self.lease = await self.truth.acquire("feed", lifetime=LEASE)
        assert self.lease is not None
        self.epoch = await self.truth.begin(self.lease) or ""
        fence = self.lease.fence
        await self.store.open(TENANT, epoch=self.epoch, fence=fence)
        await self.store.complete(TENANT, epoch=self.epoch, fence=fence)

    async def beat(self, *, applied: int = 0, **covers: str) -> None:
        """A sign of life, of now."""
        assert self.lease is not None
        beat = Beat(epoch=self.epoch, covers=covers, current=timedelta(0), applied=applied)
        await self.truth.beat(self.lease, beat)

    async def change(self, id_: str, version: str = "1", *fields: str) -> None:
        """Apply a change as a writer does, with the round trip after it."""
        change = Change(
            id=id_, version=version, content=version.encode(), fields=frozenset(fields), since="1"
        )
        await self.store.apply(TENANT, Kind.USER, [change])
        await self.client.ping()

    @asynccontextmanager
    async def listener(self) -> AsyncIterator[tuple[Listener, Notebook]]:
        """A listener with a client of its own, and what it is told."""
        client = RedisClient(self.settings, binary=True)
        listener, book = Listener(self.settings, client, self.keys, FORM), Notebook()
        listener.watch(book.lines.append)
        try:
            async with listener.listening():
                yield listener, book
        finally:
            await client.close()

    async def believed(self, listener: Listener, *, seconds: float = 10) -> None:
        """Beat until a listener believes."""

        async def heard() -> bool:
            with suppress(Unavailable):
                await self.beat()
                await self.client.ping()
            return listener.believed() == self.epoch

        deadline = time.monotonic() + seconds
        while not await heard():
            assert time.monotonic() < deadline, "it was never believed"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def site(settings: RedisSettings, keys: Keys) -> AsyncIterator[Site]:
    """A site whose feed has begun."""
    client = RedisClient(settings, binary=True)
    made = Site(settings, keys, client, RedisMirror(client, keys), RedisTruth(client, keys, FORM))
    try:
        await made.begin()
        yield made
    finally:
        await client.close()


async def until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Return once a condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.005)
