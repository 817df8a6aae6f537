"""Windows of listings, from views, or from the few documents that a question names."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from gateway.domain.query import Page, Query, Seek, Sort
from gateway.mirror.keys import id_of, member
from gateway.mirror.reading.building import Builders
from gateway.mirror.reading.candidates import Candidates, candidates
from gateway.mirror.reading.kinds import Kept, Kinds, R
from gateway.mirror.reading.listing import Judging, Listing
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.questions import Questions
from gateway.mirror.reading.trees import Trees
from gateway.mirror.recording import not_to_keep
from gateway.ports.mirror import Behind, Document, Moves, Shelf, Window

_AT_ONCE: Final = 1_000
"""A view gives so many documents at a time."""

_ATTEMPTS: Final = 3
"""So often a listing of several windows is read, until nothing changes meanwhile."""

_ROUNDS: Final = 200
"""So often a view is brought further before the directory is asked."""

_CANDIDATES: Final = 500
"""So many ids are looked up at a time."""


class Listings:
    """Answers queries about one tenant from the mirror."""

    def __init__(self, mirror: Mirror, kinds: Kinds) -> None:
        self._mirror = mirror
        self.trees = Trees(mirror, kinds)
        self._questions = Questions()
        self._judging = Judging(mirror, self.trees)
        self._builders = Builders(mirror, self._judging, self._questions)

    async def close(self) -> None:
        """End what is under way."""
        await self._builders.close()

    async def page(self, epoch: str, kept: Kept[R], tenant_id: str, query: Query) -> Page[R]:
        """The window that a query asks for.

        Raises:
            NotMirrored: the directory is to be asked.
            Unavailable: the mirror does not answer.
        """
        listing = Listing(
            kept, Shelf(epoch, tenant_id, kept.kind), self._questions.asked(kept, query)
        )
        some = candidates(kept.kind, listing.asked.form)
        if some is not None:
            total, documents = await self._of(some, listing, query)
        else:
            total, documents = await self._windows(listing, query)
        listing.rely(frozenset(found.id for found in documents))
        if listing.asked.timed:
            not_to_keep()
        return Page(await self.trees.resources(epoch, kept, tenant_id, documents), total)

    async def _of(
        self, some: Candidates, listing: Listing[R], query: Query
    ) -> tuple[int, Sequence[Document]]:
        """The window among a few documents."""
        store, shelf = self._mirror.store, listing.shelf
        found: dict[str, Document] = {}
        ids = sorted(some.ids)
        for at in range(0, len(ids), _CANDIDATES):
            found |= await store.get(shelf, ids[at : at + _CANDIDATES])
        for key in some.keys:
            found |= {one.id: one for one in await store.find(shelf, key)}
        placed = await self._judging.places(listing, found)
        places = sorted(place for place in placed.values() if place is not None)
        start, end = 0, len(places)
        if query.seek is not None:
            seek = _place(query.sort, query.seek)
            if query.seek.backwards:
                end = max(0, bisect_left(places, seek) - query.offset)
                start = 0 if query.limit is None else max(0, end - query.limit)
                return len(places), [found[id_of(place)] for place in places[start:end]]
            start = bisect_right(places, seek)
        start += query.offset
        end = end if query.limit is None else start + query.limit
        return len(places), [found[id_of(place)] for place in places[start:end]]

    async def _windows(self, listing: Listing[R], query: Query) -> tuple[int, Sequence[Document]]:
        """The window of a view; where it is larger than one, all of the same moment."""
        if query.limit is not None and query.limit <= _AT_ONCE:
            window = await self._window(listing, query, query.offset, query.limit)
            return window.total, window.documents
        backwards = query.seek is not None and query.seek.backwards
        for _ in range(_ATTEMPTS):
            documents: list[Document] = []
            first: Window | None = None
            while query.limit is None or len(documents) < query.limit:
                left = _AT_ONCE if query.limit is None else query.limit - len(documents)
                limit = min(_AT_ONCE, left)
                window = await self._window(listing, query, query.offset + len(documents), limit)
                first = first or window
                if (window.sequence, window.total) != (first.sequence, first.total):
                    break
                at = 0 if backwards else len(documents)
                documents[at:at] = window.documents
                if len(window.documents) < limit:
                    return window.total, documents
            else:
                return (first.total if first else 0), documents
        reason = "moving"
        raise Declined(reason)

    async def _window(self, listing: Listing[R], query: Query, offset: int, limit: int) -> Window:
        """A window of a view that is up to date; it is built where it is not there."""
        waiting = self._builders.waiting()
        moves: Moves | None = None
        seek = None if query.seek is None else _place(query.sort, query.seek)
        for _ in range(_ROUNDS):
            found = await self._mirror.views.page(
                listing.view,
                offset=offset,
                limit=limit,
                now=self._mirror.clock(),
                moves=moves,
                seek=seek,
                backwards=query.seek is not None and query.seek.backwards,
            )
            moves = None
            if isinstance(found, Behind):
                moves = Moves(found, await self._judging.places(listing, found.documents))
            elif found is None:
                await self._builders.build(listing, waiting)
            else:
                self._questions.read(listing.shelf, listing.asked, found.total)
                return found
        reason = "behind"
        raise Declined(reason)


def _place(sort: Sort, seek: Seek) -> bytes:
    return member(sort, seek.key, seek.id)
