"""A Redis that is out of memory, stands still, is flushed, or is replaced."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from redis import Redis

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.settings import RedisSettings
from gateway.devstack.processes import free_port
from gateway.devstack.redis import RedisServer
from gateway.domain.errors import Unavailable
from gateway.domain.ids import Kind
from gateway.ports.mirror import NotMirrored
from gateway.ports.mirror_views import Behind, View
from gateway.ports.truth import STALENESS, Beat
from tests.adapters.redis.mirror.conftest import redis_mirror
from tests.adapters.redis.mirror.mirrors import (
    ALL,
    NOW,
    SHELF,
    TENANT,
    change,
    filled,
    user,
    version,
)
from tests.adapters.redis.waiting import comes_about

TEXT = View(shelf=SHELF, name="text", fields=frozenset({"text"}))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that this test may maltreat."""
    server = RedisServer(tmp_path, free_port())
    server.start()
    yield server
    server.kill()


@pytest_asyncio.fixture
async def own_client(own_redis: RedisServer) -> AsyncIterator[RedisClient]:
    """A binary client of that, which tries again at once."""
    client = RedisClient(RedisSettings(url=own_redis.url, backoff_seconds=0), binary=True)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def patient(own_redis: RedisServer) -> AsyncIterator[RedisClient]:
    """A binary client of that, which waits long."""
    client = RedisClient(RedisSettings(url=own_redis.url, timeout_seconds=20), binary=True)
    yield client
    await client.close()


@pytest.mark.native_only
async def test_a_redis_out_of_memory_takes_no_part_of_a_change(
    own_redis: RedisServer, own_client: RedisClient
) -> None:
    """Changes fail whole, beats cannot be said, and the mirror can be forgotten all the same."""
    here = redis_mirror(own_client, Keys("dgw"))
    await filled(here)
    minute = timedelta(minutes=1)
    lease = await here.truth.acquire("a", lifetime=minute)
    assert lease is not None
    epoch = await here.truth.begin(lease)
    assert epoch is not None
    beat = Beat(epoch=epoch, covers={}, current=timedelta())
    assert await here.truth.beat(lease, beat)
    with Redis.from_url(own_redis.url) as admin:
        admin.config_set("maxmemory", 1)
        with pytest.raises(Unavailable):
            await here.put(change(1, 2, "lost"), change(3, 3, "lost"))
        with pytest.raises(Unavailable):
            await here.truth.beat(lease, beat)
        await here.truth.forget()
        assert await here.truth.believed() is None
        assert await here.truth.progress() is None
        kept = await here.store.get(SHELF, [user(1), user(3)])
        assert [each.version for each in kept.values()] == [version(1)] * 2
        admin.config_set("maxmemory", 0)
    assert await here.put(change(1, 2, "kept")) == (user(1),)


@pytest.mark.native_only
async def test_a_beat_that_waited_in_a_server_that_stood_still_is_not_said(
    own_redis: RedisServer, patient: RedisClient
) -> None:
    """It would make old news look new."""
    here, pid = redis_mirror(patient, Keys("dgw")), own_redis.pid
    assert pid is not None
    lease = await here.truth.acquire("a", lifetime=timedelta(minutes=1))
    assert lease is not None
    epoch = await here.truth.begin(lease)
    assert epoch is not None
    beat = Beat(epoch=epoch, covers={}, current=timedelta())
    with ExitStack() as stack:
        listener = stack.enter_context(Redis.from_url(own_redis.url)).pubsub()
        assert await here.truth.beat(lease, beat)
        listener.subscribe(Keys("dgw").news("beats"))
        assert listener.get_message(timeout=10) is not None
        os.kill(pid, signal.SIGSTOP)
        stack.callback(os.kill, pid, signal.SIGCONT)
        late = asyncio.create_task(here.truth.beat(lease, beat))
        stopped = time.monotonic()

        async def too_late() -> bool:
            return time.monotonic() > stopped + STALENESS.total_seconds()

        await comes_about(too_late)
        os.kill(pid, signal.SIGCONT)
        assert await late
        assert await here.truth.believed() is None
        assert listener.get_message(timeout=0.05) is None
        assert await here.truth.beat(lease, beat)
        assert listener.get_message(timeout=10) is not None


@pytest.mark.native_only
async def test_a_redis_that_may_evict_anything_is_not_fed(
    own_redis: RedisServer, own_client: RedisClient
) -> None:
    """Some of what it took away would not be missed; what expires by itself it may take."""
    truth = redis_mirror(own_client, Keys("dgw")).truth
    minute = timedelta(minutes=1)
    with Redis.from_url(own_redis.url) as admin:
        admin.config_set("maxmemory-policy", "allkeys-lru")
        admin.config_set("maxmemory", 10**9)
        with pytest.raises(Unavailable, match="maxmemory-policy"):
            await truth.acquire("a", lifetime=minute)
        assert await truth.holder() is None
        admin.config_set("maxmemory-policy", "volatile-lru")
    assert await truth.acquire("a", lifetime=minute) is not None


@pytest.mark.native_only
async def test_a_flushed_redis_is_not_mirrored(
    own_redis: RedisServer, own_client: RedisClient
) -> None:
    """Everything ends at once: lease, belief, documents, views, and what is being built."""
    here = redis_mirror(own_client, Keys("dgw"))
    await filled(here)
    lease = await here.truth.acquire("a", lifetime=timedelta(minutes=1))
    assert lease is not None
    building = await here.views.build(TEXT, now=NOW)
    assert building is not None
    with Redis.from_url(own_redis.url) as admin:
        admin.flushall()
    assert await here.truth.believed() is None
    assert await here.truth.progress() is None
    assert not await here.truth.renew(lease, lifetime=timedelta(minutes=1))
    with pytest.raises(NotMirrored):
        await here.store.get(SHELF, [user(1)])
    with pytest.raises(NotMirrored):
        await building.fill((user(1).encode(),))
    assert not await building.publish()
    again = await here.truth.acquire("b", lifetime=timedelta(minutes=1))
    assert again is not None
    assert again.fence > lease.fence


@pytest.mark.native_only
async def test_another_server_learns_the_scripts(
    own_redis: RedisServer, own_client: RedisClient
) -> None:
    """A restart, or a fail-over, forgets them."""
    here = redis_mirror(own_client, Keys("dgw"))
    await filled(here)
    with Redis.from_url(own_redis.url) as admin:
        admin.script_flush()
    await here.put(change(1, 2, "b"))
    assert isinstance(await here.views.page(ALL, offset=0, limit=1, now=NOW), Behind)
    assert (await here.store.apply(TENANT, Kind.USER, [])).sequence == 10


@pytest.mark.native_only
async def test_another_server_is_another_incarnation(
    own_redis: RedisServer, own_client: RedisClient
) -> None:
    """A restarted one has lost all, one that took over may have lost the last changes."""
    here = redis_mirror(own_client, Keys("dgw"))
    first = await here.truth.incarnation()
    own_redis.kill()
    own_redis.start()
    second = await here.truth.incarnation()
    assert second != first
    with Redis.from_url(own_redis.url) as admin:
        admin.set("anything", 1)
    assert await here.truth.incarnation() == second
