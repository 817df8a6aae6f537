"""Redis behind Sentinel: another server takes over, and the gateway follows."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from adapters.redis.client import RedisClient
from adapters.redis.settings import RedisSettings
from gateway.devstack.processes import free_port
from gateway.domain.errors import Unavailable
from tests.adapters.redis.waiting import comes_about
from tests.faults.sentinel import Watched, watched_servers
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A server, its replica, and a Sentinel that decides alone."""
    with watched_servers(tmp_path) as servers:
        yield servers


async def test_the_gateway_follows_a_fail_over(watched: Watched) -> None:
    """The first server dies: calls fail fast until the other was promoted, then it is used."""
    client = RedisClient(
        RedisSettings(
            sentinels=(watched.sentinel,),
            connect_timeout_seconds=0.3,
            timeout_seconds=0.5,
            backoff_seconds=0.2,
        )
    )
    await client.put("key", "kept", seconds=60)
    assert await client.get("key") == "kept"
    eventually(lambda: _copied(watched.second.url))
    watched.first.kill()

    async def written_to_the_other() -> bool:
        started = time.monotonic()
        try:
            await client.put("key", "after", seconds=60)
        except Unavailable:
            assert time.monotonic() - started < 2
            return False
        return True

    await comes_about(written_to_the_other, seconds=30)
    with Redis.from_url(watched.second.url, decode_responses=True) as admin:
        assert admin.get("key") == "after"
    await client.close()


def _copied(url: str) -> bool:
    with Redis.from_url(url, decode_responses=True) as admin:
        return bool(admin.get("key") == "kept")


async def test_a_sentinel_that_is_away_fails_fast() -> None:
    """Nobody tells where the server is: that is Redis being away."""
    client = RedisClient(RedisSettings(sentinels=(f"127.0.0.1:{free_port()}",)))
    with pytest.raises(Unavailable):
        await client.ping()
    await client.close()
