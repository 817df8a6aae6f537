"""Every mirror under one suite: in memory, in Redis, and in a Redis Cluster of three nodes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest
import pytest_asyncio

from adapters.memory.members import MemoryMembers
from adapters.memory.mirror import MemoryMirror
from adapters.memory.truth import MemoryTruth
from adapters.memory.views import MemoryViews
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.members import RedisMembers
from adapters.redis.mirror.store import RedisMirror
from adapters.redis.mirror.truth import RedisTruth
from adapters.redis.mirror.views import RedisViews, ViewLimits
from adapters.redis.settings import RedisSettings
from tests.adapters.redis.mirror.mirrors import FORM, LIFETIME, ROOM, Mirror
from tests.stack.stack import Stack


def _patient(url: str, *, cluster: bool) -> RedisSettings:
    return RedisSettings(url=url, cluster=cluster, connect_timeout_seconds=20, timeout_seconds=20)


@pytest_asyncio.fixture(
    scope="session",
    params=["memory", "redis", pytest.param("cluster", marks=pytest.mark.native_only)],
)
async def connected(request: pytest.FixtureRequest) -> AsyncIterator[RedisClient | None]:
    """A binary client of each kind of Redis; None for memory."""
    if request.param == "memory":
        yield None
        return
    if request.param == "cluster":
        url = request.getfixturevalue("cluster_url")
    else:
        stack: Stack = request.getfixturevalue("stack")
        url = stack.redis_url
    client = RedisClient(_patient(url, cluster=request.param == "cluster"), binary=True)
    yield client
    await client.close()


@pytest.fixture
def mirror(connected: RedisClient | None) -> Mirror:
    """Each mirror in turn, empty."""
    if connected is None:
        return memory_mirror()
    return redis_mirror(connected, Keys(f"test-{token_hex(6)}"))


def memory_mirror() -> Mirror:
    """A mirror of this process."""

    def clock() -> datetime:
        return datetime.now(UTC)

    store = MemoryMirror()
    views = MemoryViews(store, clock, lifetime=LIFETIME, room=ROOM)
    return Mirror(store, views, MemoryTruth(clock), MemoryMembers(store))


def redis_mirror(client: RedisClient, keys: Keys) -> Mirror:
    """A mirror under those keys, with a short log."""
    limits = ViewLimits(lifetime=LIFETIME, room=ROOM, claim=timedelta(seconds=20), step=70)
    return Mirror(
        RedisMirror(client, keys, step=70),
        RedisViews(client, keys, limits),
        RedisTruth(client, keys, FORM),
        RedisMembers(client, keys, step=4),
    )


@pytest_asyncio.fixture
async def binary(stack: Stack) -> AsyncIterator[RedisClient]:
    """A binary client of the stack's Redis."""
    client = RedisClient(_patient(stack.redis_url, cluster=False), binary=True)
    yield client
    await client.close()
