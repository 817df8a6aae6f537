"""Whether the mirror may be believed, in one process (`gateway.ports.MirrorTruth`)."""

from datetime import datetime, timedelta
from secrets import token_hex

from gateway.ports import Clock
from gateway.ports.truth import STALENESS, Beat, Lease, Progress


class MemoryTruth:
    """Lease, progress and pulse by the clock of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lease: Lease | None = None
        self._lease_ends = clock()
        self._fence = 0
        self._progress: Progress | None = None
        self._pulse: tuple[str, datetime] | None = None

    async def acquire(self, owner: str, *, lifetime: timedelta) -> Lease | None:
        """The lease if nobody has it."""
        if await self.holder():
            return None
        self._fence += 1
        self._lease = Lease(owner, self._fence)
        self._lease_ends = self._clock() + lifetime
        return self._lease

    async def renew(self, lease: Lease, *, lifetime: timedelta) -> bool:
        """Keep the lease."""
        if not await self._holds(lease):
            return False
        self._lease_ends = self._clock() + lifetime
        return True

    async def release(self, lease: Lease) -> None:
        """Let others feed."""
        if await self._holds(lease):
            self._lease = self._pulse = None

    async def holder(self) -> Lease | None:
        """Who has the lease."""
        return self._lease if self._clock() < self._lease_ends else None

    async def incarnation(self) -> str:
        """Always the same: this process."""
        return "memory"

    async def progress(self) -> Progress | None:
        """How far the mirror is."""
        return self._progress

    async def begin(self, lease: Lease) -> str | None:
        """Begin an epoch that never was."""
        if not await self._holds(lease):
            return None
        epoch = token_hex(8)
        self._progress, self._pulse = Progress(epoch, None), None
        return epoch

    async def advance(
        self, lease: Lease, progress: Progress, *, incarnation: str | None = None
    ) -> bool:
        """Keep a cookie."""
        if not await self._is_current(lease, progress.epoch):
            return False
        if incarnation not in (None, await self.incarnation()):
            return False
        self._progress = progress
        return True

    async def beat(self, lease: Lease, beat: Beat) -> bool:
        """Say that the mirror is true."""
        if not await self._is_current(lease, beat.epoch):
            return False
        if beat.incarnation not in (None, await self.incarnation()):
            return False
        not_after = self._clock() + STALENESS - beat.current
        if not_after > self._clock():
            self._pulse = beat.epoch, not_after
        return True

    async def believed(self) -> str | None:
        """The epoch of the mirror if it is true now."""
        if self._pulse is None or self._clock() >= self._pulse[1]:
            return None
        return self._pulse[0]

    async def forget(self) -> None:
        """Let nobody believe the mirror, and the feed begin anew."""
        self._pulse = self._progress = None

    async def _holds(self, lease: Lease) -> bool:
        return await self.holder() == lease

    async def _is_current(self, lease: Lease, epoch: str) -> bool:
        progress = self._progress
        return await self._holds(lease) and progress is not None and progress.epoch == epoch
