"""Windows of listings, from views, or from the few documents that a question names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from gateway.domain.query import Page, Query
from gateway.mirror.keys import id_of
from gateway.mirror.kinds import Kept, Kinds, R
from gateway.mirror.reading.building import Builders
from gateway.mirror.reading.candidates import Candidates, candidates
from gateway.mirror.reading.listing import Judging, Listing, sought
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.questions import Questions
from gateway.mirror.reading.trees import Trees
from gateway.mirror.recording import not_to_keep
from gateway.mirror.rows import window
from gateway.ports.mirror import Document, Shelf
from gateway.ports.mirror_views import Behind, Moves, Window

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
        for _ in range(_ATTEMPTS):
            now = self._mirror.clock()
            total, documents = await self._found(listing, query)
            items = await self.trees.resources(epoch, kept, tenant_id, documents, now)
            if not (listing.asked.timed and _turned(items, now, self._mirror.clock())):
                break
        else:
            reason = "moving"
            raise Declined(reason)
        listing.rely(frozenset(found.id for found in documents))
        if listing.asked.timed:
            not_to_keep()
        return Page(items, total)

    async def _found(self, listing: Listing[R], query: Query) -> tuple[int, Sequence[Document]]:
        some = candidates(listing.kept.kind, listing.asked.form)
        if some is not None:
            return await self._of(some, listing, query)
        return await self._windows(listing, query)

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
        placed = await self._judging.rows(listing, found)
        places = sorted(row[0] for row in placed.values() if row is not None)
        here = window(
            places,
            offset=query.offset,
            limit=query.limit,
            seek=sought(query),
            backwards=query.seek is not None and query.seek.backwards,
        )
        return len(places), [found[id_of(place)] for place in here]

    async def _windows(self, listing: Listing[R], query: Query) -> tuple[int, Sequence[Document]]:
        """The window of a view; where it is larger than one, all of the same moment."""
        if query.limit is not None and query.limit <= _AT_ONCE:
            part = await self._window(listing, query, query.offset, query.limit)
            return part.total, part.documents
        backwards = query.seek is not None and query.seek.backwards
        for _ in range(_ATTEMPTS):
            documents: list[Document] = []
            first: Window | None = None
            while query.limit is None or len(documents) < query.limit:
                left = _AT_ONCE if query.limit is None else query.limit - len(documents)
                limit = min(_AT_ONCE, left)
                part = await self._window(listing, query, query.offset + len(documents), limit)
                first = first or part
                if (part.sequence, part.total) != (first.sequence, first.total):
                    break
                at = 0 if backwards else len(documents)
                documents[at:at] = part.documents
                if len(part.documents) < limit:
                    return part.total, documents
            else:
                return (first.total if first else 0), documents
        reason = "moving"
        raise Declined(reason)

    async def _window(self, listing: Listing[R], query: Query, offset: int, limit: int) -> Window:
        """A window of a view that is up to date, or of a draft until there is one."""
        waiting, check = self._builders.waiting(), self._builders.one_past(listing.shelf.epoch)
        moves: Moves | None = None
        for _ in range(_ROUNDS):
            found = await self._mirror.views.page(
                listing.view,
                offset=offset,
                limit=limit,
                now=self._mirror.clock(),
                moves=moves,
                seek=sought(query),
                backwards=query.seek is not None and query.seek.backwards,
            )
            moves = None
            if isinstance(found, Behind):
                rows = await self._judging.rows(listing, found.documents)
                check()
                moves = Moves(found, {id_: row and row[0] for id_, row in rows.items()})
            elif found is not None:
                self._questions.read(listing.shelf, listing.asked, found.total)
                return found
            elif draft := await self._builders.draft(listing, waiting):
                drawn = await draft.window(self._mirror, self._judging, query, offset, limit)
                if drawn is not None:
                    return drawn
                self._builders.drop(draft)
        reason = "behind"
        raise Declined(reason)


def _turned(items: Iterable[object], since: datetime, until: datetime) -> bool:
    """Whether the clock changed any of these meanwhile: a lock has run out."""
    ends = (getattr(item, "locked_until", None) for item in items)
    return any(end is not None and since < end <= until for end in ends)
