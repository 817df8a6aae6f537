"""How often the feed does what."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times in seconds, and sizes.

    Args:
        lease: how long the right to feed lasts without being renewed.
        renew: between two renewals, and between two attempts to get it.
        first_pause: after the first failure; twice as long after each further one.
        longest_pause: at most.
        beats: between two signs of life, at least.
        incarnation: how old the knowledge may be that the store is served by the same processes.
        inspection: in which time every tenant is looked at, whether it still stands.
        debounce: how long changes of a group are awaited before its members are asked for.
        rest: members of a group are asked for again after this many times what the last time
            took, at the earliest.
        chunk: changes in one step of the store.
        parallel: steps under way at once.
        tended: tenants whose members are asked for at once.
    """

    lease: float = 2.0
    renew: float = 0.5
    first_pause: float = 0.05
    longest_pause: float = 2.0
    beats: float = 0.002
    incarnation: float = 0.75
    inspection: float = 10.0
    debounce: float = 0.02
    rest: float = 4.0
    chunk: int = 100
    parallel: int = 8
    tended: int = 4

    @property
    def lifetime(self) -> timedelta:
        """Of the lease."""
        return timedelta(seconds=self.lease)

    def pause(self, failures: int) -> float:
        """After so many failures in a row."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(failures, 16))
