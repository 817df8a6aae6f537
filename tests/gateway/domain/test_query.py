"""The order of listings, and windows of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import Resource
from gateway.domain.query import Measure, Query, Seek, Sort, SortKey, ordered, sort_value, window
from gateway.domain.text import comparable

values: st.SearchStrategy[list[object]] = st.one_of(
    st.lists(st.none() | st.text("aAbBß ", max_size=2)),
    st.lists(st.none() | st.text(max_size=5)),
    st.lists(
        st.none()
        | st.integers(-(2**31), 2**34).map(lambda second: datetime.fromtimestamp(second, UTC))
    ),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.integers(-(2**40), 2**40)),
)
sorts = st.builds(Sort, st.just("value"), st.booleans(), st.booleans())


@dataclass(frozen=True, slots=True)
class Item:
    """Something with an id and a value to order by."""

    id: str
    value: object


def resource(item: Item) -> Resource:
    """The item, as what has these two fields."""
    return cast("Resource", item)


def items_of(found: list[object]) -> list[Item]:
    """Items with ids of their own, in no order."""
    return [Item(f"usr_{place * 7919 % 10007:05}", value) for place, value in enumerate(found)]


@given(values, sorts)
def test_absent_values_stand_together_at_one_end(found: list[object], sort: Sort) -> None:
    """Whichever way it goes: all last, or all first where the order says so."""
    pairs = ordered(items_of(found), sort, resource)
    absent = [(item.value is None) != sort.absent_first for item in pairs]
    assert absent == sorted(absent)


@given(values, sorts)
def test_neighbours_are_in_order_and_ties_break_by_id(found: list[object], sort: Sort) -> None:
    """Values never go against the order, and equal ones ascend by id."""
    for a, b in pairwise(ordered(items_of(found), sort, resource)):
        key_a, key_b = sort_value(a.value), sort_value(b.value)
        if key_a == key_b:
            assert a.id < b.id
        elif key_a is not None and key_b is not None:
            assert (key_a > key_b) == sort.descending


@given(values, sorts)
def test_the_order_does_not_depend_on_the_input(found: list[object], sort: Sort) -> None:
    """Nothing is lost or doubled, and any order of the input gives the same output."""
    items = items_of(found)
    forth = ordered(items, sort, resource)
    assert ordered(list(reversed(items)), sort, resource) == forth
    assert sorted(forth, key=lambda item: item.id) == sorted(items, key=lambda item: item.id)


def test_a_measure_orders_by_what_is_no_field() -> None:
    """What it gives is ordered as it is, case and all; what it gives nothing for comes last."""
    measure = Measure(frozenset({"value"}), lambda item: item.value)
    sort = Sort("value.exactly", descending=False, measure=measure)
    items = items_of(["b", None, "B", "a"])
    assert [item.value for item in ordered(items, sort, resource)] == ["B", "a", "b", None]
    assert sort.fields == {"value"}
    assert Sort("name").fields == {"name"}
    numbers = ordered(items_of([2, 1.5, None, True]), sort, resource)
    assert [item.value for item in numbers] == [True, 1.5, 2, None]


def place_of(sort: Sort, item: Item, *, backwards: bool = False) -> Seek:
    """The place where an item stands."""
    return Seek(sort.key(resource(item)), item.id, backwards)


@given(values, sorts, st.integers(1, 4))
def test_walking_by_places_sees_each_once(found: list[object], sort: Sort, limit: int) -> None:
    """From one end to the other and back again, page by page, whatever the order."""
    whole = ordered(items_of(found), sort, resource)
    forth: list[Item] = []
    page = window(whole, Query(sort=sort, limit=limit), resource)
    while page:
        forth += page
        seek = place_of(sort, page[-1])
        page = window(whole, Query(sort=sort, limit=limit, seek=seek), resource)
    assert forth == whole
    back: list[Item] = []
    page = whole[-1:]
    while page:
        back = [*page, *back]
        seek = place_of(sort, page[0], backwards=True)
        page = window(whole, Query(sort=sort, limit=limit, seek=seek), resource)
    assert back == whole


@given(values, sorts, st.data())
def test_what_comes_and_goes_moves_nothing_else(
    found: list[object], sort: Sort, data: st.DataObject
) -> None:
    """After a place stands what stood there before, though the item itself is gone."""
    whole = ordered(items_of([*found, None]), sort, resource)
    at = data.draw(st.integers(0, len(whole) - 1))
    seek, back = place_of(sort, whole[at]), place_of(sort, whole[at], backwards=True)
    for items in (whole, whole[:at] + whole[at + 1 :]):
        after = window(items, Query(sort=sort, limit=None, seek=seek), resource)
        before = window(items, Query(sort=sort, limit=None, seek=back), resource)
        assert (before, after) == (whole[:at], whole[at + 1 :])
    thinned = [item for n, item in enumerate(whole) if n % 2 == at % 2]
    after = window(thinned, Query(sort=sort, limit=None, seek=seek), resource)
    assert after == [item for item in whole[at + 1 :] if item in thinned]


@given(st.integers(0, 12), st.integers(0, 12), st.none() | st.integers(0, 12), st.booleans())
def test_offsets_count_from_the_place(
    at: int, offset: int, limit: int | None, backwards: bool
) -> None:
    """Forwards behind it, backwards before it, and never round the ends."""
    whole = items_of(list(range(10)))
    sort = Sort("value", descending=False)
    key: SortKey = (at, "")
    query = Query(sort=sort, offset=offset, limit=limit, seek=Seek(key, "", backwards))
    shown = [item.value for item in window(whole, query, resource)]
    numbers = list(range(10))
    if backwards:
        rest = numbers[:at][: max(0, min(at, 10) - offset)]
        assert shown == (rest if limit is None else rest[max(0, len(rest) - limit) :])
    else:
        rest = numbers[at:][offset:]
        assert shown == (rest if limit is None else rest[:limit])


def test_a_place_is_found_without_a_look_at_everything() -> None:
    """Of a hundred thousand, some twenty are looked at."""
    looks = 0

    def counted(item: Item) -> Resource:
        nonlocal looks
        looks += 1
        return resource(item)

    whole = [Item(f"usr_{n:06}", n) for n in range(100_000)]
    sort = Sort("value", descending=False)
    query = Query(sort=sort, limit=3, seek=Seek((70_000, ""), "usr_070000"))
    shown = [item.value for item in window(whole, query, counted)]
    assert shown == [70_001, 70_002, 70_003]
    assert looks < 40


@given(st.text(), st.text())
def test_text_is_ordered_as_it_is_compared(left: str, right: str) -> None:
    """Two texts tie in a listing exactly when they compare equal."""
    assert (sort_value(left) == sort_value(right)) == (comparable(left) == comparable(right))


def test_empty_text_is_not_absent() -> None:
    """Empty text has a place at the beginning; absence has none."""
    assert sort_value("") is not None
    assert sort_value(None) is None
