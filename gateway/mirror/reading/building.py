"""Views that are not there yet: each is built once in this process, whoever waits for it."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import suppress
from heapq import merge
from itertools import islice
from time import monotonic
from typing import Final

from gateway.domain.errors import Unavailable
from gateway.mirror.keys import id_of
from gateway.mirror.membership import Place
from gateway.mirror.reading.kinds import R
from gateway.mirror.reading.listing import Judging, Listing
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.questions import Questions
from gateway.ports.mirror import Building, Document, NotMirrored, Shelf, Step, View

_PATIENCE: Final = 20.0
"""Seconds that a request waits for a view before it asks the directory."""

_SHORT, _LONG = 0.005, 0.1
"""Seconds between looks at whether another process has built a view: from, to."""

_PARALLEL: Final = 4
"""So many views are built by one process at a time."""

_AT_ONCE: Final = 2_000
"""So many places are handed on at a time."""

_SIGN_OF_LIFE: Final = 2.0
"""Seconds after which a builder says that it is still at work."""


class Builders:
    """The views that this process is building."""

    def __init__(self, mirror: Mirror, judging: Judging, questions: Questions) -> None:
        self._mirror = mirror
        self._judging = judging
        self._questions = questions
        self._tasks: dict[View, asyncio.Task[bool]] = {}
        self._room = asyncio.Semaphore(_PARALLEL)

    async def close(self) -> None:
        """Give up what is being built."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def waiting(self) -> "Waiting":
        """One request's patience."""
        return Waiting()

    async def build(self, listing: Listing[R], waiting: "Waiting") -> None:
        """Build a view, or wait a while for whoever builds it.

        A caller that is cancelled does not end it: others wait for it, too.

        Raises:
            Declined: that took too long.
            NotMirrored: there is nothing to build it of.
            Unavailable: the mirror does not answer.
        """
        view = listing.view
        task = self._tasks.get(view)
        if task is None:
            task = asyncio.create_task(self._build(listing))
            self._tasks[view] = task
            task.add_done_callback(lambda done: self._ended(view, done))
        if not await waiting.for_(asyncio.shield(task)):
            await waiting.a_moment()

    def _ended(self, view: View, task: asyncio.Task[bool]) -> None:
        del self._tasks[view]
        if not task.cancelled():
            task.exception()  # whoever waits is told; maybe nobody does any more

    async def _build(self, listing: Listing[R]) -> bool:
        """Whether the view is there now; False where somebody else is at it."""
        async with self._room:
            return await self._built(listing)

    async def _built(self, listing: Listing[R]) -> bool:
        wider = self._questions.wider(listing.shelf, listing.asked)
        if wider is not None and await self._is_worth_it(listing.shelf, wider.total):
            with suppress(NotMirrored):  # it is another one now
                building = await self._begin(listing, wider.view)
                if building is not None:
                    return await self._filled(listing, building)
        building = await self._begin(listing, None)
        return building is not None and await self._filled(listing, building)

    async def _is_worth_it(self, shelf: Shelf, total: int) -> bool:
        """Whether so few of all documents are quicker to go through: each costs twice as much."""
        standing = await self._mirror.store.standing(shelf.tenant_id)
        return standing is not None and 2 * total <= standing.counts.get(shelf.kind, 0)

    async def _begin(self, listing: Listing[R], within: View | None) -> Building | None:
        now = self._mirror.clock()
        return await self._mirror.views.build(listing.view, now=now, within=within)

    async def _filled(self, listing: Listing[R], building: Building) -> bool:
        try:
            for_all = await self._judging.place(listing)
            found = _Found()
            await self._scan(building, for_all, found)
            for places in found.in_order():
                await building.fill(places)
            return await building.publish()
        except BaseException:
            with suppress(Unavailable):
                await asyncio.shield(building.abandon())
            raise

    async def _scan(self, building: Building, place: Place, found: "_Found") -> None:
        """Find the places of all documents; the next are asked for while some are judged."""
        alive = monotonic()
        step: Step = await self._mirror.views.scan(building)
        while True:
            ahead: asyncio.Task[Step] | None = None
            if step.cursor is not None:
                ahead = asyncio.create_task(self._mirror.views.scan(building, step.cursor))
                await asyncio.sleep(0)  # let it be sent
            try:
                found.add(step.documents, place)
                if ahead is None:
                    return
                step = await ahead
            finally:
                if ahead is not None:
                    ahead.cancel()
            if monotonic() - alive > _SIGN_OF_LIFE:
                await building.fill({})
                alive = monotonic()


class _Found:
    """The places of documents, sorted little by little: others wait for this process, too."""

    def __init__(self) -> None:
        self._places: dict[str, bytes] = {}
        self._sorted: list[list[bytes]] = []

    def add(self, documents: Iterable[Document], place: Place) -> None:
        """Judge some documents; of one that was met before, what it is now counts."""
        some: list[bytes] = []
        for one in documents:
            at = place(one.id, one.version, one.content)
            if at is not None:
                self._places[one.id] = at
                some.append(at)
            else:
                self._places.pop(one.id, None)
        some.sort()
        self._sorted.append(some)

    def in_order(self) -> Iterator[Mapping[str, bytes]]:
        """All places, ascending, some at a time."""
        merged = merge(*self._sorted)
        while some := [(id_of(at), at) for at in islice(merged, _AT_ONCE)]:
            yield {id_: at for id_, at in some if self._places.get(id_) == at}


class Waiting:
    """How long one request has waited, and may."""

    def __init__(self) -> None:
        self._until = monotonic() + _PATIENCE
        self._pause = _SHORT

    async def for_(self, work: Awaitable[bool]) -> bool:
        """Wait for work. Raises Declined where it takes too long."""
        try:
            return await asyncio.wait_for(work, max(0.0, self._until - monotonic()))
        except TimeoutError:
            raise self._over() from None

    async def a_moment(self) -> None:
        """Wait, each time longer. Raises Declined where that was too long."""
        if monotonic() + self._pause > self._until:
            raise self._over()
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, _LONG)

    @staticmethod
    def _over() -> Declined:
        return Declined("slow")
