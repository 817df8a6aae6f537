"""Somebody who listens to the feed, and a network between it and the server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field

from adapters.ldap.feed.events import (
    Changed,
    Cookie,
    Current,
    Event,
    Gone,
    Lost,
    OnlyThese,
    Refreshed,
    StartOver,
)
from adapters.ldap.feed.follower import Follower
from adapters.ldap.feed.line import Pace
from adapters.ldap.values import Entry

QUICK = Pace(compare=0.05, silence=3.0, first_pause=0.02, longest_pause=0.2)
SECONDS = 20


@dataclass(slots=True)
class Listener:
    """What was told, and what follows from it."""

    entries: dict[bytes, Entry] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    cookie: bytes | None = None
    live: bool = False
    current: float = 0.0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, events: AsyncIterator[Sequence[Event]], pause: float = 0) -> None:
        """Listen until somebody ends it; with a pause after each, until there was a loss."""
        async for some in events:
            if not self.count(Lost):
                await asyncio.sleep(pause)
            async with self._changed:
                for event in some:
                    self._take(event)
                self._changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is looked at after each event."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(holds)

    async def caught_up(self) -> None:
        """Wait until all is told that was changed before now."""
        now = asyncio.get_running_loop().time()
        await self.until(lambda: self.live and self.current > now)

    def count(self, kind: type[Event]) -> int:
        """How many events of that kind were told."""
        return sum(isinstance(event, kind) for event in self.events)

    @property
    def dns(self) -> set[str]:
        """The names of all entries that are there."""
        return {str(entry.dn) for entry in self.entries.values()}

    @property
    def versions(self) -> dict[str, str]:
        """The CSNs of all entries that are there, by entryUUID."""
        entries = self.entries.values()
        return {e.text("entryUUID") or "": e.text("entryCSN") or "" for e in entries}

    def _take(self, event: Event) -> None:
        self.events.append(event)
        match event:
            case Changed(uuid, entry):
                self.entries[uuid] = entry
            case Gone(uuid):
                self.entries.pop(uuid, None)
            case OnlyThese(uuids):
                self.entries = {u: e for u, e in self.entries.items() if u in uuids}
            case Cookie(value):
                self.cookie = value
            case Refreshed():
                self.live = True
            case Current(at):
                self.current = at
            case Lost():
                self.live = False
            case StartOver():
                self.live, self.cookie = False, None


@asynccontextmanager
async def listening(
    follower: Follower, cookie: bytes | None = None, held: dict[bytes, Entry] | None = None
) -> AsyncIterator[Listener]:
    """A listener that goes on from a cookie with what was held then."""
    listener = Listener(entries=dict(held or {}))

    async def listen() -> None:
        async with aclosing(follower.events(cookie)) as events:
            await listener.take(events)

    task = asyncio.create_task(listen())
    try:
        yield listener
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Network:
    """Carries octets to a port until it is cut or stops carrying."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Network"]:
        """Carry while the context lasts."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End all connections, as if a cable was pulled and noticed."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def refuse(self) -> None:
        """End all connections, and every new one."""
        self._refusing = True
        self.cut()

    def stop(self) -> None:
        """Carry nothing more, and tell nobody."""
        self._open.clear()

    def go_on(self) -> None:
        """Carry again, also what was held back."""
        self._refusing = False
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await source.read(65536):
                await self._open.wait()
                sink.write(octets)
                await sink.drain()
        sink.transport.abort()
