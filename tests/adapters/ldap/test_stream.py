"""What a server can do wrong: silence, hanging up, nonsense, messages in pieces."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.ldap import ber
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.errors import SizeLimitExceeded, Unavailable
from adapters.ldap.pool import BrokenConnectionError, Deadline
from adapters.ldap.settings import LdapSettings
from adapters.ldap.stream import Stream
from adapters.ldap.values import Modification, Scope
from tests.adapters.ldap import messages

Answer = Callable[[int, int], bytes | None]
"""What a server says to the n-th operation with that message id; None: it hangs up."""

BIND = 0x60
CHANGE = [Modification("replace", "title", (b"x",))]


def saying(octets: bytes | None) -> Answer:
    """Say the same to everything."""
    return lambda *_: octets


@asynccontextmanager
async def server(
    answer: Answer, seconds: float = 5, pace: float = 0
) -> AsyncIterator[tuple[LdapClient, list[int]]]:
    """A client of a server that takes any bind, and then answers so; and what it was asked.

    It takes `pace` seconds for each octet.
    """
    asked: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while octets := await reader.read(65536):
                id_, tag, _ = ber.operation(octets)
                if tag == BIND:
                    writer.write(messages.bound(id_))
                    continue
                asked.append(tag)
                said = answer(len(asked), id_)
                if said is None:
                    break
                for octet in said:  # one by one, as a slow network would
                    writer.write(bytes([octet]))
                    await writer.drain()
                    await asyncio.sleep(pace)
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = LdapSettings.model_validate(
        {"url": f"ldap://127.0.0.1:{port}", "operation_timeout": seconds, "bind_password": "x"}
    )
    client = LdapClient(settings)
    try:
        yield client, asked
    finally:
        await client.close()
        listening.close()


async def found(client: LdapClient, size_limit: int = 0) -> list[str]:
    """The DNs that a search finds."""
    entries = await client.search(Dn(), Scope.SUBTREE, "(objectClass=*)", (), size_limit=size_limit)
    return [str(entry.dn) for entry in entries]


async def test_messages_come_in_any_pieces() -> None:
    """Answers are put together from single octets, several of them in a row."""
    long = "cn=" + "x" * 300

    def answer(count: int, id_: int) -> bytes:
        return (
            messages.entry(id_, long, {"cn": [b"y" * 500]})
            + messages.entry(id_, "cn=b", {})
            + messages.done(id_)
        )

    async with server(answer) as (client, _):
        assert await found(client) == [long, "cn=b"]
        assert await found(client) == [long, "cn=b"]


async def test_a_list_that_the_server_cuts_off_is_an_error() -> None:
    """Less than all is told, unless it is as much as was asked for."""

    def answer(count: int, id_: int) -> bytes:
        return (
            messages.entry(id_, "cn=a", {})
            + messages.entry(id_, "cn=b", {})
            + messages.done(id_, 4)
        )

    async with server(answer) as (client, _):
        with pytest.raises(SizeLimitExceeded):
            await found(client)
        with pytest.raises(SizeLimitExceeded):
            await found(client, size_limit=3)
        assert await found(client, size_limit=2) == ["cn=a", "cn=b"]


async def test_a_read_is_done_again_when_the_server_hangs_up() -> None:
    """One lost connection is not noticed by who reads; two are told."""
    async with server(lambda count, id_: None if count == 1 else messages.done(id_)) as (
        client,
        asked,
    ):
        assert await found(client) == []
        assert len(asked) == 2
    async with server(saying(None)) as (client, asked):
        with pytest.raises(Unavailable):
            await found(client)
        assert len(asked) == 2


async def test_a_write_is_asked_for_once() -> None:
    """When the server hangs up on a write, nobody repeats it: it may have been made."""
    async with server(saying(None)) as (client, asked):
        with pytest.raises(Unavailable, match="may be made or not"):
            await client.modify(Dn.parse("cn=a"), CHANGE)
        assert len(asked) == 1


async def test_silence_ends_in_time() -> None:
    """A server that says nothing is given up at the operation's time limit."""
    async with server(saying(b""), seconds=0.2) as (client, _):
        with pytest.raises(Unavailable, match="in time"):
            await found(client)
        with pytest.raises(Unavailable, match="in time"):
            await client.modify(Dn.parse("cn=a"), CHANGE)


async def test_names_may_take_long_as_long_as_they_come() -> None:
    """To look through everything has no other limit than silence."""

    def answer(count: int, id_: int) -> bytes:
        names = [messages.entry(id_, f"CN={n}", {"entryUUID": [b"%d" % n]}) for n in range(4)]
        return b"".join((*names, messages.done(id_)))

    async def named(client: LdapClient) -> dict[bytes, bytes]:
        everything = (Dn(), Scope.SUBTREE, "(objectClass=*)", "entryUUID")
        return await client.named({b"cn=1", b"cn=3", b"cn=5"}, *everything)

    async with server(answer, seconds=0.5, pace=0.005) as (client, _):
        with pytest.raises(Unavailable, match="in time"):
            await found(client)
        assert await named(client) == {b"cn=1": b"1", b"cn=3": b"3"}
    async with server(saying(b""), seconds=0.2) as (client, _):
        with pytest.raises(Unavailable, match="in time"):
            await named(client)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 200,
        bytes.fromhex("300c02010164070400300304017f"),
        bytes.fromhex("3005020101650a"),
        bytes.fromhex("3003020101"),
        messages.entry(77, "cn=other", {}),
        messages.done(0),
    ],
    ids=["http", "half", "short", "empty", "other id", "good-bye"],
)
async def test_nonsense_is_unavailable(said: bytes) -> None:
    """What is no answer to the request breaks the connection, and never reaches a caller."""
    async with server(saying(said), seconds=0.5) as (client, _):
        with pytest.raises(Unavailable):
            await found(client)
        with pytest.raises(Unavailable):
            await client.modify(Dn.parse("cn=a"), CHANGE)


def test_quiet_connections_are_told_from_dead_ones() -> None:
    """A connection is as good as before only while it is open and nothing has come."""
    for act, quiet in (
        (lambda _: None, True),
        (lambda far: far.sendall(b"x"), False),
        (lambda far: far.close(), False),
    ):
        near, far = socket.socketpair()
        stream = Stream(near)
        assert stream.quiet
        act(far)
        assert stream.quiet is quiet
        stream.close()
        far.close()


def test_a_closed_stream_is_broken() -> None:
    """Sending and receiving on what is closed is a broken connection, no other error."""
    near, far = socket.socketpair()
    far.close()
    stream = Stream(near)
    with pytest.raises(BrokenConnectionError):
        stream.receive(Deadline.after(5))
    stream.close()
    with pytest.raises(BrokenConnectionError):
        stream.send(b"x", Deadline.after(5))
    assert not stream.quiet
