"""A cable between a process and a server, to be pulled or squeezed."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Cable:
    """Carries octets to a port of this host, in a thread of its own."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def laid(self) -> Iterator["Cable"]:
        """Carry while the context lasts."""
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        )
        self.port = server.sockets[0].getsockname()[1]
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(server.close)
            asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def pull(self) -> None:
        """End all connections; new ones are carried."""
        self._loop.call_soon_threadsafe(self._end_all)

    def squeeze(self) -> None:
        """Carry nothing more, and tell nobody."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def let_go(self) -> None:
        """Carry again, also what was held back."""
        self._loop.call_soon_threadsafe(self._open.set)

    def _end_all(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _ended(self) -> None:
        self._end_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, back), (there, writer)):
            task = self._loop.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: _end(back, writer))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await source.read(65536):
                await self._open.wait()
                sink.write(octets)
                await sink.drain()


def _end(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.transport.abort()
