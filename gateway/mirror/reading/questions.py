"""Questions that were asked lately: made once, and wider ones known."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeVar

from gateway.domain.ids import Kind
from gateway.domain.query import Query
from gateway.mirror.identity import Question, question
from gateway.mirror.kinds import Kept, R
from gateway.mirror.wider import implies
from gateway.ports.mirror import Shelf
from gateway.ports.mirror_views import View

K = TypeVar("K")
V = TypeVar("V")

_QUERIES: Final = 2_000
_VIEWS: Final = 50
_SHELVES: Final = 1_000
_LONG: Final = 4_000
"""A query that is written longer than this is not worth to be remembered."""


def view_of(shelf: Shelf, asked: Question) -> View:
    """The view that answers a question about the documents of a shelf."""
    return View(
        shelf=shelf,
        name=asked.name,
        fields=asked.fields,
        surroundings=asked.surroundings,
        timed=asked.timed,
    )


class Questions:
    """What queries ask, and which views were read lately, of this process."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[Kind, str], Question] = OrderedDict()
        self._read: OrderedDict[Shelf, OrderedDict[str, tuple[Question, int]]] = OrderedDict()

    def asked(self, kept: Kept[R], query: Query) -> Question:
        """What a query asks.

        Queries are told apart as they are written: to Python, 1 equals True.
        """
        key = (kept.kind, repr((query.filter, query.sort)))
        made = self._made.get(key)
        if made is None:
            made = question(query.filter, query.sort, kept.searched)
            if len(key[1]) <= _LONG:
                self._made[key] = made
                _forget(self._made, _QUERIES)
        else:
            self._made.move_to_end(key)
        return made

    def read(self, shelf: Shelf, asked: Question, total: int) -> None:
        """Remember that a view is there, and how many are in it."""
        views = self._read.setdefault(shelf, OrderedDict())
        self._read.move_to_end(shelf)
        _forget(self._read, _SHELVES)
        views[asked.name] = (asked, total)
        views.move_to_end(asked.name)
        _forget(views, _VIEWS)

    def wider(self, shelf: Shelf, asked: Question) -> "Wider | None":
        """The smallest view known that all answers to a question are in."""
        found = (
            Wider(total, view_of(shelf, other))
            for other, total in self._read.get(shelf, {}).values()
            if other.name != asked.name and implies(asked.form, other.form)
        )
        return min(found, key=lambda one: one.total, default=None)


@dataclass(frozen=True, slots=True)
class Wider:
    """A view, and how many were in it lately."""

    total: int
    view: View


def _forget(remembered: OrderedDict[K, V], room: int) -> None:
    """Let go what was not used for longest."""
    while len(remembered) > room:
        remembered.popitem(last=False)
