"""Names that entries refer to and nobody bears: a state machine without I/O.

slapd's refint overlay changes the entries that name a renamed or deleted one some time after the
change, silently: they have no new version, and are not told. So whoever names it is read again,
ever less often, until nobody does any more, or for so long that nobody is going to mend it.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from adapters.ldap.dn import Dn

PATIENCE = 900.0
"""Seconds after which what is not mended stays so; below a renamed unit slapd searches long."""

_AT_WORK = 3.0
"""Seconds in which the directory is taken to be at work, since it had to or has mended any."""


@dataclass(slots=True)
class _Wait:
    since: float
    next: float


class Lingering:
    """Remembers names until they are mended; moments are of the monotonic clock.

    While the directory is at work they are due whenever somebody asks, so that what is told is
    as old as that at most. Then each pause is about as long as all that went before, so that
    what is never mended costs some twenty looks.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._waits: dict[Dn, _Wait] = {}
        self._mended = 0.0

    def begin(self, names: Iterable[Dn], now: float) -> None:
        """These have lost who bore them, or never had anybody."""
        for name in names:
            self._waits[name] = _Wait(now, now)

    def due(self, now: float) -> Set[Dn]:
        """Who names these is to be looked at again; for the last time, if it was too long."""
        due = {name for name, wait in self._waits.items() if wait.next <= now}
        for name in due:
            wait = self._waits[name]
            idle = now - max(wait.since, self._mended)
            wait.next = now + max(0.0, idle - _AT_WORK)
            if now - wait.since > self._patience:
                del self._waits[name]
        return due

    def mended(self, names: Iterable[Dn], now: float) -> None:
        """Nobody names these any more; so the directory is at work on others, too."""
        mended = [name for name in names if self._waits.pop(name, None) is not None]
        if mended:
            self._mended = now
            for wait in self._waits.values():
                wait.next = now
