"""The pool: bounded, on time, and careful about what it repeats."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.ldap.errors import NoSuchObject, Unavailable
from adapters.ldap.pool import BrokenConnectionError, Deadline, Pool


class Line:
    """A connection that remembers what became of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.usable = True
        self.closed = False

    def close(self) -> None:
        """End it."""
        self.closed = True


class Lines:
    """Makes connections, and knows all of them."""

    def __init__(self) -> None:
        self.made: list[Line] = []

    def connect(self, deadline: Deadline) -> Line:
        """One more connection."""
        deadline.left()
        self.made.append(Line(len(self.made)))
        return self.made[-1]


@asynccontextmanager
async def pool(lines: Lines, *, size: int = 1, queue: int = 10) -> AsyncIterator[Pool[Line]]:
    """A pool over these connections."""
    made: Pool[Line] = Pool("test", size, queue, lines.connect)
    try:
        yield made
    finally:
        await made.close()


async def settled(made: Pool[Line]) -> None:
    """Return once an operation is taken again."""
    taken = False
    while not taken:
        with suppress(Unavailable):
            await made.run(number, seconds=5, repeatable=True)
            taken = True
        await asyncio.sleep(0)


def number(line: Line, deadline: Deadline) -> int:
    """Work that tells its connection."""
    return line.number


def failing(error: Exception) -> Callable[[Line, Deadline], int]:
    """Work that fails, always."""

    def work(line: Line, deadline: Deadline) -> int:
        raise error

    return work


async def test_a_connection_is_used_again() -> None:
    """One after the other, operations share a connection; in the end it is closed."""
    lines = Lines()
    async with pool(lines, size=3) as made:
        for _ in range(3):
            assert await made.run(number, seconds=5, repeatable=True) == 0
    assert [line.closed for line in lines.made] == [True]


async def test_operations_run_at_once_up_to_the_size() -> None:
    """As many operations as there are slots meet each other; each has its own connection."""
    lines = Lines()
    meeting = threading.Barrier(3)

    def work(line: Line, deadline: Deadline) -> int:
        meeting.wait(timeout=10)
        return line.number

    async with pool(lines, size=3) as made:
        jobs = [made.run(work, seconds=10, repeatable=False) for _ in range(3)]
        assert sorted(await asyncio.gather(*jobs)) == [0, 1, 2]


async def test_a_connection_that_is_gone_is_replaced() -> None:
    """What the other side has closed while it was idle is not used."""
    lines = Lines()
    async with pool(lines) as made:
        await made.run(number, seconds=5, repeatable=False)
        lines.made[0].usable = False
        assert await made.run(number, seconds=5, repeatable=False) == 1
        assert lines.made[0].closed


async def test_a_refusal_keeps_the_connection() -> None:
    """What the server refuses is told as it is, on a connection that is as good as before."""
    lines = Lines()
    async with pool(lines) as made:
        with pytest.raises(NoSuchObject):
            await made.run(failing(NoSuchObject(32, "x")), seconds=5, repeatable=True)
        assert await made.run(number, seconds=5, repeatable=True) == 0


async def test_reads_are_repeated_once() -> None:
    """A read whose connection breaks is done again on another one, and only once."""
    lines = Lines()
    seen: list[int] = []

    def work(line: Line, deadline: Deadline) -> int:
        seen.append(line.number)
        if line.number in broken:
            raise BrokenConnectionError
        return line.number

    async with pool(lines) as made:
        broken = {0}
        assert await made.run(work, seconds=5, repeatable=True) == 1
        broken = {1, 2, 3}
        with pytest.raises(Unavailable):
            await made.run(work, seconds=5, repeatable=True)
    assert seen == [0, 1, 1, 2]


async def test_writes_are_never_repeated() -> None:
    """A write whose connection breaks may have happened: that is said, and nothing done again."""
    lines = Lines()
    async with pool(lines) as made:
        with pytest.raises(Unavailable, match="may be made or not"):
            await made.run(failing(BrokenConnectionError()), seconds=5, repeatable=False)
        assert [line.closed for line in lines.made] == [True]


async def test_too_many_waiting_operations_are_refused() -> None:
    """Beyond the queue's limit nobody waits: the refusal comes at once."""
    lines = Lines()
    free = threading.Event()

    def work(line: Line, deadline: Deadline) -> int:
        free.wait(timeout=10)
        return line.number

    async with pool(lines, size=1, queue=1) as made:
        waiting = [asyncio.create_task(made.run(work, seconds=9, repeatable=False)) for _ in "ab"]
        await asyncio.sleep(0)  # lets both begin, of which one can only wait
        with pytest.raises(Unavailable, match="too many"):
            await made.run(number, seconds=5, repeatable=True)
        free.set()
        assert await asyncio.gather(*waiting) == [0, 0]
        assert await made.run(number, seconds=5, repeatable=True) == 0


async def test_waiting_counts_as_time() -> None:
    """An operation that finds no free connection within its time limit is unavailable."""
    lines = Lines()
    begun, free = threading.Event(), threading.Event()

    def work(line: Line, deadline: Deadline) -> int:
        begun.set()
        free.wait(timeout=10)
        return line.number

    async with pool(lines) as made:
        busy = asyncio.create_task(made.run(work, seconds=9, repeatable=False))
        await asyncio.to_thread(begun.wait, 10)
        with pytest.raises(Unavailable):
            await made.run(number, seconds=0.05, repeatable=True)
        free.set()
        assert await busy == 0


async def test_what_has_begun_goes_on_when_the_caller_is_gone() -> None:
    """A cancelled caller leaves no half operation behind, and its slot comes back."""
    lines = Lines()
    begun, free, ended = threading.Event(), threading.Event(), threading.Event()

    def work(line: Line, deadline: Deadline) -> int:
        begun.set()
        free.wait(timeout=10)
        ended.set()
        return line.number

    async with pool(lines, queue=0) as made:
        caller = asyncio.create_task(made.run(work, seconds=9, repeatable=False))
        await asyncio.to_thread(begun.wait, 10)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        free.set()
        assert await asyncio.to_thread(ended.wait, 10)
        await asyncio.wait_for(settled(made), 10)
        assert await made.run(number, seconds=5, repeatable=True) == 0


async def test_a_closed_pool_refuses() -> None:
    """What comes after the end is told so, and what waited then is dropped."""
    lines = Lines()
    begun, free = threading.Event(), threading.Event()

    def work(line: Line, deadline: Deadline) -> int:
        begun.set()
        free.wait(timeout=10)
        return line.number

    async with pool(lines) as made:
        running = asyncio.create_task(made.run(work, seconds=9, repeatable=False))
        await asyncio.to_thread(begun.wait, 10)
        waiting = asyncio.create_task(made.run(number, seconds=9, repeatable=False))
        await asyncio.sleep(0)
        closing = asyncio.create_task(made.close())
        with pytest.raises(Unavailable, match="closed"):
            await waiting
        free.set()
        await closing
        assert await running == 0
        with pytest.raises(Unavailable, match="closed"):
            await made.run(number, seconds=5, repeatable=True)


def test_a_deadline_runs_out() -> None:
    """What is left is bounded, and nothing once the time is over."""
    assert 0 < Deadline.after(5).left() <= 5
    assert Deadline.after(5).left(at_most=1) == 1
    assert Deadline.after(5, silence=2).left() == 2
    assert 0 < Deadline.after(1, silence=2).left() <= 1
    with pytest.raises(Unavailable):
        Deadline.after(-1).left()
