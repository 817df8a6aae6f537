"""What a process that serves for long does once, when all its code is loaded."""

import gc
from typing import Final

_THRESHOLDS: Final = (10_000, 20, 50)


def begin_long_run() -> None:
    """Let the garbage collector leave alone what is there now, and look seldom at the rest.

    To go through all that is loaded stops a worker for 150 ms, and it did so each second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
