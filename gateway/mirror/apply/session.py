"""Following the directory from one point on, until something ends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from gateway.domain.errors import Unavailable
from gateway.mirror.apply.endings import BeginAnewError, GoOnError, together
from gateway.mirror.apply.history import Stretch, stretches
from gateway.mirror.apply.pace import Pace
from gateway.mirror.apply.pulse import Pulse
from gateway.mirror.apply.replica import Replica
from gateway.mirror.apply.standing import inspect, resumed
from gateway.mirror.changes import Changes
from gateway.ports.feed import (
    PLATFORM,
    Current,
    DirectoryFeed,
    FeedEvent,
    Live,
    Lost,
    OnlyThese,
    Reached,
    StartOver,
)
from gateway.ports.mirror import MirrorStore, Superseded
from gateway.ports.mirror_members import MirrorMembers
from gateway.ports.truth import Lease, MirrorTruth, Progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a feed works with; `changes` makes what is kept of what is told."""

    feed: DirectoryFeed
    changes: Changes
    store: MirrorStore
    members: MirrorMembers
    truth: MirrorTruth


class Session:
    """One history, from a cookie or from nothing."""

    def __init__(
        self,
        room: Room,
        lease: Lease,
        replica: Replica,
        pulse: Pulse,
        incarnation: str,
        cookie: bytes | None,
        pace: Pace,
    ) -> None:
        self._room = room
        self._lease = lease
        self._replica = replica
        self._pulse = pulse
        self._incarnation = incarnation
        self._cookie = cookie
        self._reached: Reached | None = None
        self._pace = pace

    @classmethod
    async def begin(cls, room: Room, lease: Lease, pace: Pace, *, anew: bool) -> "Session":
        """Go on from what is kept if that stands, and unless `anew`; else in a new epoch.

        Raises:
            Superseded: the lease is lost.
            Unavailable: the store is away.
        """
        incarnation = await room.truth.incarnation()
        progress = None if anew else await room.truth.progress()
        opened: frozenset[str] | None = None
        if progress is not None and progress.cookie is not None:
            opened = await resumed(room.store, progress.epoch, lease.fence)
        if progress is None or opened is None:
            epoch = await room.truth.begin(lease)
            if epoch is None:
                raise Superseded
            progress = Progress(epoch, None)
        replica = Replica(
            room.store,
            room.members,
            room.feed,
            room.changes,
            epoch=progress.epoch,
            fence=lease.fence,
            pace=pace,
            opened=opened,
        )
        pulse = Pulse(room.truth, lease, progress.epoch, incarnation, lambda: replica.applied, pace)
        _log.info(
            "following the directory",
            extra={"epoch": progress.epoch, "whole": opened is None},
        )
        return cls(room, lease, replica, pulse, incarnation, progress.cookie, pace)

    async def run(self) -> None:
        """Follow, for ever.

        Raises:
            BeginAnewError: what is kept is of no use any more.
            NotMirrored: likewise.
            GoOnError: go on from what is kept.
            Superseded: somebody else feeds.
        """
        replica = self._replica
        if replica.first:
            await self._surely(replica.prepare)
        else:
            for tenant_id in replica.opened:
                replica.memberships.look(tenant_id)
        await together(
            self._follow(),
            self._pulse.run(),
            replica.memberships.run(),
            self._inspect(),
        )

    async def _follow(self) -> None:
        async with aclosing(self._room.feed.events(self._cookie)) as batches:
            async for batch in batches:
                await self._take(batch)
        raise GoOnError("the directory's changes ended")

    async def _take(self, batch: Sequence[FeedEvent]) -> None:
        for part in stretches(batch):
            match part:
                case Stretch():
                    await self._surely(partial(self._replica.take, part))
                case OnlyThese():
                    await self._surely(partial(self._replica.only_these, part))
                case Reached():
                    await self._surely(partial(self._arrived, part))
                case Current(at):
                    if self._pulse.live:
                        self._pulse.current(at)
                case Live():
                    await self._surely(self._alive)
                case Lost(reason):
                    await self._lost(reason)
                case StartOver(reason):
                    self._pulse.silence()
                    raise BeginAnewError(reason)

    async def _arrived(self, reached: Reached) -> None:
        """Keep the cookie, of a first refresh when it is finished."""
        self._reached = reached
        if self._replica.first:
            return
        await self._replica.complete()
        progress = Progress(self._replica.epoch, reached.cookie)
        kept = await self._room.truth.advance(self._lease, progress, incarnation=self._incarnation)
        if not kept:
            raise GoOnError("the lease, the epoch or the store was lost")
        self._pulse.covers(reached.covers)

    async def _alive(self) -> None:
        if self._replica.first:
            await self._replica.begun()
        if self._reached is not None:
            await self._arrived(self._reached)
        await self._replica.vacate()
        self._pulse.alive()
        _log.info(
            "the mirror follows the directory",
            extra={
                "epoch": self._replica.epoch,
                "tenants": len(self._replica.opened - {PLATFORM}),
                "applied": self._replica.applied,
            },
        )

    async def _lost(self, reason: str) -> None:
        """What was told of a refresh that did not end is told again, maybe less of it."""
        self._pulse.silence()
        _log.warning("the directory cannot be followed", extra={"reason": reason})
        if self._replica.first and self._replica.applied:
            raise BeginAnewError("the first refresh was interrupted")
        await self._surely(self._replica.interrupted)

    async def _inspect(self) -> None:
        while True:
            try:
                await inspect(self._room.store, self._replica, self._pace.inspection)
            except Unavailable:
                self._pulse.doubt()
                await asyncio.sleep(self._pace.longest_pause)

    async def _surely(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, again and again while a server is away: nothing may be left out."""
        failures = 0
        while True:
            try:
                await work()
            except Unavailable as error:
                self._pulse.doubt()
                if not failures:
                    _log.warning("changes have to wait", extra={"reason": error.detail})
                await asyncio.sleep(self._pace.pause(failures))
                failures += 1
            else:
                return
