"""Views that follow changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.predicate import predicate
from gateway.domain.query import Filter, Sort, StatusIs, TextSearch, ordered
from gateway.domain.status import UserStatus
from gateway.mirror.documents import Documents, NotPlaced
from gateway.mirror.identity import question
from gateway.mirror.keys import id_of, member_of
from gateway.mirror.membership import Judge, Place
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    KNOWN,
    SEARCHED,
    USERS,
    filters,
    sorts,
    unhurried,
    users,
)

DOCUMENTS = Documents(User)
NAMES = Sort("username", descending=False)
changed = users.map(lambda user: (user.id, user))
deleted = st.sampled_from(USERS).map(lambda id_: (id_, None))
changes = st.lists(changed | deleted, max_size=12)


def place_in(filter_: Filter, sort: Sort = NAMES) -> Place:
    """Where documents of users stand in a listing."""
    return Judge(question(filter_, sort, SEARCHED), DOCUMENTS).at(AROUND, KNOWN)


def test_a_document_stands_where_the_order_puts_it() -> None:
    """What matches has a place; what does not, and what is no document, has none."""
    document = DOCUMENTS.encode(ANN)
    assert place_in(TextSearch("ann"))(ANN.id, "1", document) == member_of(NAMES, ANN)
    assert place_in(TextSearch("bob"))(ANN.id, "1", document) is None
    assert place_in(TextSearch("ann"))(ANN.id, "1", b"") is None


def test_places_follow_the_clock_and_the_tree() -> None:
    """A lock that has run out moves who had it; a tree that lacks a unit tells so."""
    judge = Judge(question(StatusIs(UserStatus.LOCKED), Sort("ou_path"), SEARCHED), DOCUMENTS)
    document = DOCUMENTS.encode(replace(ANN, locked_until=KNOWN.now + timedelta(seconds=1)))
    later = replace(KNOWN, now=KNOWN.now + timedelta(seconds=1))
    assert judge.at(AROUND, KNOWN)(ANN.id, "1", document) is not None
    assert judge.at(AROUND, later)(ANN.id, "1", document) is None
    with pytest.raises(NotPlaced):
        judge.at(AROUND, KNOWN)(ANN.id, "1", DOCUMENTS.encode(replace(ANN, ou_id="ou_new")))


@unhurried
@given(changes, filters, sorts)
def test_a_view_that_follows_is_the_view_made_anew(
    happened: list[tuple[str, User | None]], filter_: Filter, sort: Sort
) -> None:
    """After any changes, members and their order are what asking everybody gives."""
    place = place_in(filter_, sort)
    held: dict[str, bytes] = {}
    everybody: dict[str, User] = {}
    for id_, user in happened:
        everybody.pop(id_, None)
        held.pop(id_, None)
        if user is not None:
            everybody[id_] = user
        member = place(id_, "1", DOCUMENTS.encode(user) if user else b"")
        if member is not None:
            held[id_] = member
    found = filter(predicate(filter_, AROUND), everybody.values())
    listed = [user.id for user in ordered(found, sort, lambda user: user)]
    assert [id_of(member) for member in sorted(held.values())] == listed
