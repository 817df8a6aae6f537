"""Reading filters: what scim2-models reads, nothing else, in bounded time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import FilterNode

from adapters.scim.filters import FilterLimits, parse
from tests.adapters.scim.filters.texts import filters

WIDE = FilterLimits(length=100_000, depth=200, terms=10_000)


def read(reader: Callable[[str], FilterNode], text: str) -> FilterNode | None:
    """The tree, or None for what is refused as a filter; anything else that is raised is raised."""
    try:
        return reader(text)
    except InvalidFilterException:
        return None


def ours(text: str) -> FilterNode:
    """The tree that this gateway reads."""
    return parse(text, WIDE)


def theirs(text: str) -> FilterNode:
    """The tree that scim2-models reads."""
    return ScimFilter(text).ast


@settings(max_examples=200, deadline=None)
@given(filters)
def test_reads_what_scim2_models_reads(text: str) -> None:
    """Each filter of the grammar becomes the very tree that scim2-models makes of it."""
    assert ours(text) == theirs(text)


@settings(max_examples=200, deadline=None)
@given(st.data(), filters)
def test_broken_filters_are_refused_alike(data: st.DataObject, text: str) -> None:
    """A filter with something cut out or put in is refused, or means the same as there."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    new = data.draw(st.text('()[]." \\aeqnorpt0-:$é\x00', max_size=3))
    broken = text[:start] + new + text[end:]
    assert read(ours, broken) == read(theirs, broken)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text('()[]."\\ aeqnotr1:$', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is sent is a filter or an invalid filter, as scim2-models finds."""
    assert read(ours, text) == read(theirs, text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('a eq "x" or b eq "y" and c eq "z"', 'a eq "x" or (b eq "y" and c eq "z")'),
        ("not (a pr) and b pr", "(not (a pr)) and (b pr)"),
        ('a EQ "x" AND B PR', 'a eq "x" and B pr'),
        ('emails[type eq "work"].value eq "x"', 'emails[type eq "work" and value eq "x"]'),
    ],
)
def test_precedence_and_shorthand(text: str, same: str) -> None:
    """`and` binds closer than `or`, words are in any case, Entra's form is one element's."""
    assert str(ours(text)) == str(theirs(same))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "[" * 5000,
        "a[" * 2000,
        "not (" * 1000,
        '"' + "\\" * 5001,
        'a eq "' + "\\u" * 2000,
        "urn:" + "a." * 2000,
        "urn:a" * 1000,
        "a" * 5000 + " eq",
        "a eq " + "9" * 5000,
        "a eq 1" + "e9" * 1000,
        "a pr and " * 500,
        " " * 5000,
        "not (" * 50 + "a pr" + ")" * 50,
        " or ".join(["a pr"] * 101),
    ],
)
@pytest.mark.parametrize("limits", [FilterLimits(), WIDE])
def test_hostile_texts_cost_little(text: str, limits: FilterLimits) -> None:
    """Large and deep texts are answered in a moment, and never with another error."""
    begun = time.monotonic()
    read(lambda text: parse(text, limits), text)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a pr" + " " * 100, "longer"),
        ("((((a pr))))", "deeper"),
        ("a pr and b pr and c pr and d pr", "comparisons"),
    ],
)
def test_limits(text: str, word: str) -> None:
    """Length, depth and number of comparisons are limited, and the answer says which was."""
    with pytest.raises(InvalidFilterException, match=word):
        parse(text, FilterLimits(length=100, depth=3, terms=3))
    assert parse("((a pr and b pr)) or c pr", FilterLimits(length=100, depth=3, terms=3))


def test_many_at_once() -> None:
    """Threads that read filters at the same time do not disturb each other."""
    texts = [f'a{number} eq "{number}" or not (b[c pr] and d pr)' for number in range(500)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ours, texts)) == [ours(text) for text in texts]
