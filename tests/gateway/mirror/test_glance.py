"""What the bytes of a document tell."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.predicate import predicate
from gateway.domain.query import And, Compare, Filter, Not, Or, Present, TextSearch
from gateway.mirror.canonical import canonical
from gateway.mirror.documents import Documents
from gateway.mirror.glance import may_match, pieces
from tests.gateway.mirror.people import ANN, AROUND, SEARCHED, filters, unhurried, users

DOCUMENTS = Documents(User)
names = st.text('aAbB \t"\\K\u212aſs', max_size=4)


def passes(filter_: Filter, user: User) -> bool:
    """Whether a glance at a user's document lets it through."""
    wanted = pieces(canonical(filter_, SEARCHED), DOCUMENTS.verbatim)
    return may_match(DOCUMENTS.encode(user), wanted)


@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        (TextSearch("Ann"), {b"ann"}),
        (TextSearch(" Ann  Lee"), {b"ann", b"lee"}),
        (And((TextSearch("ann"), Present("phone"))), {b"ann"}),
        (Or((TextSearch("ann"), Present("phone"))), set()),
        (Or((Compare("email", "co", "bob ann"), Compare("phone", "sw", "ann"))), {b"ann"}),
        (Compare("email", "co", "an"), set()),
        (Not(TextSearch("ann")), set()),
        (Compare("custom_attributes.title", "ew", "ÉÉ"), {"éé".encode()}),
        (Compare("identity_source", "eq", "LOCAL"), set()),
        (Compare("ou_path", "co", "x"), set()),
        (Compare("username", "gt", "x"), set()),
        (Or(()), set()),
    ],
)
def test_what_must_stand_there(filter_: Filter, wanted: set[bytes]) -> None:
    """Texts of stored fields, of conjunctions all, of disjunctions what they share."""
    assert pieces(canonical(filter_, SEARCHED), DOCUMENTS.verbatim) == wanted


def test_most_is_told_at_a_glance() -> None:
    """Plain documents without the text are left out; others are to be read."""
    assert not passes(TextSearch("bob"), ANN)
    assert not passes(TextSearch("ánn"), ANN)
    assert passes(TextSearch("NN"), ANN)
    assert passes(TextSearch("bob"), replace(ANN, first_name="é"))
    assert passes(TextSearch("bob"), replace(ANN, first_name='"'))


@unhurried
@given(users, filters)
def test_a_glance_misses_nothing(user: User, filter_: Filter) -> None:
    """Whoever matches passes."""
    assert passes(filter_, user) or not predicate(filter_, AROUND)(user)


@unhurried
@given(names, names.filter(bool))
def test_a_glance_misses_no_spelling(name: str, text: str) -> None:
    """Blanks, letters that fold to others, and what JSON escapes."""
    user = replace(ANN, first_name=name, custom_attributes={"title": name})
    for filter_ in (TextSearch(text), Compare("custom_attributes.title", "co", text)):
        assert passes(filter_, user) or not predicate(filter_, AROUND)(user)
