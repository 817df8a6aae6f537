"""One form for all spellings of a filter."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.predicate import predicate
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    Judged,
    MemberOf,
    Not,
    Or,
    Present,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus
from gateway.mirror.canonical import canonical
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    SEARCHED,
    filters,
    many_users,
    plain_id,
    short,
    unhurried,
)


def text_of(filter_: Filter) -> str:
    """The text of a filter's one form."""
    return canonical(filter_, SEARCHED).text


def respelled(filter_: Filter, chance: random.Random) -> Filter:
    """The same question, said otherwise."""
    match filter_:
        case And(terms) | Or(terms):
            said = [respelled(term, chance) for term in terms]
            said += [chance.choice(said)] if said else []
            chance.shuffle(said)
            again: Filter = type(filter_)(tuple(said))
        case Not(term):
            again = Not(respelled(term, chance))
        case Compare(field, op, str(value)):
            again = Compare(field, op, value.upper() if value.isascii() else value)
        case TextSearch(text):
            again = TextSearch(text.upper() if text.isascii() else text)
        case Judged(name, bound, fields, test):
            again = Judged(name, respelled(bound, chance), fields, test)
        case _:
            again = filter_
    return chance.choice([again, Not(Not(again)), And((again,)), Or((again, Not(Everything())))])


@unhurried
@given(filters, many_users)
def test_the_form_means_what_the_filter_means(filter_: Filter, users: list[User]) -> None:
    """For any users and any surroundings that resolve ids."""
    form = canonical(filter_, SEARCHED).filter
    asked, formed = predicate(filter_, AROUND), predicate(form, AROUND)
    assert [formed(user) for user in users] == [asked(user) for user in users]


@unhurried
@given(filters, st.randoms(use_true_random=False))
def test_spellings_share_a_text(filter_: Filter, chance: random.Random) -> None:
    """Order, doubles, case, nesting and double negation say nothing."""
    assert text_of(respelled(filter_, chance)) == text_of(filter_)


@unhurried
@given(filters, filters, many_users)
def test_equal_texts_are_equal_questions(one: Filter, other: Filter, users: list[User]) -> None:
    """Where two texts agree, so do the answers; the form of a form is itself."""
    if text_of(one) == text_of(other):
        asked, again = predicate(one, AROUND), predicate(other, AROUND)
        assert [asked(user) for user in users] == [again(user) for user in users]
    form = canonical(one, SEARCHED)
    assert canonical(form.filter, SEARCHED) == form


def test_what_python_takes_for_equal_is_told_apart() -> None:
    """True is not 1, and a text is not the number that it spells."""
    texts = {text_of(Compare("x", "eq", value)) for value in (True, 1, "1", "True")}
    assert len(texts) == 4
    both = Or((Compare("x", "eq", True), Compare("x", "eq", 1)))
    assert len(canonical(both, ()).terms) == 2


def test_texts_cannot_be_forged() -> None:
    """What a value contains never looks like structure."""
    plain = And((Present("a"), Present("b")))
    forged = Compare("a", "eq", "'), ('present', 'b'")
    assert len({text_of(plain), text_of(forged), text_of(Present("a', 'b"))}) == 3


def test_ids_share_a_spelling() -> None:
    """Every accepted spelling of a group is one question."""
    dashed = "00000000-0000-4000-8000-000000000001"
    for make, prefix in ((MemberOf, "grp"), (HasMember, "usr"), (Below, "ou")):
        spellings = [f"{prefix}_{dashed}", f"{prefix.upper()}_{plain_id(dashed)}"]
        assert len({text_of(make(one)) for one in spellings}) == 1
    assert text_of(MemberOf("grp_x")) != text_of(MemberOf("GRP_x"))


def test_functions_are_asked_last() -> None:
    """What a bound excludes is never put before the function, nor what the rest decides."""
    asked: list[str] = []

    def test(user: User) -> bool:
        asked.append(user.username)
        return short(user)

    judged = Judged("a", Compare("username", "eq", "ann"), frozenset({"last_name"}), test)
    nobody = StatusIs(UserStatus.DISABLED)
    for filter_ in (And((judged, nobody)), Not(Or((Not(judged), Not(nobody))))):
        form = canonical(filter_, SEARCHED)
        assert form.judged
        assert not predicate(form.filter, AROUND)(ANN)
    assert asked == []
