"""Waiting in an event loop, with a deadline instead of a sleep."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def comes_about(holds: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    """Return once a condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.01)
