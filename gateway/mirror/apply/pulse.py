"""Saying that the mirror is true, while it is."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from gateway.domain.errors import Unavailable
from gateway.mirror.apply.endings import GoOnError
from gateway.mirror.apply.pace import Pace
from gateway.ports.feed import Versions
from gateway.ports.truth import Beat, Lease, MirrorTruth


class Pulse:
    """Beats of one epoch, as soon as there is something to say, and not too often."""

    def __init__(
        self,
        truth: MirrorTruth,
        lease: Lease,
        epoch: str,
        incarnation: str,
        applied: Callable[[], int],
        pace: Pace,
    ) -> None:
        self._truth = truth
        self._lease = lease
        self._epoch = epoch
        self._incarnation = incarnation
        self._applied = applied
        self._pace = pace
        self._covers: Versions = {}
        self._current: float | None = None
        self._live = False
        self._looked = 0.0
        self._wanted = asyncio.Event()

    @property
    def live(self) -> bool:
        """Whether what was missed is kept, and changes come as they happen."""
        return self._live

    def covers(self, covers: Versions) -> None:
        """All changes up to these are kept."""
        self._covers = covers
        self._wanted.set()

    def current(self, at: float) -> None:
        """All changes that were answered before that moment are kept."""
        self._current = at
        self._wanted.set()

    def alive(self) -> None:
        """From here on changes come as they happen; what is current is told yet."""
        self._live, self._current = True, None

    def silence(self) -> None:
        """Nobody knows at the moment what is missing."""
        self._live, self._current = False, None

    def doubt(self) -> None:
        """The store did not answer: maybe it is another one when it does again."""
        self._looked = 0.0

    async def run(self) -> None:
        """Beat for ever.

        Raises:
            GoOnError: lease or epoch were lost, or the store is served by other processes.
        """
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._check()
                await self._beat()
            except Unavailable:
                self.doubt()
                self._wanted.set()
                await asyncio.sleep(self._pace.first_pause)
            await asyncio.sleep(self._pace.beats)

    async def _check(self) -> None:
        now = time.monotonic()
        if now - self._looked < self._pace.incarnation:
            return
        if await self._truth.incarnation() != self._incarnation:
            raise GoOnError("the store is served by another process")
        self._looked = now

    async def _beat(self) -> None:
        if not self._live or self._current is None:
            return
        beat = Beat(
            epoch=self._epoch,
            covers=self._covers,
            current=timedelta(seconds=max(0.0, time.monotonic() - self._current)),
            applied=self._applied(),
            incarnation=self._incarnation,
        )
        if not await self._truth.beat(self._lease, beat):
            raise GoOnError("the lease, the epoch or the store was lost")
