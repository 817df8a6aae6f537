"""Members of groups: who has to be asked for again, and asking in the background.

The feed never tells members. A group that is told in another version is not known (`unsettled`)
from before its document is applied until somebody has asked; the store remembers which groups
that are, so nothing is lost with this process.

A group can have other members without having changed: where it names somebody who was not
there before. Then it is unsettled with a mark, greater than all before: its members have to be
asked for after that, whatever their version was.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Container, Mapping
from dataclasses import replace
from itertools import count
from typing import Final

from gateway.domain.errors import Unavailable
from gateway.mirror.apply.endings import all_of, ended
from gateway.mirror.apply.pace import Pace
from gateway.ports.feed import DirectoryFeed, Membership
from gateway.ports.mirror import NotMirrored
from gateway.ports.mirror_members import Heard, MirrorMembers

_log = logging.getLogger(__name__)

_GROUPS: Final = 5_000
"""So many groups are asked for at a time at most."""

_NAMES: Final = 200_000
"""So many members should come in one answer."""


class Memberships:
    """Keeps the members of the groups of those tenants that are `opened`.

    Nobody is asked for groups of a tenant that is still `opening`: users in them are not told.
    """

    def __init__(
        self,
        feed: DirectoryFeed,
        members: MirrorMembers,
        opened: Container[str],
        opening: Container[str],
        fence: int,
        pace: Pace,
    ) -> None:
        self._feed = feed
        self._members = members
        self._opened = opened
        self._opening = opening
        self._fence = fence
        self._pace = pace
        self._marks = count(1)
        self._dirty: set[str] = set()
        self._woken = asyncio.Event()
        self._tended: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(pace.tended)
        self._left: dict[str, list[set[str]]] = {}
        self._rests: dict[str, float] = {}

    def look(self, tenant_id: str) -> None:
        """Some of its groups may be unsettled."""
        if tenant_id not in self._opening:
            self._dirty.add(tenant_id)
            self._woken.set()

    async def changed(self, tenant_id: str, versions: Mapping[str, str]) -> None:
        """Groups are told in these versions; to be said before their documents are applied.

        Raises:
            NotMirrored: as `MirrorStore`.
            Superseded: likewise.
            Unavailable: likewise.
        """
        heard = {id_: Heard(version) for id_, version in versions.items()}
        await self._members.unsettle(tenant_id, heard, fence=self._fence)
        self.look(tenant_id)

    async def again(self, tenant_id: str, versions: Mapping[str, str]) -> None:
        """Groups have to be asked again though these versions are known; raises as `changed`."""
        mark = f"{self._fence:020d}.{next(self._marks):012d}"
        heard = {id_: Heard(version, mark) for id_, version in versions.items()}
        await self._members.unsettle(tenant_id, heard, fence=self._fence)
        self.look(tenant_id)

    async def holders(self, tenant_id: str, ids: Collection[str]) -> frozenset[str]:
        """The groups that name any of these directly, in the directory. Raises Unavailable."""
        return await self._feed.holders(tenant_id, ids)

    async def forget(self, tenant_id: str, ids: Collection[str]) -> None:
        """These are not there any more; raises as `changed`."""
        for reading in self._left.get(tenant_id, ()):
            reading.update(ids)
        for id_ in ids:
            self._rests.pop(id_, None)
        await self._members.forget(tenant_id, ids, fence=self._fence)

    async def run(self) -> None:
        """Ask for what is unsettled, for ever.

        Raises:
            NotMirrored: the store lost something.
            Superseded: somebody else feeds.
        """
        waker: asyncio.Task[bool] | None = None
        try:
            while True:
                waker = asyncio.create_task(self._woken.wait())
                await asyncio.wait(
                    {waker, *self._tended.values()}, return_when=asyncio.FIRST_COMPLETED
                )
                self._woken.clear()
                waker.cancel()
                for tenant_id, task in tuple(self._tended.items()):
                    if task.done():
                        del self._tended[tenant_id]
                        task.result()
                for tenant_id in self._dirty - self._tended.keys():
                    self._tended[tenant_id] = asyncio.ensure_future(self._tend(tenant_id))
        finally:
            await ended([*self._tended.values(), *([waker] if waker else [])])

    async def _tend(self, tenant_id: str) -> None:
        """Until every group of a tenant is settled."""
        await asyncio.sleep(self._pace.debounce)
        failures = 0
        while True:
            self._dirty.discard(tenant_id)
            try:
                async with self._places:
                    wait = await self._settle(tenant_id)
                failures = 0
            except Unavailable:
                wait = self._pace.pause(failures)
                failures += 1
            except NotMirrored:
                if tenant_id in self._opened:
                    raise
                wait = None
            if wait is None:
                if tenant_id not in self._dirty:
                    return
                wait = self._pace.debounce
            await asyncio.sleep(wait)

    async def _settle(self, tenant_id: str) -> float | None:
        """Ask for the groups whose rest is over; when to look again, None: all are settled."""
        unsettled = await self._members.unsettled(tenant_id)
        now = time.monotonic()
        rested = {
            id_: version for id_, version in unsettled.items() if self._rests.get(id_, 0.0) <= now
        }
        if unsettled and not rested:
            return max(0.001, min(self._rests[id_] for id_ in unsettled) - now)
        ids, at, size = tuple(rested), 0, self._pace.chunk
        while at < len(ids):
            chunk = ids[at : at + size]
            members = await self._ask(tenant_id, {id_: rested[id_] for id_ in chunk})
            at += size
            # Whoever asks for many names reads all of a tenant: rather seldom than often.
            size = max(1, min(_GROUPS, size * _NAMES // max(1, members)))
        return 0.0 if unsettled else None

    async def _ask(self, tenant_id: str, unsettled: Mapping[str, Heard]) -> int:
        """Ask for the members of some groups, and keep them; how many there are."""
        left: set[str] = set()
        readings = self._left.setdefault(tenant_id, [])
        readings.append(left)
        try:
            started = time.monotonic()
            found = await self._feed.members(tenant_id, unsettled)
            limit = asyncio.Semaphore(self._pace.parallel)

            async def keep(group_id: str, read: Membership) -> None:
                async with limit:
                    heard = unsettled[group_id]
                    if not read.final or heard.version > read.version:
                        return  # names are being mended, or a server that lags behind answered
                    if group_id not in left:
                        known = replace(heard, version=read.version)
                        await self._members.settle(
                            tenant_id, group_id, known, read.member_ids - left, fence=self._fence
                        )

            await all_of([keep(group_id, read) for group_id, read in found.items()])
            if left:  # while we wrote what we had read before
                await self._members.forget(tenant_id, left, fence=self._fence)
            self._rest(unsettled, found, time.monotonic() - started)
            return sum(len(read.member_ids) for read in found.values())
        finally:
            readings[:] = [other for other in readings if other is not left]

    def _rest(self, asked: Collection[str], found: Mapping[str, Membership], took: float) -> None:
        """Large groups rest longer: each has its share of what asking took."""
        weights = {id_: 1 + len(found[id_].member_ids) if id_ in found else 1 for id_ in asked}
        each = took * self._pace.rest / sum(weights.values())
        now = time.monotonic()
        if len(self._rests) > 10_000:
            self._rests = {id_: until for id_, until in self._rests.items() if until > now}
        for id_, weight in weights.items():
            self._rests[id_] = now + max(self._pace.debounce, each * weight)
