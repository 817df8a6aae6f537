"""Who feeds the mirror, how far, and whether it may be believed.

One feed holds the lease. It says again and again that the mirror is true; silence means that
it is not. A sign of life counts for `STALENESS` from when the feed last knew that it had missed
nothing, however long it was on its way; so whoever wrote to the directory and could not tell
the mirror has but to wait so long. Any call raises `Unavailable` where nobody can tell.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from gateway.ports.feed import Versions

STALENESS: Final = timedelta(milliseconds=750)
"""Nobody believes a mirror longer than this after it was last known to be complete."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to feed; of two leases the later one has the greater fence."""

    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the mirror is: the cookie of the last changes that it has for certain.

    Without a cookie the first refresh is not finished.
    """

    epoch: str
    cookie: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life.

    Args:
        epoch: of the mirror that is true.
        covers: the changes that it has.
        current: how long ago the feed last knew that it had missed nothing.
        applied: how many changes it has applied since it started.
        incarnation: of the store that was fed (`MirrorTruth.incarnation`); None: whichever.
    """

    epoch: str
    covers: Versions
    current: timedelta
    applied: int = 0
    incarnation: str | None = None


class MirrorTruth(Protocol):
    """Lease, progress and pulse of the feed; over all hosts."""

    async def acquire(self, owner: str, *, lifetime: timedelta) -> Lease | None:
        """The lease if nobody has it; `owner` names a process for people."""
        ...

    async def renew(self, lease: Lease, *, lifetime: timedelta) -> bool:
        """Keep the lease; False where it was lost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Let others feed, and nobody believe the mirror meanwhile."""
        ...

    async def holder(self) -> Lease | None:
        """Who has the lease."""
        ...

    async def incarnation(self) -> str:
        """A text that changes when a server was replaced: it may have forgotten what came last.

        A feed that sees another one has to go on from the cookie that is kept.
        """
        ...

    async def progress(self) -> Progress | None:
        """How far the mirror is; None where none was begun, or it was lost."""
        ...

    async def begin(self, lease: Lease) -> str | None:
        """Begin anew, in an epoch that never was; None where the lease was lost."""
        ...

    async def advance(
        self, lease: Lease, progress: Progress, *, incarnation: str | None = None
    ) -> bool:
        """Keep the cookie of changes that are applied, to the store of that `incarnation`.

        One that was served anew since may have forgotten some of them: it has to keep the
        cookie that it remembers. None: whichever.

        Returns:
            False where the lease, the epoch or the store were lost.
        """
        ...

    async def beat(self, lease: Lease, beat: Beat) -> bool:
        """Say that the mirror is true; all who listen (`gateway.ports.news`) hear it.

        It is not said where that took so long that nobody could believe it any more.

        Returns:
            False where the lease or the epoch were lost, or the store is served by another
            process, which may have forgotten what came last: nothing was said.
        """
        ...

    async def believed(self) -> str | None:
        """The epoch of the mirror if it is true now, else None."""
        ...

    async def forget(self) -> None:
        """Let nobody believe the mirror, and the feed begin anew."""
        ...
