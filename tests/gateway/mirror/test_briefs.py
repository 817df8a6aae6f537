"""Briefs: the same answers as documents give, of less."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.query import And, Everything, Filter, Measure, Present, Sort, TextSearch
from gateway.mirror.briefs import Briefs, placed_in
from gateway.mirror.documents import Documents
from gateway.mirror.identity import Question, question
from gateway.mirror.membership import Judge
from gateway.ports.mirror import Document
from tests.gateway.mirror.people import ANN, AROUND, KNOWN, SEARCHED, unhurried, users

DOCUMENTS, BRIEFS = Documents(User), Briefs(SEARCHED)
NEWEST = Sort()
texts = st.text('aAbB \t\n"\\K\u212aſsÉe\u0301\u0345\ud800', min_size=1, max_size=3)
orders = st.builds(Sort, st.just("created_at"), st.booleans(), st.booleans())


def asked(filter_: Filter, sort: Sort = NEWEST) -> Question:
    """A question about users."""
    return question(filter_, sort, SEARCHED)


@unhurried
@given(st.lists(users, max_size=4, unique_by=lambda user: user.id), texts, orders)
def test_a_brief_says_what_its_document_says(several: list[User], text: str, sort: Sort) -> None:
    """The same resources, in the same places, with the same texts."""
    search = asked(TextSearch(text), sort)
    documents = [Document(user.id, user.version, DOCUMENTS.encode(user)) for user in several]
    briefs = [Document(user.id, "", BRIEFS.encode(user)) for user in several]
    of_briefs = placed_in(search)
    if of_briefs is None:  # blanks alone may be no text
        assert search.search is None
        return
    assert of_briefs(briefs) == Judge(search, DOCUMENTS).placed(AROUND, KNOWN)(documents)


@pytest.mark.parametrize(
    "question_",
    [
        asked(Everything()),
        asked(Present("locale")),
        asked(And((TextSearch("a"), Present("locale")))),
        asked(TextSearch("a"), Sort("last_name")),
        asked(TextSearch("a"), Sort(measure=Measure(frozenset({"phone"}), lambda _: None))),
    ],
)
def test_what_looks_at_more_is_asked_of_documents(question_: Question) -> None:
    """Other fields, another order, or no search at all."""
    assert placed_in(question_) is None


def test_a_brief_is_small_and_plain() -> None:
    """The time in seconds, and all texts as they are compared."""
    user = replace(ANN, first_name="ÀNN", last_name=None)
    first, *rest = BRIEFS.encode(user).decode().split("\n")
    assert float(first) == user.created_at.timestamp()
    assert "ànn" in rest
    assert len(rest) == sum(getattr(user, name) is not None for name in SEARCHED)
