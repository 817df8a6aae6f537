"""Waiting for what comes about by itself, with a deadline instead of a sleep."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Return once a condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
