"""What a changed resource means for a view: where it belongs now, if anywhere."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from gateway.domain.model import Resource
from gateway.domain.predicate import Surroundings, predicate
from gateway.mirror.documents import Documents, Known
from gateway.mirror.glance import may_match, pieces
from gateway.mirror.identity import Question
from gateway.mirror.keys import members_in
from gateway.mirror.texts import texts_of
from gateway.ports.mirror import Document

R = TypeVar("R", bound=Resource)

Row = tuple[bytes, str]
"""The member that stands for a resource, and the text that a longer search looks into.

The text is empty where a question is no search.
"""

Placed = Callable[[Iterable[Document]], dict[str, Row]]
"""Which of some documents belong to a view, and where, by id.

It depends on nothing but each document, its id and version. So a view is true once each resource
has the member that its newest document gives it, however often and in whatever order changes
were seen: it enters, leaves or moves as that differs from the member it had. An empty document
is of nothing that could be listed. It raises NotPlaced, as `Documents.decode`.
"""


class Judge(Generic[R]):
    """Says where documents belong in the view of a question; made once for each question.

    It reads no more of a document than the question looks at, and most often only glances.
    """

    def __init__(self, question: Question, documents: Documents[R]) -> None:
        self._question = question
        self._read = documents.part(question.reads)
        self._pieces = pieces(question.form, documents.verbatim)

    def placed(self, around: Surroundings, known: Known) -> Placed:
        """The rows of documents, as everything around them is at one moment."""
        read, wanted = self._read, self._pieces
        search, member = self._question.search, members_in(self._question.sort)
        sought = search.text if search else ""
        texts_in = texts_of(search.fields if search else ())
        matches = predicate((search.rest if search else self._question.form).filter, around)

        def rows(documents: Iterable[Document]) -> dict[str, Row]:
            items = [
                read(id_, version, content, known)
                for id_, version, content in documents
                if content and may_match(content, wanted)
            ]
            return {
                item.id: (member(item), text)
                for item, text in zip(items, texts_in(items), strict=True)
                if sought in text and matches(item)
            }

        return rows
