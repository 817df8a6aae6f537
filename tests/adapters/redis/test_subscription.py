"""Reading a subscribed connection, against a server that says what the test wants."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adapters.redis.settings import RedisSettings
from adapters.redis.subscription import Left, Lost, Subscription, subscribe
from gateway.devstack.processes import free_port

_HELLO = b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"


@dataclass
class Connection:
    """What redis-py hands over."""

    _sock: socket.socket

    def pack_command(self, *parts: str) -> list[bytes]:
        """The command, in words."""
        return [" ".join(parts).encode() + b"\n"]

    def disconnect(self) -> None:
        """Close it."""
        self._sock.close()


@pytest.fixture
def ends() -> Iterator[tuple[Subscription, socket.socket]]:
    """A subscription to the channel `c`, and the server's end of it."""
    ours, theirs = socket.socketpair()
    subscription = Subscription(Connection(ours), ["c"])
    assert theirs.recv(100) == b"SUBSCRIBE c\n"
    with theirs:
        yield subscription, theirs
    subscription.close()


Ends = tuple[Subscription, socket.socket]


def _message(text: bytes) -> bytes:
    return b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n%b\r\n" % (len(text), text)


def test_half_a_message_is_known_as_such(ends: Ends) -> None:
    """Cut at any place, it is whole once the rest has come, and known to be half until then."""
    subscription, server = ends
    assert not subscription.subscribed
    server.sendall(_HELLO)
    assert subscription.take() == []
    assert subscription.subscribed
    whole = _message(b"what changed")
    for cut in range(1, len(whole)):
        server.sendall(whole[:cut])
        assert subscription.take() == []
        assert subscription.left is Left.HALF
        assert subscription.take() == []
        assert subscription.left is Left.HALF
        server.sendall(whole[cut:])
        assert subscription.take() == [(b"c", b"what changed")]
        assert subscription.left is Left.NOTHING


def test_no_more_is_taken_than_was_asked_for(ends: Ends) -> None:
    """What is left is told, and taken the next time."""
    subscription, server = ends
    server.sendall(_HELLO)
    assert subscription.take() == []
    server.sendall(_message(b"x" * 60_000) * 2)
    taken = subscription.take(1)
    seen = {subscription.left}
    while len(taken) < 2:
        taken += subscription.take(1)
        seen.add(subscription.left)
    assert subscription.take() == []
    assert seen == {Left.MAYBE_MORE}
    assert Left.NOTHING is subscription.left
    assert [len(text) for _, text in taken] == [60_000, 60_000]


@pytest.mark.parametrize(
    "said", [b"-NOPERM no permissions\r\n", b"what?\r\n", b"*1\r\n$5\r\nother\r\n", None]
)
def test_anything_else_ends_it(ends: Ends, said: bytes | None) -> None:
    """A refusal, another protocol, an unknown message, the end."""
    subscription, server = ends
    if said is None:
        server.close()
    else:
        server.sendall(said)
    with pytest.raises(Lost):
        subscription.take()


def test_who_cannot_be_reached_is_lost() -> None:
    """Whatever redis-py says then."""
    for url in (f"redis://127.0.0.1:{free_port()}/0", "unix:///nowhere/redis.sock?db=0"):
        with pytest.raises(Lost):
            subscribe(RedisSettings(url=url), ["c"], near="k")
