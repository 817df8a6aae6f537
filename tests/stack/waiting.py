"""Waiting for what comes about by itself, with a deadline instead of a sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Return once a condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def soon(read: Callable[[], T], expected: T) -> None:
    """Return once what is read is as expected: a change by others shows within milliseconds."""
    deadline = time.monotonic() + 5
    while (seen := read()) != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen == expected
