"""Every mirror under one suite: in memory, in Redis, and in a Redis Cluster of three nodes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
import pytest_asyncio
from redis import Redis, RedisCluster
from redis.exceptions import RedisError

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
from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port
from tests.adapters.redis.mirror.mirrors import LIFETIME, ROOM, Mirror
from tests.stack.stack import Stack
from tests.stack.waiting import eventually

_SLOTS = 16384


def _node(folder: Path, port: int, bus: int) -> ChildProcess:
    folder.mkdir()
    options = {
        "port": str(port),
        "cluster-port": str(bus),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "save": "",
        "cluster-enabled": "yes",
        "cluster-config-file": str(folder / "nodes.conf"),
    }
    binary = find_binary("redis-server", "redis-server")
    parts = [part for name, value in options.items() for part in (f"--{name}", value)]
    node = ChildProcess("Redis", [binary, *parts], log=folder / "redis.log")
    node.start(lambda: exchange(port, b"PING\r\n").startswith(b"+PONG"))
    return node


def _agree(ports: list[int]) -> bool:
    """Whether a client can use all of the slots."""
    try:
        for port in ports:
            with Redis(port=port) as redis:
                if b"cluster_state:ok" not in redis.execute_command("CLUSTER", "INFO"):
                    return False
        with RedisCluster(host="127.0.0.1", port=ports[0]) as cluster:
            return bool(cluster.ping(target_nodes=RedisCluster.PRIMARIES))
    except RedisError:
        return False


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node of a Redis Cluster that runs here."""
    folder = tmp_path_factory.mktemp("cluster")
    ports = [free_port() for _ in range(3)]
    buses = [free_port() for _ in ports]
    with ExitStack() as running:
        for port, bus in zip(ports, buses, strict=True):
            running.callback(_node(folder / str(port), port, bus).kill)
        _join(ports, buses[0])
        eventually(lambda: _agree(ports))
        yield f"redis://127.0.0.1:{ports[0]}/0"


def _join(ports: list[int], bus: int) -> None:
    """Make one of several nodes, each with its share of the slots."""
    bounds = [0, _SLOTS // 3, 2 * _SLOTS // 3, _SLOTS]
    for index, port in enumerate(ports):
        with Redis(port=port) as redis:
            redis.execute_command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            redis.execute_command("CLUSTER", "ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
            if index:
                redis.execute_command("CLUSTER", "MEET", "127.0.0.1", ports[0], bus)


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
        RedisTruth(client, keys),
        RedisMembers(client, keys, step=4),
    )


@pytest_asyncio.fixture
async def binary(stack: Stack) -> AsyncIterator[RedisClient]:
    """A binary client of the stack's Redis."""
    client = RedisClient(_patient(stack.redis_url, cluster=False), binary=True)
    yield client
    await client.close()
