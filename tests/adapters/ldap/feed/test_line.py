"""What a server can do wrong, or in its own way, while it is followed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from adapters.ldap import ber
from adapters.ldap.dn import Dn
from adapters.ldap.feed.cookie import Position
from adapters.ldap.feed.events import Changed, Cookie, Current, Lost, OnlyThese, StartOver
from adapters.ldap.feed.follower import Follower
from adapters.ldap.feed.line import Followed, Pace
from adapters.ldap.settings import LdapSettings
from tests.adapters.ldap import messages
from tests.adapters.ldap.feed import replies
from tests.adapters.ldap.feed.following import Listener, listening

BIND, SEARCH = 0x60, 0x63
STARTED, LAST = "20260101000000Z", "20260101000009.000000Z#000000#000#000000"
KNOWN = Position(f"rid=000,csn={LAST}".encode(), STARTED).octets()
PACE = Pace(compare=0.02, silence=1.0, first_pause=0.01, longest_pause=0.05)
UUID = b"u" * 16

Answer = Callable[[int, int], bytes]
"""What is said to the n-th request to be told of changes, by its number and message id."""


class Server:
    """Answers as slapd does, but to requests to be told of changes as the test says."""

    def __init__(
        self, answer: Answer, context: str | None = LAST, started: str | None = STARTED
    ) -> None:
        self._answer = answer
        self._context = context
        self._started = started
        self.asked: list[bytes] = []
        self.compared = asyncio.Event()
        self._comparisons = 0
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Server"]:
        """Serve while the context lasts."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def listening(self, cookie: bytes | None = None) -> AbstractAsyncContextManager[Listener]:
        """A listener of this server."""
        settings = LdapSettings.model_validate(
            {"url": f"ldap://127.0.0.1:{self.port}", "bind_password": "x"}
        )
        followed = Followed(base=Dn.parse("dc=example,dc=org"), attributes=["cn"])
        return listening(Follower(settings, followed, PACE), cookie)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = b""
        try:
            while octets := await reader.read(65536):
                waiting += octets
                while waiting and (end := ber.content(waiting, 0)[1]) <= len(waiting):
                    message, waiting = waiting[:end], waiting[end:]
                    writer.write(self._answered(message))
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()

    def _answered(self, message: bytes) -> bytes:
        id_, tag, _ = ber.operation(message)
        if tag == BIND:
            return messages.bound(id_)
        if tag != SEARCH:
            return b""
        if replies.OID.encode() + b"1" in message:
            self.asked.append(message)
            return self._answer(len(self.asked), id_)
        if b"contextCSN" in message:
            self._comparisons += 1
            if self._comparisons == 5:
                self.compared.set()
            held = {} if self._context is None else {"contextCSN": [self._context.encode()]}
            return messages.entry(id_, "dc=example,dc=org", held) + messages.done(id_)
        if b"createTimestamp" in message:
            if self._started is None:
                return messages.done(id_, 32)
            found = messages.entry(
                id_, "cn=Subschema", {"createTimestamp": [self._started.encode()]}
            )
            return found + messages.done(id_)
        return messages.done(id_)


def everything(id_: int) -> bytes:
    """One entry, and that is all."""
    entry = replies.found(id_, 1, UUID, "cn=a", {"cn": [b"a"]})
    return entry + replies.phase_end(id_, deletes=True, cookie=f"rid=000,csn={LAST}".encode())


def always(_: int, id_: int) -> bytes:
    """The same to each request."""
    return everything(id_)


async def test_a_server_may_ask_to_start_over() -> None:
    """e-syncRefreshRequired: the next request has no cookie, and all entries are told."""

    def answer(count: int, id_: int) -> bytes:
        return replies.ended(id_, 4096, "stale") if count == 1 else everything(id_)

    async with Server(answer).running() as server, server.listening(KNOWN) as listener:
        await listener.caught_up()
        assert LAST.encode() in server.asked[0]
        assert LAST.encode() not in server.asked[1]
        kinds = [type(event) for event in listener.events]
        assert kinds[:3] == [StartOver, Lost, Changed]
        assert listener.count(OnlyThese) == 1


