"""Views that follow changes."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ids import Kind
from gateway.domain.model import User
from gateway.domain.predicate import predicate
from gateway.domain.query import Filter, Sort, TextSearch, ordered
from gateway.mirror.identity import view
from gateway.mirror.keys import id_of, member_of
from gateway.mirror.membership import Judge, Step, step
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    SEARCHED,
    TENANT,
    USERS,
    filters,
    sorts,
    unhurried,
    users,
)

changed = users.map(lambda user: (user.id, user))
deleted = st.sampled_from(USERS).map(lambda id_: (id_, None))
changes = st.lists(changed | deleted, max_size=12)


def test_what_a_change_means() -> None:
    """In and out, from place to place, and nothing."""
    assert step(None, b"a") == Step(goes=None, comes=b"a")
    assert step(b"a", None) == Step(goes=b"a", comes=None)
    assert step(b"a", b"b") == Step(goes=b"a", comes=b"b")
    assert step(b"a", b"a") is None
    assert step(None, None) is None


def test_who_is_gone_is_no_member() -> None:
    """Deleted, or no match: no place in the view; else the place that the order gives."""
    names = Sort("username", descending=False)
    judge: Judge[User] = Judge(view(TENANT, Kind.USER, TextSearch("ann"), names, SEARCHED), AROUND)
    other = Judge[User](view(TENANT, Kind.USER, TextSearch("bob"), names, SEARCHED), AROUND)
    assert judge.member(None) is None
    assert other.member(ANN) is None
    assert judge.member(ANN) == member_of(names, ANN)


@unhurried
@given(changes, filters, sorts)
def test_a_view_that_follows_is_the_view_made_anew(
    happened: list[tuple[str, User | None]],
    filter_: Filter,
    sort: Sort,
) -> None:
    """After any changes, members and their order are what asking everybody gives."""
    judge: Judge[User] = Judge(view(TENANT, Kind.USER, filter_, sort, SEARCHED), AROUND)
    members: set[bytes] = set()
    held: dict[str, bytes] = {}
    everybody: dict[str, User] = {}
    for id_, user in happened:
        everybody.pop(id_, None)
        if user is not None:
            everybody[id_] = user
        taken = step(held.get(id_), judge.member(user))
        if taken is not None and taken.goes is not None:
            members.remove(taken.goes)
            del held[id_]
        if taken is not None and taken.comes is not None:
            members.add(taken.comes)
            held[id_] = taken.comes
    found = filter(predicate(filter_, AROUND), everybody.values())
    listed = [user.id for user in ordered(found, sort, lambda user: user)]
    assert [id_of(member) for member in sorted(members)] == listed
    assert held == {id_of(member): member for member in members}
