"""One listing of one kind of resource in one tenant, in one epoch of the mirror."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

from gateway.domain.ids import Kind
from gateway.domain.predicate import Surroundings
from gateway.mirror.documents import Known, NotPlaced
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, NESTING, UNITS
from gateway.mirror.identity import Question
from gateway.mirror.membership import Judge, Place
from gateway.mirror.reading.kinds import Kept, R
from gateway.mirror.reading.mirror import Declined, Mirror
from gateway.mirror.reading.questions import view_of
from gateway.mirror.reading.trees import Trees
from gateway.mirror.recording import Interest, rely_on
from gateway.mirror.units import UnitTree
from gateway.ports.mirror import Document, Places, Shelf, View


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

    @property
    def of_members(self) -> bool:
        """Whether it depends on who is in which group."""
        return not self.asked.fields.isdisjoint((MEMBERSHIPS, MEMBERS))

    def rely(self, ids: frozenset[str]) -> None:
        """Note what a window of it relies on that has these in it."""
        tenant_id, kind = self.shelf.tenant_id, self.shelf.kind
        rely_on(Interest(tenant_id, kind, ids, self.asked.fields))
        if UNITS in self.asked.surroundings:
            rely_on(Interest(tenant_id, Kind.ORGANIZATIONAL_UNIT, fields=None))
        if NESTING in self.asked.surroundings:
            rely_on(Interest(tenant_id, Kind.GROUP, fields=frozenset((MEMBERS,))))


class Judging:
    """Says where documents stand in listings."""

    def __init__(self, mirror: Mirror, trees: Trees) -> None:
        self._mirror = mirror
        self._trees = trees

    async def place(self, listing: Listing[R]) -> Place:
        """Where documents stand, as everything around them is from now on.

        Units that the listing depends on are read now: those that are remembered can be of
        before the moment from which on the view is told of changes.
        """
        if listing.of_members:
            reason = "membership"
            raise Declined(reason)
        tree = UnitTree(())
        if UNITS in listing.asked.surroundings:
            tree = await self._trees.tree(listing.shelf.epoch, listing.shelf.tenant_id)
        around = Surroundings(searched=listing.kept.searched, below=tree.below)
        known = Known(now=self._mirror.clock(), tenant_id=listing.shelf.tenant_id, paths=tree.paths)
        judge = Judge(listing.asked, listing.kept.documents)
        placed = judge.at(around, known)

        def place(id_: str, version: str, content: bytes) -> bytes | None:
            try:
                return placed(id_, version, content)
            except NotPlaced:
                reason = "not_placed"
                raise Declined(reason) from None

        return place

    async def places(self, listing: Listing[R], documents: Mapping[str, Document | None]) -> Places:
        """Where some documents stand."""
        place = await self.place(listing)
        return {
            id_: place(id_, found.version, found.content) if found else None
            for id_, found in documents.items()
        }
