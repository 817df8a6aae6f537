"""An application that reads through a mirror, and keeps its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from gateway.http.settings import HttpSettings
from gateway.mirror.memo import Memo
from gateway.mirror.revocations import MirroredRevocations
from gateway.ports import Clock, Revocations
from tests.gateway.mirror.reading.twins import Twin
from tests.gateway.rest.house import House, open_house
from tests.gateway.services.world import Reading


@dataclass(kw_only=True)
class Mirrored:
    """A house, and the mirror that it reads."""

    house: House
    twin: Twin

    @property
    def memo(self) -> Memo:
        """What it remembers."""
        return self.twin.memo

    def hits(self) -> int:
        """How many answers were kept ones."""
        return self.house.world.metrics.counts["kept_answers", ()]


@asynccontextmanager
async def open_mirrored(
    settings: HttpSettings = HttpSettings(),  # noqa: B008 - a frozen value
) -> AsyncIterator[Mirrored]:
    """A fresh one."""
    twins: list[Twin] = []

    async def reading(clock: Clock) -> Reading:
        twin = Twin(clock)
        await twin.feed()
        twins.append(twin)

        def before(copies: Revocations) -> Revocations:
            lifetime = timedelta(seconds=60)
            return MirroredRevocations(
                copies, twin.directory, twin, twin.memo, clock, lifetime=lifetime
            )

        return twin.directory, before

    async with open_house(settings, reading, lambda: twins[0].memo) as house:
        yield Mirrored(house=house, twin=twins[0])
    await twins[0].directory.close()
