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
from gateway.mirror.keys import id_of, members_in
from gateway.mirror.membership import Judge, Placed
from gateway.ports.mirror import Document
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


def placed_in(filter_: Filter, sort: Sort = NAMES) -> Placed:
    """Where documents of users stand in a listing."""
    return Judge(question(filter_, sort, SEARCHED), DOCUMENTS).placed(AROUND, KNOWN)


def document(user: User) -> Document:
    """What is kept of a user."""
    return Document(user.id, user.version, DOCUMENTS.encode(user))


def test_a_document_stands_where_the_order_puts_it() -> None:
    """What matches has a place; what does not, and what is no document, has none."""
    empty = Document(ANN.id, "1", b"")
    ((id_, (place, text)),) = placed_in(TextSearch("ann"))([document(ANN)]).items()
    assert (id_, place) == (ANN.id, members_in(NAMES)(ANN))
    assert "ann" in text
    assert placed_in(TextSearch("bob"))([document(ANN)]) == {}
    assert placed_in(TextSearch("ann"))([empty]) == {}


def test_many_documents_are_judged_together_as_each_is_alone() -> None:
    """Who is placed at all, by id; one among them that is written oddly changes nothing."""
    odd = replace(ANN, id="usr_2", username="bob", display_name="Ann\u00a0 \tLEE\nX")
    other = replace(ANN, id="usr_3", username="zoe", email="zoe@x.org", display_name=None)
    everybody = [document(user) for user in (ANN, odd, other)]
    for filter_ in (TextSearch("ann lee x"), TextSearch("zoe"), TextSearch("e")):
        placed = placed_in(filter_)
        alone = [placed([one]) for one in everybody]
        assert placed(everybody) == alone[0] | alone[1] | alone[2]
    assert placed_in(TextSearch("ann lee x"))(everybody).keys() == {odd.id}


def test_places_follow_the_clock_and_the_tree() -> None:
    """A lock that has run out moves who had it; a tree that lacks a unit tells so."""
    judge = Judge(question(StatusIs(UserStatus.LOCKED), Sort("ou_path"), SEARCHED), DOCUMENTS)
    locked = document(replace(ANN, locked_until=KNOWN.now + timedelta(seconds=1)))
    later = replace(KNOWN, now=KNOWN.now + timedelta(seconds=1))
    assert judge.placed(AROUND, KNOWN)([locked]).keys() == {ANN.id}
    assert judge.placed(AROUND, later)([locked]) == {}
    with pytest.raises(NotPlaced):
        judge.placed(AROUND, KNOWN)([document(replace(ANN, ou_id="ou_new"))])


@unhurried
@given(changes, filters, sorts)
def test_a_view_that_follows_is_the_view_made_anew(
    happened: list[tuple[str, User | None]], filter_: Filter, sort: Sort
) -> None:
    """After any changes, members and their order are what asking everybody gives."""
    placed = placed_in(filter_, sort)
    held: dict[str, bytes] = {}
    everybody: dict[str, User] = {}
    for id_, user in happened:
        everybody.pop(id_, None)
        held.pop(id_, None)
        if user is not None:
            everybody[id_] = user
        now = placed([document(user) if user else Document(id_, "1", b"")])
        held |= {each: member for each, (member, _) in now.items()}
    found = filter(predicate(filter_, AROUND), everybody.values())
    listed = [user.id for user in ordered(found, sort, lambda user: user)]
    assert [id_of(member) for member in sorted(held.values())] == listed
