"""Calls that are sent together: in turn, each with its own answer, and no more than it is."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.redis.batches import Batches, Command


class Server:
    """Answers each command with what it says, once it may."""

    def __init__(self) -> None:
        self.exchanges: list[list[Any]] = []
        self.open = asyncio.Event()

    async def send(self, commands: Sequence[Command]) -> Sequence[Any]:
        """One exchange."""
        self.exchanges.append([command[0] for command in commands])
        await self.open.wait()
        if "away" in self.exchanges[-1]:
            raise ConnectionError
        return [ValueError(command[0]) if command[0] == "no" else command for command in commands]


async def asked(batches: Batches, *names: str) -> list[asyncio.Task[Any]]:
    """Calls that were made at the same time, and are under way."""
    calls = [asyncio.create_task(batches.ask((name,))) for name in names]
    for _ in range(5):
        await asyncio.sleep(0)
    return calls


async def test_calls_at_the_same_time_are_one_exchange() -> None:
    """Each has its own answer; what was refused is refused to its caller alone."""
    server = Server()
    batches = Batches(server.send)
    calls = await asked(batches, "a", "no", "b")
    server.open.set()
    first, refused, last = await asyncio.gather(*calls)
    assert server.exchanges == [["a", "no", "b"]]
    assert (first, last) == (("a",), ("b",))
    assert isinstance(refused, ValueError)


async def test_what_comes_meanwhile_gathers() -> None:
    """A few exchanges are under way at a time, and none is larger than fifty."""
    server = Server()
    batches = Batches(server.send)
    calls = [call for n in range(4) for call in await asked(batches, f"early{n}")]
    calls += await asked(batches, *(f"late{n}" for n in range(60)))
    assert [len(names) for names in server.exchanges] == [1, 1, 1, 1]
    server.open.set()
    assert await asyncio.gather(*calls) == [
        *((f"early{n}",) for n in range(4)),
        *((f"late{n}",) for n in range(60)),
    ]
    assert [len(names) for names in server.exchanges] == [1, 1, 1, 1, 50, 10]


async def test_a_lost_exchange_is_lost_for_all_that_wait() -> None:
    """Nobody waits for a server twice; whoever calls afterwards may find it there."""
    server = Server()
    batches = Batches(server.send)
    calls = [call for _ in range(4) for call in await asked(batches, "a", "away")]
    calls += await asked(batches, "late")
    server.open.set()
    for call in calls:
        with pytest.raises(ConnectionError):
            await call
    assert await batches.ask(("b",)) == ("b",)


async def test_who_does_not_wait_any_more_takes_nobody_along() -> None:
    """A call that is cancelled is not sent if it was not yet, and others are answered."""
    server = Server()
    batches = Batches(server.send)
    calls = [call for n in range(4) for call in await asked(batches, f"early{n}")]
    impatient, patient = await asked(batches, "impatient", "patient")
    calls[0].cancel()
    impatient.cancel()
    server.open.set()
    assert await patient == ("patient",)
    assert await calls[1] == ("early1",)
    assert server.exchanges[-1] == ["patient"]
    assert calls[0].cancelled()


async def test_what_is_under_way_is_given_up_at_the_end() -> None:
    """Nobody waits for a server that is not going to answer."""
    server = Server()
    batches = Batches(server.send)
    calls = [call for n in range(5) for call in await asked(batches, str(n))]
    calls.append(asyncio.create_task(batches.ask(("not begun",))))
    await asyncio.sleep(0)
    await batches.close()
    for call in calls:
        with pytest.raises(asyncio.CancelledError):
            await call
