"""What processes do once: while their code is loaded, and, if they serve for long, after it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_THRESHOLDS: Final = (10_000, 20, 50)


@contextmanager
def loading() -> Iterator[None]:
    """Load modules: hardly anything of it is garbage, and to look for some takes a sixth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def begin_long_run() -> None:
    """Let the garbage collector leave alone what is there now, and look seldom at the rest.

    To go through all that is loaded stops a worker for 150 ms, and it did so each second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
