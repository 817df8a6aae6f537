"""The mirror's news within one process (`gateway.ports.News`), and what is heard without one."""

import asyncio
import time
from collections.abc import Callable

from gateway.ports.feed import Versions, reaches
from gateway.ports.news import Pulse, Told, Watcher
from gateway.ports.truth import STALENESS


class MemoryNews:
    """Hears what is told it, at once."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._pulse: Pulse | None = None
        self._until = 0.0
        self._watchers: list[Watcher] = []
        self._next_beat: asyncio.Future[None] | None = None

    def beat(self, pulse: Pulse, *, until: float) -> None:
        """The feed lives; it counts until a moment of the monotonic clock."""
        if self._pulse is None or self._pulse.epoch != pulse.epoch:
            self.lose()
        self._pulse, self._until = pulse, until
        if self._next_beat is not None:
            self._next_beat.set_result(None)
            self._next_beat = None

    def tell(self, told: Told) -> None:
        """Something changed."""
        for watcher in self._watchers:
            watcher(told)

    def lose(self) -> None:
        """Something may have been missed: nothing is believed before the next beat."""
        self._until = 0.0
        for watcher in self._watchers:
            watcher(None)

    @property
    def connected(self) -> bool:
        """It always is."""
        return True

    def believed(self) -> str | None:
        """The epoch of the last beat while that counts."""
        if self._pulse is None or self._monotonic() >= self._until:
            return None
        return self._pulse.epoch

    def pulse(self) -> Pulse | None:
        """The last beat."""
        return self._pulse

    def watch(self, watcher: Watcher) -> None:
        """Tell of every change from here on."""
        self._watchers.append(watcher)

    async def covered(self, versions: Versions) -> None:
        """Wait until nobody believes a mirror that lacks any change up to `versions`."""
        deadline = self._monotonic() + STALENESS.total_seconds()
        while (left := deadline - self._monotonic()) > 0:
            if self._covers(versions):
                return
            if self._next_beat is None:
                self._next_beat = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._next_beat,), timeout=left)

    def _covers(self, versions: Versions) -> bool:
        pulse = self._pulse
        return self.believed() is not None and pulse is not None and reaches(pulse.covers, versions)


class NoNews:
    """Where a deployment has no mirror: nobody believes one, so there is nothing to wait for."""

    @property
    def connected(self) -> bool:
        """There is nothing to hear."""
        return False

    def believed(self) -> str | None:
        """Never."""
        return None

    def pulse(self) -> Pulse | None:
        """There is none."""
        return None

    def watch(self, watcher: Watcher) -> None:
        """Nothing will be told."""

    async def covered(self, versions: Versions) -> None:
        """Nobody believes anything."""
