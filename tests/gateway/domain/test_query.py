"""The order of listings."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.query import Sort, ordered, sort_value
from gateway.domain.text import comparable

values = st.one_of(
    st.lists(st.none() | st.text(max_size=5)),
    st.lists(
        st.none()
        | st.integers(-(2**31), 2**34).map(lambda second: datetime.fromtimestamp(second, UTC))
    ),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.integers(-(2**40), 2**40)),
)


def sorted_pairs(found: list[object], *, descending: bool) -> list[tuple[str, object]]:
    """Items with ids of their own, in order."""
    items = [(f"usr_{place * 7919 % 10007:05}", value) for place, value in enumerate(found)]
    sort = Sort("any", descending)
    return ordered(items, sort, lambda item: item[1], lambda item: item[0])


@given(values, st.booleans())
def test_absent_values_come_last_both_ways(found: list[object], descending: bool) -> None:
    """Whichever way it goes, all entries without a value stand at the end."""
    absent = [value is None for _, value in sorted_pairs(found, descending=descending)]
    assert absent == sorted(absent)


@given(values, st.booleans())
def test_neighbours_are_in_order_and_ties_break_by_id(
    found: list[object], descending: bool
) -> None:
    """Values never go against the order, and equal ones ascend by id."""
    pairs = sorted_pairs(found, descending=descending)
    for (id_a, a), (id_b, b) in pairwise(pairs):
        key_a, key_b = sort_value(a), sort_value(b)
        if key_a == key_b:
            assert id_a < id_b
        elif key_a is not None and key_b is not None:
            assert (key_a > key_b) == descending


@given(values, st.booleans())
def test_the_order_does_not_depend_on_the_input(found: list[object], descending: bool) -> None:
    """Nothing is lost or doubled, and any order of the input gives the same output."""
    items = [(f"usr_{place:05}", value) for place, value in enumerate(found)]
    sort = Sort("any", descending)
    backwards = list(reversed(items))
    forth = ordered(items, sort, lambda item: item[1], lambda item: item[0])
    back = ordered(backwards, sort, lambda item: item[1], lambda item: item[0])
    assert forth == back
    assert sorted(forth, key=lambda item: item[0]) == items


@given(st.text(), st.text())
def test_text_is_ordered_as_it_is_compared(left: str, right: str) -> None:
    """Two texts tie in a listing exactly when they compare equal."""
    assert (sort_value(left) == sort_value(right)) == (comparable(left) == comparable(right))


def test_empty_text_is_not_absent() -> None:
    """Empty text has a place at the beginning; absence has none."""
    assert sort_value("") is not None
    assert sort_value(None) is None
