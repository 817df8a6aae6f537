"""One connection that listens to channels, and is read without ever waiting."""

import socket
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from enum import Enum, auto
from typing import Any

import hiredis
from redis import Redis, RedisCluster, Sentinel
from redis.exceptions import RedisError

from adapters.redis.connection import addresses_of, options_of, sentinel_options_of
from adapters.redis.settings import RedisSettings

_CHUNK = 1 << 16
_NOTHING: Any = object()


class Lost(Exception):
    """The connection cannot be used any more."""


class Left(Enum):
    """What is known to have come, and was not taken yet."""

    NOTHING = auto()
    HALF = auto()
    """The beginning of a message."""
    MAYBE_MORE = auto()
    """There was more than could be taken at once, or just as much."""


class Subscription:
    """Listens to channels; what it hears waits in the socket until it is taken.

    Attributes:
        left: what the last `take` did not take.
        received: bytes that came so far.
    """

    def __init__(self, connection: Any, channels: Sequence[str]) -> None:
        """Take over a connection that is authenticated, and subscribe. Raises Lost."""
        self._connection = connection  # it closes the socket when it goes
        self._socket: socket.socket = connection._sock  # noqa: SLF001 - no other way to it
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._awaited = len(channels)
        self.left = Left.NOTHING
        self.received = self._parsed = 0
        self._socket.setblocking(False)
        self._send("SUBSCRIBE", *channels)

    @property
    def subscribed(self) -> bool:
        """Whether all that is published from here on will be heard."""
        return not self._awaited

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def take(self, most: int = 1 << 18) -> list[tuple[bytes, bytes]]:
        """Channels and messages that have come; after it `left` says whether that was all.

        Args:
            most: bytes to read at once, about.

        Raises:
            Lost: the server closed it, or speaks another protocol.
        """
        taken: list[tuple[bytes, bytes]] = []
        read = 0
        while read < most:
            try:
                chunk = self._socket.recv(_CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError):
                break
            except OSError as error:
                raise Lost(str(error)) from error
            if not chunk:
                raise Lost("the server closed the connection")
            read += len(chunk)
            self.received += len(chunk)
            self._reader.feed(chunk)
            self._parse(taken)
        if read >= most:
            self.left = Left.MAYBE_MORE
        elif read or self.left is Left.MAYBE_MORE:
            self.left = Left.NOTHING if self._parsed == self.received else Left.HALF
        return taken

    def ping(self) -> None:
        """Ask for a sign of life, which counts as something that was heard. Raises Lost."""
        self._send("PING")

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()

    def _parse(self, taken: list[tuple[bytes, bytes]]) -> None:
        gets = self._reader.gets
        try:
            while (answer := gets()) is not _NOTHING:
                self._parsed += _size(answer)
                match answer:
                    case [b"message", channel, message]:
                        taken.append((channel, message))
                    case [b"subscribe", *_]:
                        self._awaited -= 1
                    case [b"pong", *_]:
                        pass
                    case _:
                        raise Lost(f"the server said {answer!r:.200}")
        except hiredis.ProtocolError as error:
            raise Lost(str(error)) from error

    def _send(self, *command: str) -> None:
        packed = b"".join(self._connection.pack_command(*command))
        try:
            sent = self._socket.send(packed)
        except OSError as error:  # also where there is no room: nobody reads it
            raise Lost(str(error)) from error
        if sent != len(packed):
            raise Lost("the server reads nothing")


def _size(answer: Any) -> int:
    """How many bytes an answer had: the reader does not tell whether it is amid the next one."""
    match answer:
        case bytes():
            return len(answer) + len(str(len(answer))) + 5
        case list():
            return sum(map(_size, answer)) + len(str(len(answer))) + 3
        case _:
            return len(str(answer)) + 3


def subscribe(settings: RedisSettings, channels: Sequence[str], *, near: str) -> Subscription:
    """Connect as the settings say, and listen. It waits, so call it in a thread.

    Args:
        settings: of the server, its Sentinels, or the Cluster.
        channels: which ones.
        near: a key; in a Cluster the server that has it is listened to.

    Raises:
        Lost: it is not possible now.
    """
    with ExitStack() as ends:
        try:
            connection = _connection(settings, near, ends)
            try:
                connection.connect()
                return Subscription(connection, channels)
            except BaseException:
                connection.disconnect()
                raise
        except (RedisError, OSError) as error:
            raise Lost(str(error)) from error


def _connection(settings: RedisSettings, near: str, ends: ExitStack) -> Any:
    """A connection that is not open yet; at the ends is what is not needed once it is."""
    options = {**options_of(settings), "protocol": 2}
    redis: Any  # redis-py's connections are typed here and there
    if settings.cluster:
        cluster: Any = RedisCluster.from_url(settings.url, **options)
        ends.callback(cluster.close)
        node = cluster.get_node_from_key(near)
        if node is None:
            raise Lost("no server of the Cluster has the slot")
        redis = cluster.get_redis_connection(node)
    elif settings.sentinels:
        sentinel: Any = Sentinel(  # type: ignore[no-untyped-call]  # its constructor has no annotations
            addresses_of(settings), sentinel_kwargs=sentinel_options_of(settings)
        )
        for each in sentinel.sentinels:
            ends.callback(each.close)
        redis = sentinel.master_for(settings.sentinel_name, **options)
    else:
        redis = Redis.from_url(settings.url, **options)
    return redis.connection_pool.make_connection()
