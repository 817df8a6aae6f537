"""One listing of one kind of resource in one tenant, in one epoch of the mirror."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic

from gateway.domain.ids import Kind
from gateway.domain.query import Query
from gateway.mirror.documents import Known, NotPlaced
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, UNITS
from gateway.mirror.identity import Question
from gateway.mirror.keys import places_in
from gateway.mirror.kinds import Kept, R
from gateway.mirror.membership import Judge, Placed, Row
from gateway.mirror.reading.around import Memberships
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.questions import view_of
from gateway.mirror.reading.trees import Trees
from gateway.mirror.recording import Interest, rely_on
from gateway.mirror.units import UnitTree
from gateway.ports.mirror import Document, Shelf
from gateway.ports.mirror_views import View
from gateway.ports.news import UNSETTLED


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """What is listed, and in which order."""

    kept: Kept[R]
    shelf: Shelf
    asked: Question

    @property
    def view(self) -> View:
        """The view that it is read from."""
        return view_of(self.shelf, self.asked)

    def rely(self, ids: frozenset[str]) -> None:
        """Note what a window of it relies on that has these in it."""
        tenant_id, kind = self.shelf.tenant_id, self.shelf.kind
        rely_on(Interest(tenant_id, kind, ids, self.asked.fields))
        if UNITS in self.asked.surroundings:
            rely_on(Interest(tenant_id, Kind.ORGANIZATIONAL_UNIT, fields=None))
        if not self.asked.fields.isdisjoint((MEMBERSHIPS, MEMBERS)):
            members = frozenset((MEMBERS,))
            rely_on(Interest(tenant_id, Kind.GROUP, frozenset((UNSETTLED,)), members))


def sought(query: Query) -> bytes | None:
    """The place that a query goes from."""
    seek = query.seek
    return None if seek is None else places_in(query.sort)(seek.key, seek.id)


class Judging:
    """Says where documents stand in listings."""

    def __init__(self, mirror: Mirror, trees: Trees) -> None:
        self._mirror = mirror
        self._trees = trees
        self._memberships = Memberships(mirror)

    async def placed(self, listing: Listing[R], ids: Collection[str] | None = None) -> Placed:
        """Where documents stand, those with some ids or all, as everything around them is now.

        Units and groups that the listing depends on are read now: what is remembered can be of
        before the moment from which on the view is told of changes. What is answered raises
        Declined where documents name units of another moment.

        Raises:
            NotMirrored: that is not known.
            Unavailable: the mirror does not answer.
        """
        shelf, asked, kept = listing.shelf, listing.asked, listing.kept
        tree = UnitTree(())
        if UNITS in asked.surroundings:
            tree = await self._trees.tree(shelf.epoch, shelf.tenant_id)
        around = await self._memberships.around(shelf, asked.form, tree, kept.searched, ids)
        known = Known(now=self._mirror.clock(), tenant_id=shelf.tenant_id, paths=tree.paths)
        placed = Judge(asked, kept.documents).placed(around, known)

        def certainly_placed(documents: Iterable[Document]) -> dict[str, Row]:
            try:
                return placed(documents)
            except NotPlaced:
                reason = "not_placed"
                raise Declined(reason) from None

        return certainly_placed

    async def rows(
        self, listing: Listing[R], documents: Mapping[str, Document | None]
    ) -> Mapping[str, Row | None]:
        """Where some documents stand; None for those that are not there, or have no place."""
        placed = await self.placed(listing, documents.keys())
        return dict.fromkeys(documents) | placed(filter(None, documents.values()))
