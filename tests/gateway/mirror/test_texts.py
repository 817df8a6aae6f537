"""Text searches, and what they look into."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.predicate import predicate
from gateway.domain.query import (
    And,
    Compare,
    Everything,
    Filter,
    Not,
    Or,
    Present,
    TextSearch,
)
from gateway.domain.text import comparable
from gateway.mirror.canonical import canonical
from gateway.mirror.texts import Search, search_in, texts_of
from tests.gateway.mirror.people import ANN, AROUND, SEARCHED, filters, unhurried, users

texts = st.text('aAbB \t\n"\\K\u212aſsÉe\u0301\u0345', min_size=1, max_size=3)
LOCALE = Present("locale")


def text_of(fields: Collection[str], user: User) -> str:
    """What is searched of one user."""
    (text,) = texts_of(fields)([user])
    return text


def search(filter_: Filter) -> Search | None:
    """The text search in a filter."""
    return search_in(canonical(filter_, SEARCHED), SEARCHED)


@pytest.mark.parametrize(
    ("filter_", "text", "rest"),
    [
        (TextSearch("Ann  LEE"), "ann lee", Everything()),
        (And((LOCALE, TextSearch("a"))), "a", LOCALE),
        (Or(tuple(Compare(name, "co", "a") for name in SEARCHED)), "a", Everything()),
    ],
)
def test_searches_are_found(filter_: Filter, text: str, rest: Filter) -> None:
    """What is searched for, as compared, and what else is asked."""
    found = search(filter_)
    assert found is not None
    assert (found.text, found.rest.filter) == (text, rest)


@pytest.mark.parametrize(
    "filter_",
    [
        Everything(),
        TextSearch(""),
        Not(TextSearch("a")),
        Or((TextSearch("a"), LOCALE)),
        Or((TextSearch("a"), TextSearch("b"))),
        Compare(SEARCHED[0], "co", "a"),
        Or(tuple(Compare(name, "sw", "a") for name in SEARCHED)),
    ],
)
def test_other_questions_are_no_searches(filter_: Filter) -> None:
    """What looks into other fields, or asks something else of them."""
    assert search(filter_) is None


def test_a_search_without_the_custom_attributes_that_have_no_text() -> None:
    """A field of a field is looked up otherwise, so a search in it is judged as any filter."""
    fields = ("custom_attributes.title",)
    assert search_in(canonical(TextSearch("a"), fields), fields) is None


@unhurried
@given(users, texts)
def test_the_text_has_what_the_fields_have(user: User, text: str) -> None:
    """A text is in it exactly if a filter finds it in a field."""
    found = comparable(text) in text_of(SEARCHED, user)
    assert found == predicate(TextSearch(text), AROUND)(user)


@unhurried
@given(st.lists(users, max_size=4))
def test_texts_of_many_are_those_of_each(several: list[User]) -> None:
    """However they are made: together where all are plain, or one by one."""
    together = texts_of(SEARCHED)(several)
    assert together == [text_of(SEARCHED, user) for user in several]
    for user, text in zip(several, together, strict=True):
        values = (getattr(user, name) for name in SEARCHED)
        assert text == "\n".join(comparable(value) for value in values if value)


@pytest.mark.parametrize("blank", ["\n", "\t", "  ", "\u00a0", "\u2028", "\r\n"])
def test_blanks_within_a_value_are_one_space(blank: str) -> None:
    """Also where another field is absent, so that the number of lines tells nothing."""
    ann = replace(ANN, first_name=f"Ann{blank}Lee", last_name=None)
    assert text_of(("first_name", "last_name"), ann) == "ann lee"


def test_several_values_and_none() -> None:
    """Each value is looked into, and nothing across two of them."""
    ann = replace(ANN, username="Ann", other_emails=("b@x", "C@x"), phone=None)
    text = text_of(("username", "other_emails", "phone"), ann)
    assert all(one in text for one in ("ann", "b@x", "c@x"))
    assert "annb" not in text
    assert text_of(("username",), ann) == "ann"
    assert text_of((), ann) == ""


@unhurried
@given(users, texts, texts, filters)
def test_what_narrows_finds_no_more(user: User, text: str, more: str, rest: Filter) -> None:
    """Whoever is found by the longer text is found by the shorter one."""
    wide, narrow = And((TextSearch(text), rest)), And((TextSearch(more), rest))
    one, other = search(wide), search(narrow)
    if one is None or other is None or not other.narrows(one):
        return
    found = predicate(narrow, AROUND)(user)
    assert found == (predicate(wide, AROUND)(user) and other.text in text_of(SEARCHED, user))


def test_what_narrows() -> None:
    """A longer text, and the same beside it."""
    one, longer, other = search(TextSearch("a")), search(TextSearch("ba")), search(TextSearch("b"))
    more = search(And((TextSearch("ba"), LOCALE)))
    assert one is not None
    assert longer is not None
    assert other is not None
    assert more is not None
    assert longer.narrows(one)
    assert longer.narrows(longer)
    assert not one.narrows(longer)
    assert not other.narrows(one)
    assert not more.narrows(one)
