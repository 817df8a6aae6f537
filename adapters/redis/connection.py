"""Connections as the settings say: to one server, the one that Sentinel names, or a Cluster."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from hiredis import pack_command
from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.connection import AbstractConnection, ConnectionPool, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as TimedOut

from adapters.redis.settings import RedisSettings

C = TypeVar("C", bound=AbstractConnection)

_SPARE = 10
"""Connections more than calls: redis-py takes one of its own to see who is in a Cluster."""


def connect(settings: RedisSettings, *, decode: bool = True) -> Sequence[Redis | RedisCluster]:
    """The client, and after it the ones of the Sentinels; all have to be closed.

    It answers with texts; with bytes where they are not to be decoded.

    A command is tried a second time where its connection was found broken, never after a
    time-out. Whoever calls sees to it that there are not too many connections. Nothing is sent
    yet.
    """
    options = {**options_of(settings), **_RETRY, "decode_responses": decode}
    options["max_connections"] = settings.max_connections + _SPARE
    if settings.cluster:
        cluster = RedisCluster.from_url(settings.url, **options)
        quick = _quick(cluster.connection_kwargs["connection_class"])
        cluster.connection_kwargs["connection_class"] = quick  # of the nodes that it will find
        for node in cluster.startup_nodes:
            node.connection_class = quick
        return [cluster]
    if not settings.sentinels:
        pool = ConnectionPool.from_url(settings.url, **options)
        pool.connection_class = _quick(pool.connection_class)
        return [Redis.from_pool(pool)]
    sentinel = Sentinel(  # type: ignore[no-untyped-call]  # its constructor has no annotations
        addresses_of(settings),
        sentinel_kwargs={**sentinel_options_of(settings), **_RETRY, "decode_responses": True},
    )
    clients = [sentinel.master_for(settings.sentinel_name, **options), *sentinel.sentinels]
    for client in clients:
        client.connection_pool.connection_class = _quick(client.connection_pool.connection_class)
    return clients


class _Quick:
    """Writes commands by hiredis, in a fifth of the time, and waits only where the socket is full.

    A connection that was lost is noticed when the answer is read, and the command tried again.
    Nor does it wait by `asyncio.wait_for`, which forgets before Python 3.12 that it was cancelled
    where what it waited for is done at the same moment: the caller would go on for ever.
    """

    _writer: asyncio.StreamWriter | None
    socket_timeout: float | None
    connect: Callable[[], Awaitable[None]]
    disconnect: Callable[..., Awaitable[None]]

    def pack_command(self, *parts: str | int | float | bytes) -> list[bytes]:
        """A command as it is sent; its name may be of several words."""
        name, *rest = parts
        command = (*str(name).split(), *rest)
        return [pack_command(command)]  # type: ignore[arg-type]  # its stub knows single names only

    def pack_commands(self, commands: Iterable[Sequence[str | int | float | bytes]]) -> list[bytes]:
        """Commands as they are sent."""
        return [packed for command in commands for packed in self.pack_command(*command)]

    async def send_packed_command(
        self, command: Iterable[bytes], check_health: bool = False
    ) -> None:
        """Send what was packed. Raises errors of redis-py, and is disconnected then."""
        del check_health  # nobody asks for it
        if self._writer is None:
            await self.connect()
        writer = self._writer
        if writer is None:
            raise Disconnected("the connection was closed meanwhile")
        writer.writelines(command)
        if not writer.transport.get_write_buffer_size():
            return
        try:
            async with asyncio.timeout(self.socket_timeout):
                await writer.drain()
        except BaseException as error:
            await self.disconnect(nowait=True)
            if isinstance(error, TimeoutError):
                raise TimedOut("Timeout writing to socket") from None
            if isinstance(error, OSError):
                raise Disconnected(f"Error while writing to socket: {error}") from error
            raise


def _quick(kind: type[C]) -> type[C]:
    """A connection of that kind which costs less of this process's time."""
    return type(kind.__name__, (_Quick, kind), {})


def options_of(settings: RedisSettings) -> dict[str, Any]:
    """How to connect to the server, as every client of redis-py takes it."""
    secret = settings.password
    options = {
        **_limits(settings),
        "username": settings.username,
        "password": secret.get_secret_value() if secret else None,
        **_tls(settings),
    }
    if settings.sentinels:  # no URL says the rest
        options["db"] = parse_url(settings.url).get("db", 0)
    return options


def addresses_of(settings: RedisSettings) -> list[tuple[str, int]]:
    """Where the Sentinels are."""
    return [
        (host, int(port)) for host, _, port in (at.rpartition(":") for at in settings.sentinels)
    ]


def sentinel_options_of(settings: RedisSettings) -> dict[str, Any]:
    """How to connect to a Sentinel."""
    secret = settings.sentinel_password
    return {
        **_limits(settings),
        "password": secret.get_secret_value() if secret else None,
        **_tls(settings),
    }


_RETRY: Mapping[str, Any] = {"retry": Retry(NoBackoff(), 1, supported_errors=(Disconnected,))}


def _limits(settings: RedisSettings) -> dict[str, Any]:
    return {
        "socket_connect_timeout": settings.connect_timeout_seconds,
        "socket_timeout": settings.timeout_seconds,
    }


def _tls(settings: RedisSettings) -> dict[str, Any]:
    if not settings.url.startswith("rediss:"):
        return {}
    found = {"ssl_ca_certs": str(settings.ca_file) if settings.ca_file else None}
    return {"ssl": True, **found} if settings.sentinels else found  # else the URL says it
