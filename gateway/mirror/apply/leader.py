"""One feed of all leads; the others wait until it is gone."""

import asyncio
import logging
import time

from gateway.domain.errors import Unavailable
from gateway.mirror.apply.endings import BeginAnewError, GoOnError, together
from gateway.mirror.apply.pace import Pace
from gateway.mirror.apply.session import Room, Session
from gateway.ports.mirror import NotMirrored, Superseded
from gateway.ports.truth import Lease

_log = logging.getLogger(__name__)
_STEADY = 10.0
"""Seconds after which what ends is no failure to begin."""


class Leader:
    """Feeds the mirror whenever it has the lease, for as long as it runs.

    Args:
        room: what it works with.
        owner: names this process for people.
        pace: how often it does what.
    """

    def __init__(self, room: Room, owner: str, pace: Pace | None = None) -> None:
        self._room = room
        self._owner = owner
        self._pace = pace or Pace()
        self._lease: Lease | None = None
        self._retired = False

    async def run(self) -> None:
        """Stand by or lead, until it is cancelled; whatever happens, it begins again."""
        failures = 0
        told: str | None = None
        while not self._retired:
            started = time.monotonic()
            try:
                await self._lead(await self._acquired())
            except Superseded:
                _log.warning("the lease was lost")
            except Unavailable as error:
                if error.detail != told:
                    _log.warning("the mirror cannot be fed", extra={"reason": error.detail})
                told = error.detail
            except Exception:
                _log.exception("feeding ended unexpectedly, and begins again")
            finally:
                await self._give_up()
            steady = time.monotonic() - started > _STEADY
            failures = 0 if steady else failures + 1
            told = None if steady else told
            await asyncio.sleep(self._pace.pause(failures))

    async def retire(self) -> None:
        """Let others lead at once; whatever is under way here has no effect any more."""
        self._retired = True
        await self._give_up()

    async def _acquired(self) -> Lease:
        waiting = False
        while True:
            lease = await self._room.truth.acquire(self._owner, lifetime=self._pace.lifetime)
            if lease is not None and not self._retired:
                self._lease = lease
                _log.info("this feed leads", extra={"fence": lease.fence})
                return lease
            if not waiting:
                _log.info("another feed leads; this one stands by")
                waiting = True
            await asyncio.sleep(self._pace.renew)

    async def _lead(self, lease: Lease) -> None:
        await together(self._sessions(lease), self._keep(lease))

    async def _sessions(self, lease: Lease) -> None:
        anew = False
        failures = 0
        while True:
            started = time.monotonic()
            try:
                session = await Session.begin(self._room, lease, self._pace, anew=anew)
                anew = False
                await session.run()
            except (BeginAnewError, NotMirrored) as error:
                _log.warning("the mirror begins anew", extra={"reason": str(error) or "lost"})
                anew = True
            except GoOnError as error:
                _log.warning("the feed goes on from what is kept", extra={"reason": str(error)})
            if not await self._room.truth.renew(lease, lifetime=self._pace.lifetime):
                raise Superseded
            failures = 0 if time.monotonic() - started > _STEADY else failures + 1
            await asyncio.sleep(self._pace.pause(failures - 1))

    async def _keep(self, lease: Lease) -> None:
        """Renew the lease, for as long as somebody can be asked for it. Raises Superseded."""
        while True:
            await asyncio.sleep(self._pace.renew)
            try:
                kept = await self._room.truth.renew(lease, lifetime=self._pace.lifetime)
            except Unavailable:
                continue
            if not kept:
                raise Superseded

    async def _give_up(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            try:
                await self._room.truth.release(lease)
            except Unavailable:
                _log.warning("the lease could not be released; it runs out by itself")
