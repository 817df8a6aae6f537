"""Time and versions of one directory."""

from datetime import datetime
from itertools import count

from gateway.ports import Clock


class Ticks:
    """The directory's clock, in whole seconds as Generalized Time has them, and its versions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._versions = count(1)

    def now(self) -> datetime:
        """Now, to the second."""
        return self._clock().replace(microsecond=0)

    def exactly(self) -> datetime:
        """Now, as exactly as the clock tells."""
        return self._clock()

    def version(self) -> str:
        """A version that no resource had before."""
        return f"{next(self._versions):016x}"
