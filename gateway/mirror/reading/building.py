"""Listings that are no view yet: each is put in order once in this process, whoever waits for it.

Whoever asked is answered from the draft as soon as there is one; then it is made a view, which
everybody can read. A search that only goes on with another one is found among the places of that
one, and is made a view when it is asked for again: most that are typed on the way never are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

from gateway.domain.errors import Unavailable
from gateway.domain.query import Query
from gateway.mirror.briefs import placed_in
from gateway.mirror.reading.drafts import Draft, Drafts
from gateway.mirror.reading.listing import Judging, Listing
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.questions import Questions
from gateway.mirror.rows import Runs
from gateway.ports.mirror import NotMirrored, Shelf, Step
from gateway.ports.mirror_views import Building, View
from gateway.ports.news import Told

T = TypeVar("T")

_PATIENCE: Final = 20.0
"""Seconds that a request waits for a view before it asks the directory."""

_SHORT, _LONG = 0.005, 0.1
"""Seconds between looks at whether another process has built a view: from, to."""

_PARALLEL: Final = 4
"""So many views are built by one process at a time."""

_AT_ONCE: Final = 500
"""So many places are handed on at a time: others are served in between."""

_JUDGED: Final = 250
"""So many documents are judged at a time, in two milliseconds."""

_TURNS: Final = 8
"""So often others have a turn in between: an answer takes twenty or so."""

_SIGN_OF_LIFE: Final = 2.0
"""Seconds after which a builder says that it is still at work."""


class Builders:
    """The drafts of this process, and the views that it makes of them."""

    def __init__(self, mirror: Mirror, judging: Judging, questions: Questions) -> None:
        self._mirror = mirror
        self._judging = judging
        self._questions = questions
        self._drafts = Drafts()
        self._drawing: dict[View, asyncio.Task[Draft | None]] = {}
        self._writing: dict[View, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(_PARALLEL)
        self._losses = 0
        mirror.news.watch(self._hear)

    async def close(self) -> None:
        """Give up what is being built."""
        tasks = [*self._drawing.values(), *self._writing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drafts.clear()

    def waiting(self) -> "Waiting":
        """One request's patience."""
        return Waiting()

    async def draft(self, listing: Listing[Any], waiting: "Waiting") -> Draft | None:
        """The draft of a listing that is no view; None after a while where there is none.

        Another process may be at it. A caller that is cancelled does not end what it began:
        others wait for it, too.

        Raises:
            Declined: that took too long.
            NotMirrored: there is nothing to make it of.
            Unavailable: the mirror does not answer.
        """
        view = listing.view
        draft = self._drafts.get(view)
        if draft is not None:
            self._write(draft)
            return draft
        search, wider = listing.asked.search, self._drafts.wider(listing)
        if search is not None and wider is not None:
            draft = await wider.narrowed(listing, search.text)
            self._drafts.keep(draft)
            return draft
        if view not in self._drawing:
            _begin(self._drawing, view, self._drawn(listing))
        draft = await waiting.for_(asyncio.shield(self._drawing[view]))
        if draft is None:
            await waiting.a_moment()
        return draft

    def drop(self, draft: Draft) -> None:
        """Forget a draft that is of no use."""
        self._drafts.drop(draft)

    def _hear(self, told: Told | None) -> None:
        """Where nobody knows what happened, points may be of another past of the mirror."""
        if told is None:
            self._losses += 1
            self._drafts.clear()

    def one_past(self, epoch: str) -> Callable[[], None]:
        """Begin with points of the mirror's past: a check that they are still of the same one.

        A server that is started again may be of an earlier moment, and other things happen then.
        The check raises Declined.
        """
        losses = self._losses

        def check() -> None:
            if self._mirror.news.believed() != epoch or self._losses != losses:
                reason = "other_past"
                raise Declined(reason)

        return check

    async def _drawn(self, listing: Listing[Any]) -> Draft | None:
        """The draft, of which a view will be; None where somebody else is at it."""
        async with self._room:
            check = self.one_past(listing.shelf.epoch)
            building = await self._claimed(listing)
            if building is None:
                return None
            try:
                draft = await self._scanned(listing, building)
                # What was met twice, and differently, now stands where it does.
                if await draft.window(self._mirror, self._judging, Query(), 0, 0) is None:
                    raise NotMirrored
                check()
            except BaseException:
                await self._abandon(building)
                raise
        self._drafts.keep(draft)
        self._write(draft, building)
        return draft

    async def _claimed(self, listing: Listing[Any]) -> Building | None:
        """The claim to build it, within a wider view if there is a good one."""
        wider = self._questions.wider(listing.shelf, listing.asked)
        if wider is not None and await self._is_worth_it(listing.shelf, wider.total):
            with suppress(NotMirrored):  # it is another one now
                building = await self._claim(listing, wider.view)
                if building is not None:
                    return building
        return await self._claim(listing)

    async def _is_worth_it(self, shelf: Shelf, total: int) -> bool:
        """Whether so few of all documents are quicker to go through: each costs twice as much."""
        standing = await self._mirror.store.standing(shelf.tenant_id)
        return standing is not None and 2 * total <= standing.counts.get(shelf.kind, 0)

    async def _claim(self, listing: Listing[Any], within: View | None = None) -> Building | None:
        now = self._mirror.clock()
        return await self._mirror.views.build(listing.view, now=now, within=within)

    async def _scanned(self, listing: Listing[Any], building: Building) -> Draft:
        """The draft of all documents; the next are asked for while some are judged."""
        of_briefs = placed_in(listing.asked)
        placed = of_briefs or await self._judging.placed(listing)
        scan = partial(self._mirror.views.scan, building, briefs=of_briefs is not None)
        runs, texts, alive = Runs(), dict[bytes, str](), monotonic()
        step: Step = await scan()
        while True:
            ahead: asyncio.Task[Step] | None = None
            if step.cursor is not None:
                ahead = asyncio.create_task(scan(step.cursor))
                await asyncio.sleep(0)  # let it be sent
            try:
                for at in range(0, len(step.documents), _JUDGED):
                    rows = placed(step.documents[at : at + _JUDGED]).values()
                    runs.add(place for place, _ in rows)
                    if listing.asked.search is not None:
                        texts.update(rows)
                    for _ in range(_TURNS):
                        await asyncio.sleep(0)
                if ahead is None:
                    break
                step = await ahead
            finally:
                if ahead is not None:
                    ahead.cancel()
            if monotonic() - alive > _SIGN_OF_LIFE:
                await building.fill(())
                alive = monotonic()
        await asyncio.sleep(0)
        return Draft(listing, runs.joined(), texts, building.point)

    def _write(self, draft: Draft, building: Building | None = None) -> None:
        """Make a view of a draft, unless that is under way; nobody waits for it."""
        view = draft.listing.view
        if view not in self._writing:
            _begin(self._writing, view, self._written(draft, building))

    async def _written(self, draft: Draft, building: Building | None) -> None:
        places, point, check = draft.places, draft.point, self.one_past(draft.listing.shelf.epoch)
        try:
            building = building or await self._claim(draft.listing)
            if building is None:  # somebody else is at it
                return
            try:
                for at in range(0, len(places), _AT_ONCE):
                    await building.fill(places[at : at + _AT_ONCE])
                check()
                await building.publish(point)
            except BaseException:
                await self._abandon(building)
                raise
        except (NotMirrored, Unavailable):
            self._drafts.drop(draft)
        if draft.listing.asked.search is None:  # no other listing is found in it
            self._drafts.drop(draft)

    @staticmethod
    async def _abandon(building: Building) -> None:
        with suppress(Unavailable):
            await asyncio.shield(building.abandon())


def _begin(tasks: dict[View, asyncio.Task[T]], view: View, work: Coroutine[None, None, T]) -> None:
    """Begin what is done once for a view at a time."""

    def ended(task: asyncio.Task[T]) -> None:
        del tasks[view]
        if not task.cancelled():
            task.exception()  # whoever waits is told; maybe nobody does any more

    tasks[view] = asyncio.create_task(work)
    tasks[view].add_done_callback(ended)


class Waiting:
    """How long one request has waited, and may."""

    def __init__(self) -> None:
        self._until = monotonic() + _PATIENCE
        self._pause = _SHORT

    async def for_(self, work: Awaitable[T]) -> T:
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
