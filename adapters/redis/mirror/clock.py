"""The clock of a Redis server, as seen by the monotonic clock of this process.

A server's time that was asked for at one moment and answered at another was read somewhere
between them; so each answer says how far the clocks are apart at least, and at most. Answers
narrow that down, and age: clocks do not run equally fast, and a server's may be set.
"""

from typing import Final

DRIFT: Final = 0.001
"""Seconds that the clocks come apart in a second, at most."""


class ServerClock:
    """How far a server's clock is before the monotonic one; all times are in seconds."""

    def __init__(self) -> None:
        self._least = self._most = 0.0
        self._learnt: float | None = None

    @property
    def learnt(self) -> float | None:
        """When it last learnt anything, by the monotonic clock."""
        return self._learnt

    def learn(self, server: float, *, asked: float, answered: float) -> None:
        """Take in what time it was at the server between two moments of the monotonic clock."""
        least, most = server - answered, server - asked + DRIFT * (answered - asked)
        if self._learnt is not None:
            drift = DRIFT * max(0.0, answered - self._learnt)
            narrow_least = max(least, self._least - drift)
            narrow_most = min(most, self._most + drift)
            if narrow_least <= narrow_most:
                least, most = narrow_least, narrow_most
        self._least, self._most, self._learnt = least, most, answered

    def at_server(self, moment: float, *, now: float) -> float:
        """The server's time at a moment of the monotonic clock: it was that, or later.

        Raises:
            LookupError: nothing was learnt.
        """
        return moment + self._least - self._drift(now)

    def here(self, server: float, *, now: float) -> float:
        """The monotonic clock at a time of the server: it was that, or later.

        Raises:
            LookupError: nothing was learnt.
        """
        return server - self._most - self._drift(now)

    def _drift(self, now: float) -> float:
        if self._learnt is None:
            msg = "nothing is known of the server's clock"
            raise LookupError(msg)
        return DRIFT * max(0.0, now - self._learnt)
