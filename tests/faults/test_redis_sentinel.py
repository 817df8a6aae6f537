"""Redis behind Sentinel: another server takes over, and the gateway follows."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from adapters.redis.client import RedisClient
from adapters.redis.settings import RedisSettings
from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port
from gateway.devstack.redis import RedisServer
from gateway.domain.errors import Unavailable
from tests.adapters.redis.waiting import comes_about
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only


@dataclass(frozen=True)
class Watched:
    """Two servers, and the address of the Sentinel that watches over them."""

    first: RedisServer
    second: RedisServer
    sentinel: str


def is_replica_in_sync(url: str) -> bool:
    """Whether the server follows another and has caught up."""
    with Redis.from_url(url, decode_responses=True) as admin:
        state = admin.info("replication")
    return bool(state["role"] == "slave" and state["master_link_status"] == "up")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A server, its replica, and a Sentinel that decides alone."""
    ports = [free_port() for _ in range(3)]
    first, second = (RedisServer(tmp_path / f"r{port}", port) for port in ports[:2])
    first.start()
    second.start()
    with Redis.from_url(second.url) as admin:
        admin.replicaof("127.0.0.1", str(ports[0]))
    eventually(lambda: is_replica_in_sync(second.url))
    configuration = tmp_path / "sentinel.conf"
    configuration.write_text(
        f"port {ports[2]}\nbind 127.0.0.1\ndir {tmp_path}\n"
        f"sentinel monitor mymaster 127.0.0.1 {ports[0]} 1\n"
        "sentinel down-after-milliseconds mymaster 300\n"
        "sentinel failover-timeout mymaster 3000\n"
    )
    binary = find_binary("redis-server", "redis-server")
    sentinel = ChildProcess(
        "Sentinel", [binary, str(configuration), "--sentinel"], log=tmp_path / "sentinel.log"
    )
    sentinel.start(lambda: exchange(ports[2], b"PING\r\n").startswith(b"+PONG"))
    with Redis(port=ports[2], decode_responses=True) as admin:
        eventually(lambda: len(admin.sentinel_slaves("mymaster")) == 1)
    yield Watched(first, second, f"127.0.0.1:{ports[2]}")
    sentinel.kill()
    first.kill()
    second.kill()


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
