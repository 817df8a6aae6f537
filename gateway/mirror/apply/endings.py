"""Why following the directory ends before anybody asks it to; and doing several things at once."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar

from gateway.ports.mirror import Superseded

T = TypeVar("T")

_INSISTENCE = 0.5  # seconds


class BeginAnewError(Exception):
    """What is kept cannot be put right step by step: a new epoch, and all is told anew."""


class GoOnError(Exception):
    """What is kept may be older than this process thinks: go on from the cookie that is kept."""


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things until one of them ends; then end the others, and end as it did."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        await ended(tasks)


async def ended(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """End tasks, also such as swallow it (`asyncio.wait_for` does, if its time is up just then)."""
    every = tuple(tasks)
    while left := [task for task in every if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_INSISTENCE)
    for task in every:
        if not task.cancelled():
            task.exception()  # what else went wrong is known to follow from the first


async def all_of(works: Iterable[Awaitable[T]]) -> list[T]:
    """Do several things at once, and return when all have ended.

    Raises:
        Exception: what one of them raised; that somebody else feeds goes before all others.
    """
    done = await asyncio.gather(*works, return_exceptions=True)
    failed = [each for each in done if isinstance(each, BaseException)]
    failed.sort(key=lambda error: not isinstance(error, Superseded))
    if failed:
        raise failed[0]
    return [each for each in done if not isinstance(each, BaseException)]
