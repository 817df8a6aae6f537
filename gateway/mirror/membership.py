"""What a changed resource means for a view: where it belongs now, if anywhere."""

from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.domain.model import Resource
from gateway.domain.predicate import Surroundings, predicate
from gateway.mirror.documents import Documents, Known
from gateway.mirror.glance import may_match, pieces
from gateway.mirror.identity import Question
from gateway.mirror.keys import member_of
from gateway.mirror.texts import text_of

R = TypeVar("R", bound=Resource)

Place = Callable[[str, str, bytes], bytes | None]
"""From id, version and document to the member that stands for it in a view; None: none does.

It depends on nothing but these. So a view is true once each resource has the member that its
newest document gives it, however often and in whatever order changes were seen: it enters,
leaves or moves as that differs from the member it had.
"""

Row = tuple[bytes, str]
"""A member, and the text that a longer search looks into: empty where a question is none."""

Placed = Callable[[str, str, bytes], Row | None]
"""As `Place`, with the text."""


class Judge(Generic[R]):
    """Says where documents belong in the view of a question; made once for each question.

    It reads no more of a document than the question looks at, and most often only glances.
    """

    def __init__(self, question: Question, documents: Documents[R]) -> None:
        self._question = question
        self._read = documents.part(question.reads)
        self._pieces = pieces(question.form, documents.verbatim)

    def at(self, around: Surroundings, known: Known) -> Place:
        """The places of documents, as everything around them is at one moment.

        An empty document is of nothing that could be listed, and has none.

        Raises:
            NotPlaced: asked for a place, as `Documents.decode`.
        """
        row_of = self.rows(around, known)

        def place(id_: str, version: str, document: bytes) -> bytes | None:
            row = row_of(id_, version, document)
            return row and row[0]

        return place

    def rows(self, around: Surroundings, known: Known) -> Placed:
        """As `at`, with texts."""
        sort, read, wanted = self._question.sort, self._read, self._pieces
        search = self._question.search
        sought = search.text if search else ""
        text_in = text_of(search.fields if search else ())
        matches = predicate((search.rest if search else self._question.form).filter, around)

        def row(id_: str, version: str, document: bytes) -> Row | None:
            if not document or not may_match(document, wanted):
                return None
            item = read(id_, version, document, known)
            text = text_in(item)
            return (member_of(sort, item), text) if sought in text and matches(item) else None

        return row
