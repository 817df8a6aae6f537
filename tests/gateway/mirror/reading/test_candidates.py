"""Which questions name the documents that can match."""

import pytest

from gateway.domain.ids import Kind
from gateway.domain.query import (
    And,
    Compare,
    Everything,
    Filter,
    IdIn,
    LinkedTo,
    Not,
    Or,
    Present,
    TextSearch,
)
from gateway.mirror import lookups
from gateway.mirror.canonical import canonical
from gateway.mirror.reading.candidates import Candidates, candidates

_ANN = Compare("username", "eq", " ANN ")
_BOB = Compare("email", "eq", "bob@example.org")
_IDS = IdIn(frozenset(("usr_1", "usr_2")))


@pytest.mark.parametrize(
    ("filter_", "ids", "keys"),
    [
        (_IDS, {"usr_1", "usr_2"}, set()),
        (_ANN, set(), {lookups.login("ann")}),
        (LinkedTo("idp_1", "X"), set(), {lookups.link("idp_1", "X")}),
        (And((TextSearch("a"), _IDS, _BOB)), set(), {lookups.login("bob@example.org")}),
        (Or((_ANN, _BOB)), set(), {lookups.login("ann"), lookups.login("bob@example.org")}),
        (Or((_ANN, And((_IDS, Present("phone"))))), {"usr_1", "usr_2"}, {lookups.login("ann")}),
        (Or(()), set(), set()),
    ],
)
def test_questions_that_name_some(filter_: Filter, ids: set[str], keys: set[str]) -> None:
    """Ids and look-up keys of all that can match, and as few as the question lets see."""
    found = candidates(Kind.USER, canonical(filter_, ("username", "email")))
    assert found == Candidates(frozenset(ids), frozenset(keys))


@pytest.mark.parametrize(
    "filter_",
    [
        Everything(),
        Not(_ANN),
        Or((_ANN, Present("phone"))),
        Compare("username", "co", "ann"),
        Compare("first_name", "eq", "ann"),
        And((TextSearch("a"), Present("phone"))),
    ],
)
def test_questions_that_do_not(filter_: Filter) -> None:
    """Anybody can match."""
    assert candidates(Kind.USER, canonical(filter_, ("username", "email"))) is None


def test_other_kinds_have_other_keys() -> None:
    """A field is looked up where documents of that kind are found by it."""
    named = canonical(Compare("name", "eq", "Staff"), ())
    assert candidates(Kind.GROUP, named) == Candidates(keys=frozenset((lookups.name("staff"),)))
    assert candidates(Kind.IDENTITY_PROVIDER, named) is None
