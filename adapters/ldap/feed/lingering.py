"""Names that entries refer to and nobody bears: a state machine without I/O.

slapd's refint overlay changes the entries that name a renamed or deleted one some time after the
change, silently: they have no new version, and are not told. So whoever names it is read again,
ever less often, until nobody does any more, or for so long that nobody is going to mend it.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from adapters.ldap.dn import Dn

PATIENCE = 300.0
"""Seconds in which the directory mends a reference; below a renamed unit it searches long."""


@dataclass(slots=True)
class _Wait:
    since: float
    next: float


class Lingering:
    """Remembers names until they are mended; moments are of the monotonic clock.

    A name is due at once, and then after as long again as it has waited: so what took a second
    is seen a second later at the latest, and what is never mended costs a dozen looks.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._waits: dict[Dn, _Wait] = {}

    def begin(self, names: Iterable[Dn], now: float) -> None:
        """These have lost who bore them, or never had anybody."""
        for name in names:
            self._waits.setdefault(name, _Wait(now, now))

    def due(self, now: float) -> Set[Dn]:
        """Who names these is to be looked at again; for the last time, if it was too long."""
        due = {name for name, wait in self._waits.items() if wait.next <= now}
        for name in due:
            wait = self._waits[name]
            wait.next = now + (now - wait.since)
            if now - wait.since > self._patience:
                del self._waits[name]
        return due

    def mended(self, names: Iterable[Dn]) -> None:
        """Nobody names these any more."""
        for name in names:
            self._waits.pop(name, None)
