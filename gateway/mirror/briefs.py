"""Briefs: what nearly all text searches look at, kept beside documents so that they read no more.

A brief is the time at which a resource was created, which listings are ordered by unless they
ask for another order, a line feed, and the one text of all that is searched. It is a fraction of
a document, and a fraction of the work: letters that are typed are searched for at once.
"""

from collections.abc import Iterable, Sequence

from gateway.domain.model import Resource
from gateway.domain.query import Everything
from gateway.mirror.identity import Question
from gateway.mirror.keys import places_in
from gateway.mirror.membership import Placed, Row
from gateway.mirror.texts import texts_of
from gateway.ports.mirror import Document

_ORDER = "created_at"


class Briefs:
    """Briefs of one kind of resource, of which these fields are searched."""

    def __init__(self, searched: Sequence[str]) -> None:
        self._texts = texts_of(sorted(searched))

    def encode(self, item: Resource) -> bytes:
        """The brief of a resource."""
        (text,) = self._texts([item])
        return f"{item.created_at.timestamp()!r}\n{text}".encode(errors="surrogatepass")


def placed_in(question: Question) -> Placed | None:
    """As `Judge.placed`, of briefs; None for a question that looks at anything else.

    A brief has all that it takes, so nothing around it is asked for.
    """
    search, sort = question.search, question.sort
    if search is None or not isinstance(search.rest.filter, Everything):
        return None
    if sort.measure is not None or sort.field != _ORDER:
        return None
    sought, place = search.text, places_in(sort)

    def rows(briefs: Iterable[Document]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for id_, _, brief in briefs:
            time, _, text = brief.decode(errors="surrogatepass").partition("\n")
            if sought in text:
                found[id_] = place((float(time), ""), id_), text
        return found

    return rows
