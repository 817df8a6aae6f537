"""Blocking connections behind an asynchronous face: a bounded pool with a queue and deadlines.

Owns threads, idle connections, waiting and repeating; knows nothing of LDAP but that an
operation can be refused (`LdapError`) or its connection break (`BrokenConnectionError`).
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from adapters.ldap.errors import LdapError, Unavailable

_GRACE = 0.5  # seconds in which a thread tells itself that its time is over


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point of the monotonic clock until which an operation has to be done.

    `silence` is for how many seconds nothing may come until then.
    """

    at: float
    silence: float = math.inf

    @classmethod
    def after(cls, seconds: float, silence: float = math.inf) -> "Deadline":
        """The deadline so many seconds from now."""
        return cls(time.monotonic() + seconds, silence)

    def left(self, at_most: float = math.inf) -> float:
        """Seconds to wait for something to come. Raises Unavailable when the time is over."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise Unavailable(diagnostic="no answer in time")
        return min(left, at_most, self.silence)


class BrokenConnectionError(Exception):
    """The connection is of no use any more; whether the server got the request is unknown."""


class Connection(Protocol):
    """What is pooled. Used by one thread at a time."""

    @property
    def usable(self) -> bool:
        """Whether the other side still holds it, as far as can be told without asking."""
        ...

    def close(self) -> None:
        """End it; never raises."""
        ...


C = TypeVar("C", bound=Connection)
T = TypeVar("T")


class Pool(Generic[C]):
    """At most `size` operations at once, each on a connection that no other one uses."""

    def __init__(
        self, name: str, size: int, queue_limit: int, connect: Callable[[Deadline], C]
    ) -> None:
        self._connect = connect
        self._limit = size + queue_limit
        self._pending = 0
        self._closed = False
        self._idle: deque[C] = deque()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix=name)

    async def run(
        self,
        work: Callable[[C, Deadline], T],
        *,
        seconds: float,
        silence: float = math.inf,
        repeatable: bool,
    ) -> T:
        """Do the work on a connection, within so many seconds, waiting included.

        Repeatable work is done again, once, where its connection broke. When the caller is
        cancelled, work that waits is dropped; what has begun goes on to its end.

        Raises:
            Unavailable: no connection, no answer, no time, or too many wait already.
        """
        if self._closed:
            raise Unavailable(diagnostic="the client is closed")
        if self._pending >= self._limit:
            raise Unavailable(diagnostic="too many operations wait for a connection")
        self._pending += 1
        deadline = Deadline.after(seconds, silence)
        future = self._threads.submit(self._work, work, deadline, repeatable)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: self._tell(loop))
        try:
            async with asyncio.timeout(seconds + _GRACE):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise Unavailable(diagnostic="no connection was free in time") from None
        except asyncio.CancelledError:
            if self._closed and future.cancelled():
                raise Unavailable(diagnostic="the client is closed") from None
            raise

    async def close(self) -> None:
        """Let what has begun end, refuse the rest, and close all connections."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        while self._idle:
            self._idle.pop().close()

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count one operation less, in the loop's own thread."""
        with suppress(RuntimeError):  # a closed loop counts no more
            loop.call_soon_threadsafe(self._count_down)

    def _count_down(self) -> None:
        self._pending -= 1

    def _work(self, work: Callable[[C, Deadline], T], deadline: Deadline, repeatable: bool) -> T:
        try:
            return self._once(work, deadline)
        except BrokenConnectionError as error:
            if not repeatable:
                raise Unavailable(
                    diagnostic=f"the connection broke, the change may be made or not: {error}"
                ) from error
        try:
            return self._once(work, deadline)
        except BrokenConnectionError as error:
            raise Unavailable(diagnostic=f"the connection broke: {error}") from error

    def _once(self, work: Callable[[C, Deadline], T], deadline: Deadline) -> T:
        deadline.left()
        connection = self._take(deadline)
        try:
            result = work(connection, deadline)
        except Unavailable:  # perhaps an answer is still on its way
            connection.close()
            raise
        except LdapError:
            self._idle.append(connection)
            raise
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return result

    def _take(self, deadline: Deadline) -> C:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect(deadline)
            if connection.usable:
                return connection
            connection.close()
