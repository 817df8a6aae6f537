"""The mirror's views: listings of documents that stand, so that any page of one costs the same.

A view is a standing question with an order. It keeps where each document stands and follows what
happens to them; whoever asks helps it along (`Behind`, `Moves`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.ports.mirror import Document, Shelf, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A listing that stands: its documents in its order.

    Args:
        shelf: whose documents they are.
        name: what is asked, and in which order; short, without blanks.
        fields: what the question looks at; changes of others pass by. None: everything. One
            that looks at memberships or members is not mirrored while any are not known.
        surroundings: what else it depends on, by the names of `MirrorStore.stir`.
        timed: whether it also depends on the clock (`Change.turns_at`).
    """

    shelf: Shelf
    name: str
    fields: frozenset[str] | None
    surroundings: frozenset[str] = frozenset()
    timed: bool = False


Places = Mapping[str, bytes | None]
"""Ids to where they stand: bytes that order the view and end with the id; None: not in it."""


Point = tuple[str, ...]
"""How far places have followed what happened; only views can read it."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What brings a view from one point to another; made from a `Behind`."""

    behind: "Behind"
    places: Places


@dataclass(frozen=True, slots=True)
class Window:
    """Some documents of a view that is up to date, and the number of all."""

    sequence: int
    total: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Current:
    """Some documents, of a moment at which a view stood as its keeper believes."""

    sequence: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """What changed since the view was looked at last: None for what is not there any more.

    There may be still more. The rest says which point of the view that is; to whoever keeps
    the places itself, it is the point where these are, once these documents have theirs.
    """

    documents: Mapping[str, Document | None]
    mark: Point


class Building(Protocol):
    """A view that is being built by one worker, seen by nobody before it is published."""

    @property
    def point(self) -> Point:
        """From where on what is found by `scan` has to follow changes."""
        ...

    async def fill(self, places: Sequence[bytes]) -> None:
        """Put documents in their places, each once; cheapest in ascending order.

        With none it is a sign of life. A thousand at most: nobody else is served meanwhile.

        Raises:
            NotMirrored: what was built was lost, or took too long.
        """
        ...

    async def publish(self, point: Point | None = None) -> bool:
        """Let everybody read it; False where that is too late.

        Args:
            point: up to where its places have followed; None: not since building began.
        """
        ...

    async def abandon(self) -> None:
        """Let others build it."""
        ...


class MirrorViews(Protocol):
    """Keeps views. Unused ones expire; each tenant has room for so many."""

    async def page(
        self,
        view: View,
        *,
        offset: int,
        limit: int,
        now: datetime,
        moves: Moves | None = None,
        seek: bytes | None = None,
        backwards: bool = False,
    ) -> Window | Behind | None:
        """A window of a view, in one round trip.

        Args:
            view: which one.
            offset: how many to leave out.
            seek: a place, whether anything stands there or not: the window begins right after
                it, or with `backwards` ends right before it, and `offset` counts from there.
            backwards: see `seek`.
            limit: how many to give; at most 1,000.
            now: up to when the clock is considered.
            moves: made first, unless somebody else has done so already.

        Returns:
            None where there is no such view, or none that can be brought up to date.

        Raises:
            NotMirrored: there is nothing that a view could be built of.
        """
        ...

    async def current(
        self, view: View, point: Point, ids: Sequence[str], *, now: datetime
    ) -> Current | Behind | None:
        """Documents of a view whose places the caller keeps itself, in one round trip.

        Args:
            view: which one; it need not be built.
            point: up to where its places have followed.
            ids: documents that have a place; at most 1,000.
            now: up to when the clock is considered.

        Returns:
            None where the places cannot be brought up to date.

        Raises:
            NotMirrored: there is nothing that a view could be built of.
        """
        ...

    async def build(
        self, view: View, *, now: datetime, within: View | None = None
    ) -> Building | None:
        """Begin to build a view; None while somebody else does, or `within` is not there.

        Whoever builds has to put in all documents of `scan` that belong, `within` another
        view where it is built of that one's documents only.

        Raises:
            NotMirrored: there is nothing that a view could be built of.
        """
        ...

    async def scan(
        self, building: Building, cursor: str | None = None, *, briefs: bool = False
    ) -> Step:
        """The next step through the documents that the view is built of; as `MirrorStore.scan`.

        Raises:
            NotMirrored: also when the view that it is built of is another one now.
        """
        ...
