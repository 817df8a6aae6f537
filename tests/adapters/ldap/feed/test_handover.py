"""What goes from a thread to the loop arrives whole, in order, and never piles up."""

import asyncio
import threading

import pytest

from adapters.ldap.feed.handover import ClosedError, Handover


async def test_all_arrives_in_order_and_little_waits() -> None:
    """The thread is never further ahead than there is room."""
    handover: Handover[int] = Handover(3)
    put = 0

    def produce() -> None:
        nonlocal put
        for number in range(500):
            handover.put(number)
            put = number + 1

    thread = threading.Thread(target=produce)
    thread.start()
    for number in range(500):
        assert await handover.take() == number
        assert put - number <= 5  # those that wait, the one taken, and the one on its way
    await asyncio.to_thread(thread.join)


async def test_putting_waits_no_longer_than_it_may() -> None:
    """Where there is no room in time, nothing was put."""
    handover: Handover[int] = Handover(1)
    assert await asyncio.to_thread(handover.put, 1, 0.01)
    assert not await asyncio.to_thread(handover.put, 2, 0.01)
    assert await handover.take() == 1
    assert await asyncio.to_thread(handover.put, 3, 0.01)
    assert await handover.take() == 3


async def test_closing_wakes_whoever_waits_to_put() -> None:
    """A thread ends as soon as nobody takes any more."""
    handover: Handover[int] = Handover(1)
    handover.put(1)
    for work in (lambda: handover.put(2), lambda: handover.pause(60)):
        waiting = asyncio.ensure_future(asyncio.to_thread(work))
        await asyncio.sleep(0)
        handover.close()
        with pytest.raises(ClosedError):
            await asyncio.wait_for(waiting, 5)


async def test_a_pause_is_a_pause() -> None:
    """It ends by itself where nobody closes."""
    handover: Handover[int] = Handover(1)
    await asyncio.to_thread(handover.pause, 0.01)


async def test_a_failure_comes_after_all_that_was_put() -> None:
    """Who takes sees what the thread saw, and then its end."""
    handover: Handover[int] = Handover(2)
    handover.put(1)
    handover.fail(RuntimeError("odd"))
    assert await handover.take() == 1
    with pytest.raises(RuntimeError, match="odd"):
        await handover.take()
