"""Who feeds the mirror, how far, and whether it may be believed.

One feed holds the lease. It says again and again that the mirror is true; silence means that
it is not. Whoever wrote to the directory and could not tell the mirror doubts it, until the
feed has come past that write. Any call raises `Unavailable` where nobody can tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


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


Versions = Mapping[str, str]
"""The newest entryCSN that is covered, by the id of the server that gave it (its third part)."""


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

    async def advance(self, lease: Lease, progress: Progress) -> bool:
        """Keep the cookie of changes that are applied; False: lease or epoch were lost."""
        ...

    async def beat(
        self, lease: Lease, epoch: str, *, covers: Versions, lifetime: timedelta
    ) -> bool:
        """Say that the mirror has all up to `covers` and is true for so long.

        Doubts that are covered end; while there are others it is not believed.

        Returns:
            False where the lease or the epoch were lost: nothing was said.
        """
        ...

    async def believed(self) -> str | None:
        """The epoch of the mirror if it is true now, else None."""
        ...

    async def doubt(self, server: str, version: str) -> None:
        """Let nobody believe the mirror before it covers that entryCSN of that server."""
        ...

    async def doubts(self) -> Versions:
        """What the mirror does not cover yet."""
        ...
