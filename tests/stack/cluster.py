"""A Redis Cluster of three nodes, without replicas."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis import Redis, RedisCluster
from redis.exceptions import RedisError

from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port
from tests.stack.waiting import eventually

_SLOTS = 16384


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The URL of one of its nodes, which run until the block ends."""
    ports = [free_port() for _ in range(3)]
    buses = [free_port() for _ in ports]
    with ExitStack() as running:
        for port, bus in zip(ports, buses, strict=True):
            running.callback(_node(folder / str(port), port, bus).kill)
        _join(ports, buses[0])
        eventually(lambda: _agree(ports))
        yield f"redis://127.0.0.1:{ports[0]}/0"


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


def _join(ports: list[int], bus: int) -> None:
    """Make one of several nodes, each with its share of the slots."""
    bounds = [0, _SLOTS // 3, 2 * _SLOTS // 3, _SLOTS]
    for index, port in enumerate(ports):
        with Redis(port=port) as redis:
            redis.execute_command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            redis.execute_command("CLUSTER", "ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
            if index:
                redis.execute_command("CLUSTER", "MEET", "127.0.0.1", ports[0], bus)
