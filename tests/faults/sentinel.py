"""Two Redis servers, and a Sentinel that watches over them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port
from gateway.devstack.redis import RedisServer
from tests.stack.waiting import eventually


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


@contextmanager
def watched_servers(folder: Path) -> Iterator[Watched]:
    """A server, its replica, and a Sentinel that decides alone."""
    with ExitStack() as ends:
        ports = [free_port() for _ in range(3)]
        first, second = (RedisServer(folder / f"r{port}", port) for port in ports[:2])
        ends.callback(first.kill)
        ends.callback(second.kill)
        first.start()
        second.start()
        with Redis.from_url(second.url) as admin:
            admin.replicaof("127.0.0.1", str(ports[0]))
        eventually(lambda: is_replica_in_sync(second.url))
        configuration = folder / "sentinel.conf"
        configuration.write_text(
            f"port {ports[2]}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor mymaster 127.0.0.1 {ports[0]} 1\n"
            "sentinel down-after-milliseconds mymaster 300\n"
            "sentinel failover-timeout mymaster 3000\n"
        )
        binary = find_binary("redis-server", "redis-server")
        sentinel = ChildProcess(
            "Sentinel", [binary, str(configuration), "--sentinel"], log=folder / "sentinel.log"
        )
        ends.callback(sentinel.kill)
        sentinel.start(lambda: exchange(ports[2], b"PING\r\n").startswith(b"+PONG"))
        with Redis(port=ports[2], decode_responses=True) as admin:
            eventually(lambda: len(admin.sentinel_slaves("mymaster")) == 1)
        yield Watched(first, second, f"127.0.0.1:{ports[2]}")
