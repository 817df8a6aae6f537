"""What a process hears of the mirror while it serves: whether to believe it, and what changed.

Everything here is asked synchronously, since it is asked right before each use: what had
reached this process by then is taken into account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from gateway.domain.ids import Kind
from gateway.ports.feed import Versions

EVERYTHING: Final = "*"
"""Among changed fields: a resource that came, went, or changed in whatever way."""

UNSETTLED: Final = "*"
"""In an id's place: the members of some group of the tenant are not known at the moment."""


@dataclass(frozen=True, slots=True)
class Told:
    """Changes of one kind in one tenant: ids with the names of what changed of each."""

    tenant_id: str
    kind: Kind
    changed: Mapping[str, frozenset[str]]


Watcher = Callable[[Told | None], None]
"""Is told of changes in their order; None: some may have been missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The last sign of life of the feed, as far as it was heard."""

    epoch: str
    covers: Versions
    applied: int
    """Changes that the feed has applied since it started."""
    lag: timedelta
    """How long before its sign of life the feed last knew that it had missed nothing."""


class News(Protocol):
    """The mirror's news, as far as they have reached this process."""

    def believed(self) -> str | None:
        """The epoch of the mirror if it can be believed at this moment, else None.

        All that was published before is taken in first, and told to those who watch.
        """
        ...

    def pulse(self) -> Pulse | None:
        """The last sign of life that was heard, however old."""
        ...

    @property
    def connected(self) -> bool:
        """Whether whatever is told reaches this process at the moment; for people."""
        ...

    def watch(self, watcher: Watcher) -> None:
        """Tell of every change from here on."""
        ...

    async def covered(self, versions: Versions) -> None:
        """Wait until nobody believes a mirror that lacks any change up to `versions`.

        That is when the feed has said that it covers them, and at the latest when the last
        sign of life that did not is too old for anybody (`STALENESS`).
        """
        ...
