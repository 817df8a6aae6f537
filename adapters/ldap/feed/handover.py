"""From a thread to the event loop, in order, and never more than a little at once."""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class ClosedError(Exception):
    """Nobody takes anything any more."""


class Handover(Generic[T]):
    """What one thread puts and one task of the loop takes; at most `size` wait in between.

    Made in the loop that takes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[T] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._failure: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self._filled = asyncio.Event()

    def put(self, item: T, seconds: float | None = None) -> bool:
        """Wait for room, for so long at most; whether the item went in.

        Raises:
            ClosedError: nobody takes any more.
        """
        with self._changed:
            room = self._changed.wait_for(
                lambda: self._closed or len(self._waiting) < self._size, seconds
            )
            if self._closed:
                raise ClosedError
            if not room:
                return False
            self._waiting.append(item)
        self._wake()
        return True

    def pause(self, seconds: float) -> None:
        """Wait so long. Raises ClosedError as soon as nobody takes any more."""
        with self._changed:
            if self._changed.wait_for(lambda: self._closed, seconds):
                raise ClosedError

    def fail(self, failure: BaseException) -> None:
        """Raise this for who takes, after all that waits."""
        self._failure = failure
        self._wake()

    def close(self) -> None:
        """Take nothing any more."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    async def take(self) -> T:
        """Wait for the next one. Raises what the thread failed with."""
        while True:
            self._filled.clear()
            with self._changed:
                if self._waiting:
                    self._changed.notify_all()
                    return self._waiting.popleft()
            if self._failure is not None:
                raise self._failure
            await self._filled.wait()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # a closed loop takes nothing
            self._loop.call_soon_threadsafe(self._filled.set)
