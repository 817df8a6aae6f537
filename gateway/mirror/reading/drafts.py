"""Listings that this process has put in order itself, whether they are a view by now or not."""

import asyncio
from collections import OrderedDict
from time import monotonic
from typing import Any, Final

from gateway.domain.query import Query
from gateway.mirror.keys import id_of
from gateway.mirror.reading.listing import Judging, Listing, sought
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.rows import moved, window
from gateway.ports.mirror_views import Behind, Point, View, Window

_ROUNDS: Final = 200
"""So often a draft is brought further before the directory is asked."""

_ROOM: Final = 200_000
"""So many places are kept, of 100 bytes each, or of 350 where there are texts."""

_SHARED: Final = 10
"""So many places that another draft has, too, take the room of one."""

_IDLE: Final = 30.0
"""Seconds after which a draft that nobody asked for is forgotten."""

_AT_ONCE: Final = 5_000
"""So many texts are looked through at a time."""


class Draft:
    """The places of a listing, and the point from which on they follow what happens.

    The list is never changed, but replaced: whoever holds it, and its point, has a listing of
    one moment. Texts, by places, are those of a search: a draft shares them with those that
    were found in it. Some are of a later moment, as what has changed is looked at again.
    """

    def __init__(
        self, listing: Listing[Any], places: list[bytes], texts: dict[bytes, str], point: Point
    ) -> None:
        self.listing = listing
        self.places = places
        self.texts = texts
        self.point = point

    async def window(
        self, mirror: Mirror, judging: Judging, query: Query, offset: int, limit: int
    ) -> Window | None:
        """A window of the listing as it is now; None where it cannot be brought up to date.

        Raises:
            NotMirrored: the directory is to be asked.
            Unavailable: the mirror does not answer.
        """
        mine = self.listing.asked
        seek, backwards = sought(query), query.seek is not None and query.seek.backwards
        for _ in range(_ROUNDS):
            places, point = self.places, self.point
            here = window(places, offset=offset, limit=limit, seek=seek, backwards=backwards)
            ids = [id_of(place) for place in here]
            now = mirror.clock()
            found = await mirror.views.current(self.listing.view, point, ids, now=now)
            if found is None:
                return None
            if not isinstance(found, Behind):
                return Window(found.sequence, len(places), found.documents)
            rows = await judging.rows(self.listing, found.documents)
            if self.point == point:  # else somebody else was faster
                self.places = moved(places, {id_: row and row[0] for id_, row in rows.items()})
                self.point = found.mark
                if mine.search is not None:
                    self.texts.update(row for row in rows.values() if row is not None)
        reason = "behind"
        raise Declined(reason)

    def has(self, listing: Listing[Any]) -> bool:
        """Whether all of a listing is in this one, in its order, and texts tell which."""
        mine, search = self.listing.asked, listing.asked.search
        return (
            self.listing.shelf == listing.shelf
            and mine.sort == listing.asked.sort
            and mine.search is not None
            and search is not None
            and search.narrows(mine.search)
        )

    async def narrowed(self, listing: Listing[Any], text: str) -> "Draft":
        """The draft of a listing that this one `has`, which is the search for that text."""
        places, texts, point, found = self.places, self.texts, self.point, list[bytes]()
        for at in range(0, len(places), _AT_ONCE):
            found += [place for place in places[at : at + _AT_ONCE] if text in texts[place]]
            await asyncio.sleep(0)
        return Draft(listing, found, texts, point)


class Drafts:
    """Those that were asked for lately, as far as there is room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[View, tuple[Draft, float]] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None

    def get(self, view: View) -> Draft | None:
        """The draft of a view."""
        kept = self._kept.get(view)
        if kept is None:
            return None
        self.keep(kept[0])
        return kept[0]

    def wider(self, listing: Listing[Any]) -> Draft | None:
        """The shortest that has all of a listing."""
        found = (draft for draft, _ in self._kept.values() if draft.has(listing))
        draft = min(found, key=lambda draft: len(draft.places), default=None)
        if draft is not None:
            self.keep(draft)
        return draft

    def keep(self, draft: Draft) -> None:
        """Keep it a while longer; what was not asked for longest goes where there is no room."""
        view = draft.listing.view
        self._kept[view] = draft, monotonic()
        self._kept.move_to_end(view)
        while len(self._kept) > 1 and self._size() > _ROOM:
            self._kept.popitem(last=False)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_IDLE, self._forget)

    def _size(self) -> int:
        drafts = [draft for draft, _ in self._kept.values()]
        texts = {id(draft.texts): len(draft.texts) for draft in drafts}
        lists = (len(one.places) // (_SHARED if one.texts else 1) for one in drafts)
        return sum(texts.values()) + sum(lists)

    def drop(self, draft: Draft) -> None:
        """Forget it."""
        self._kept.pop(draft.listing.view, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _forget(self) -> None:
        self._sweep = None
        since = monotonic() - _IDLE
        while self._kept and next(iter(self._kept.values()))[1] <= since:
            self._kept.popitem(last=False)
        if self._kept:
            self._sweep = asyncio.get_running_loop().call_later(_IDLE, self._forget)
