"""A Redis Cluster of three nodes, with a replica of each or without."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis, RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisError

from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port
from tests.stack.waiting import eventually

_SLOTS = 16384
_NODES = 3
_PATIENCE = 1500
"""Milliseconds after which a node is missed."""


@dataclass(frozen=True)
class Node:
    """A server of the Cluster."""

    port: int
    process: ChildProcess

    def admin(self) -> Redis:
        """An administrator of this server alone; to be closed."""
        return Redis(port=self.port, decode_responses=True)


@dataclass(frozen=True)
class Shard:
    """A server and its replica."""

    first: Node
    second: Node

    @property
    def url(self) -> str:
        """Where a client finds the Cluster, as long as this server is there."""
        return f"redis://127.0.0.1:{self.first.port}/0"

    def fail_over(self) -> None:
        """Kill the server; what was written while the replica stood still is lost."""
        self.first.process.kill()
        os.kill(self.second.process.pid, signal.SIGCONT)

    def part(self) -> None:
        """From here on the replica hears nothing more."""
        os.kill(self.second.process.pid, signal.SIGSTOP)
        with self.first.admin() as admin:
            admin.client_kill_filter(_type="replica")


@dataclass(frozen=True)
class Shards:
    """All of a Cluster whose servers have a replica each."""

    shards: tuple[Shard, ...]

    def of(self, key: str) -> Shard:
        """Where a key is, as long as nothing has failed over."""
        return self.shards[key_slot(key.encode()) * _NODES // _SLOTS]


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The URL of one of its nodes, which run until the block ends."""
    with ExitStack() as running:
        ports = [node.port for node in _joined(folder, running)]
        eventually(lambda: _agree(ports))
        yield f"redis://127.0.0.1:{ports[0]}/0"


@contextmanager
def replicated_cluster(folder: Path) -> Iterator[Shards]:
    """A Cluster in which a replica takes over where a node is gone, after some seconds."""
    with ExitStack() as running:
        nodes = _joined(folder, running)
        ports = [node.port for node in nodes]
        eventually(lambda: _agree(ports), seconds=30)
        bus = _bus(nodes[0])
        replicas = [_node(folder, running) for _ in nodes]
        for replica in replicas:
            with replica.admin() as admin:
                admin.execute_command("CLUSTER", "MEET", "127.0.0.1", ports[0], bus)
        pairs = list(zip(nodes, replicas, strict=True))
        eventually(lambda: all(_follows(replica, node) for node, replica in pairs), seconds=30)
        eventually(lambda: all(map(_in_sync, replicas)), seconds=30)
        for node in (*nodes, *replicas):
            with node.admin() as admin:
                admin.config_set("cluster-node-timeout", _PATIENCE)
        yield Shards(tuple(Shard(node, replica) for node, replica in pairs))


def _joined(folder: Path, running: ExitStack) -> list[Node]:
    """Nodes, each with its share of the slots."""
    nodes = [_node(folder, running) for _ in range(_NODES)]
    bounds = [-(-_SLOTS * number // _NODES) for number in range(_NODES + 1)]
    for index, node in enumerate(nodes):
        with node.admin() as redis:
            redis.execute_command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            redis.execute_command("CLUSTER", "ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
            if index:
                first = nodes[0]
                redis.execute_command("CLUSTER", "MEET", "127.0.0.1", first.port, _bus(first))
    return nodes


def _node(parent: Path, running: ExitStack) -> Node:
    port = free_port()
    folder = parent / str(port)
    folder.mkdir()
    options = {
        "port": str(port),
        "cluster-port": str(free_port()),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "save": "",
        "repl-diskless-sync-delay": "0",
        "cluster-enabled": "yes",
        "cluster-config-file": str(folder / "nodes.conf"),
    }
    binary = find_binary("redis-server", "redis-server")
    parts = [part for name, value in options.items() for part in (f"--{name}", value)]
    process = ChildProcess("Redis", [binary, *parts], log=folder / "redis.log")
    process.start(lambda: exchange(port, b"PING\r\n").startswith(b"+PONG"))
    running.callback(process.kill)
    return Node(port, process)


def _bus(node: Node) -> str:
    with node.admin() as admin:
        return str(admin.config_get("cluster-port")["cluster-port"])


def _follows(replica: Node, node: Node) -> bool:
    """Let it follow the node, once it has heard of it."""
    try:
        with node.admin() as admin, replica.admin() as other:
            name = admin.execute_command("CLUSTER", "MYID")
            return bool(other.execute_command("CLUSTER", "REPLICATE", name))
    except RedisError:
        return False


def _in_sync(replica: Node) -> bool:
    with replica.admin() as admin:
        state = admin.info("replication")
    return bool(state["role"] == "slave" and state["master_link_status"] == "up")


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
