"""Whether one question asks for no more than another."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.predicate import predicate
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    IdIn,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Operator,
    Or,
    Present,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus
from gateway.mirror.canonical import canonical
from gateway.mirror.wider import implies
from tests.gateway.mirror.people import ANN, AROUND, SEARCHED, filters, many_users, short, unhurried

LOCKED = StatusIs(UserStatus.LOCKED)


def narrower(narrow: Filter, wide: Filter) -> bool:
    """Whether the first is seen to ask for no more than the second."""
    return implies(canonical(narrow, SEARCHED), canonical(wide, SEARCHED))


def judged(name: str, bound: Filter) -> Judged:
    """A function's verdict, within a bound."""
    return Judged(name, bound, frozenset({"last_name"}), short)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (TextSearch("ann"), TextSearch("an")),
        (TextSearch("ANN exa"), TextSearch("nn EX")),
        (TextSearch("ann"), Everything()),
        (And((TextSearch("ann"), LOCKED)), TextSearch("an")),
        (And((TextSearch("ann"), LOCKED)), And((LOCKED, TextSearch("a")))),
        (And((LOCKED, Below("ou_1"), Present("phone"))), And((Present("phone"), LOCKED))),
        (Compare("username", "sw", "anna"), TextSearch("nn")),
        (Compare("username", "eq", "Anna"), Compare("username", "sw", "ann")),
        (Compare("username", "sw", "b"), Compare("username", "gt", "a")),
        (Compare("created_at", "gt", 5), Compare("created_at", "ge", 5)),
        (Compare("phone", "ew", "123"), Compare("phone", "co", "2")),
        (Compare("phone", "eq", "1"), Present("phone")),
        (Present("custom_attributes.title"), Present("custom_attributes")),
        (LinkedTo("idp_1", "x"), Compare("federated_identities", "eq", "idp_1")),
        (LinkedTo("idp_1", "x"), Present("federated_identities")),
        (Not(TextSearch("a")), Not(TextSearch("ann"))),
        (LOCKED, Not(StatusIs(UserStatus.ACTIVE))),
        (LOCKED, Or((LOCKED, Present("phone")))),
        (Or((LOCKED, Below("ou_1"))), Or((Below("ou_1"), LOCKED, Present("phone")))),
        (IdIn(frozenset("a")), IdIn(frozenset("ab"))),
        (judged("x", TextSearch("ann")), TextSearch("an")),
        (judged("x", TextSearch("ann")), judged("x", TextSearch("an"))),
        (Or(()), LOCKED),
        (MemberOf("grp_1"), MemberOf("grp_1")),
    ],
)
def test_what_is_seen(narrow: Filter, wide: Filter) -> None:
    """Each asks for no more than the other, and not the other way round, unless they agree."""
    assert narrower(narrow, wide)
    assert narrower(wide, narrow) == (narrow == wide)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (TextSearch("ann"), TextSearch("bob")),
        (Compare("custom_attributes.x", "eq", 1), Compare("custom_attributes.x", "eq", True)),
        (Compare("username", "co", "ann"), Compare("email", "co", "ann")),
        (Not(TextSearch("ann")), Not(TextSearch("an"))),
        (judged("x", Everything()), judged("y", Everything())),
        (MemberOf("grp_1"), MemberOf("grp_2")),
        (Everything(), LOCKED),
        (Everything(), Not(LOCKED)),
        (LOCKED, Not(LOCKED)),
    ],
)
def test_what_is_not_so(narrow: Filter, wide: Filter) -> None:
    """None of these is said to imply the other."""
    assert not narrower(narrow, wide)


@unhurried
@given(filters, filters, many_users)
def test_what_is_said_to_imply_does(narrow: Filter, wide: Filter, users: list[User]) -> None:
    """Nobody matches the narrow question and not the wide one."""
    if narrower(narrow, wide):
        inside, around = predicate(narrow, AROUND), predicate(wide, AROUND)
        assert all(around(user) for user in users if inside(user))


operators = st.sampled_from(["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"])
few = st.text("ab", max_size=3)
comparisons = st.builds(Compare, st.sampled_from(["username", "email"]), operators, few)


alike = st.recursive(
    comparisons | few.map(TextSearch) | st.sampled_from([Present("first_name"), LOCKED]),
    lambda inner: st.one_of(
        inner.map(Not),
        st.tuples(inner, inner).map(And),
        st.tuples(inner, inner).map(Or),
        inner.map(lambda bound: judged("short", bound)),
    ),
    max_leaves=3,
)
namesakes = st.lists(
    st.builds(
        replace,
        st.just(ANN),
        username=few,
        email=few,
        first_name=st.none() | few,
        last_name=few,
        status=st.sampled_from([UserStatus.LOCKED, UserStatus.ACTIVE]),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=300)
@given(alike, alike, namesakes)
def test_questions_much_alike_that_imply_do(
    narrow: Filter, wide: Filter, people: list[User]
) -> None:
    """As above, where most is of the same few letters, so that much is said to imply."""
    if narrower(narrow, wide):
        inside, around = predicate(narrow, AROUND), predicate(wide, AROUND)
        assert all(around(user) for user in people if inside(user))


@pytest.mark.parametrize("wider", ["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"])
@pytest.mark.parametrize("op", ["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"])
def test_every_two_operators(op: Operator, wider: Operator) -> None:
    """No implication between any two short values is said that one of all short names denies."""
    short_texts = ["".join(letters) for n in range(4) for letters in product("ab", repeat=n)]
    people = [replace(ANN, username=name) for name in short_texts]
    for value, wanted in product(short_texts[:7], repeat=2):
        narrow, wide = Compare("username", op, value), Compare("username", wider, wanted)
        if narrower(narrow, wide):
            inside, around = predicate(narrow, AROUND), predicate(wide, AROUND)
            assert all(around(user) for user in people if inside(user)), (narrow, wide)


@unhurried
@given(filters, filters)
def test_more_terms_ask_for_less(one: Filter, other: Filter) -> None:
    """Whatever is added to a conjunction, the wider question is seen."""
    assert narrower(And((one, other)), one)
    assert narrower(one, Or((other, one)))


def test_large_questions_are_held_against_each_other_quickly() -> None:
    """Each two parts once: nesting does not multiply."""
    one: Filter = TextSearch("a0")
    for n in range(60):
        one = And((Present("phone"), Or((one, TextSearch(f"a{n}"), Below(f"ou_{n}")))))
    other: Filter = TextSearch("b0")
    for n in range(60):
        other = And((Present("phone"), Or((other, TextSearch(f"b{n}"), Below(f"ou_x{n}")))))
    assert narrower(one, one)
    assert not narrower(one, other)