async def test_a_server_that_went_back_is_not_asked_with_the_cookie() -> None:
    """Its own CSNs are older than the cookie's."""
    old = "20250101000000.000000Z#000000#000#000000"
    server = Server(always, context=old)
    async with server.running(), server.listening(KNOWN) as listener:
        await listener.until(lambda: listener.live)
        assert len(server.asked) == 1
        assert LAST.encode() not in server.asked[0]
        assert isinstance(listener.events[0], StartOver)


async def test_a_server_that_ends_the_search_is_asked_again() -> None:
    """From the last cookie, and with the reason told."""

    def answer(count: int, id_: int) -> bytes:
        return everything(id_) + (replies.ended(id_, 52, "going down") if count == 1 else b"")

    async with Server(answer).running() as server, server.listening() as listener:
        await listener.until(lambda: len(server.asked) == 2)
        await listener.caught_up()
        assert LAST.encode() in server.asked[1]
        (lost,) = [event for event in listener.events if isinstance(event, Lost)]
        assert "going down" in lost.reason


async def test_nonsense_is_a_lost_connection() -> None:
    """Entries without their state, strange ids and broken octets change nothing."""
    odd: list[Callable[[int], bytes]] = [
        lambda id_: messages.entry(id_, "cn=a", {}),
        lambda _: replies.found(0, 1, UUID, "cn=a"),
        lambda _: b"\x30\x03\x02\x05\x01",
        lambda id_: replies.found(id_, 1, UUID, "no dn"),
    ]

    def answer(count: int, id_: int) -> bytes:
        return odd[count - 1](id_) if count <= len(odd) else everything(id_)

    async with Server(answer).running() as server, server.listening() as listener:
        await listener.caught_up()
        assert listener.count(Lost) == len(odd)
        assert listener.count(Changed) == 1


async def test_what_came_before_nonsense_is_told() -> None:
    """What was understood counts, also where it comes together with what was not."""
    later = "20260101000010.000000Z#000000#000#000000"

    def answer(count: int, id_: int) -> bytes:
        if count > 1:
            return replies.phase_end(id_, deletes=True)
        change = replies.found(id_, 2, UUID, "cn=b", {}, f"rid=000,csn={later}".encode())
        return everything(id_) + change + messages.entry(id_, "cn=a", {})

    async with Server(answer, context=later).running() as server, server.listening() as listener:
        await listener.caught_up()
        assert later.encode() in server.asked[1]
        assert listener.dns == {"cn=b"}
        assert [type(event) for event in listener.events].count(Lost) == 1


async def test_a_server_that_keeps_its_start_to_itself_is_followed() -> None:
    """Access rules may hide the schema's entry."""
    server = Server(always, started=None)
    async with server.running(), server.listening(KNOWN) as listener:
        await listener.caught_up()
        assert listener.cookie == f"rid=000,csn={LAST}".encode()
        assert listener.count(Lost) == listener.count(StartOver) == 0


async def test_a_server_that_forgets_its_listener_is_found_out() -> None:
    """It answers, and its own CSNs say that there was a change, which does not arrive."""
    later = "20260101000010.000000Z#000000#000#000000"
    server = Server(always, context=later)
    async with server.running(), server.listening() as listener:
        await listener.until(lambda: listener.count(Lost) > 0)
        (lost,) = [event for event in listener.events if isinstance(event, Lost)]
        assert lost.reason == "changes do not arrive"
        assert listener.count(Current) == 0


async def test_a_server_that_does_not_tell_its_csns_is_never_current() -> None:
    """What nobody can check is not claimed."""
    server = Server(always, context=None)
    async with server.running(), server.listening() as listener:
        await listener.until(lambda: listener.live)
        await asyncio.wait_for(server.compared.wait(), 5)
        assert listener.count(Current) == 0


async def test_cookies_can_be_stored_between_any_two_events() -> None:
    """Whatever is stored with a cookie is what was told before it."""
    async with (
        Server(always).running() as server,
        server.listening() as listener,
    ):
        await listener.caught_up()
        kinds = [type(event) for event in listener.events]
        assert kinds.index(Changed) < kinds.index(OnlyThese) < kinds.index(Cookie)
        assert listener.cookie == KNOWN
