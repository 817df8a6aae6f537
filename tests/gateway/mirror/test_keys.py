"""The bytes that a view is ordered by."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import Resource
from gateway.domain.query import Measure, Query, Seek, Sort, ordered, window
from gateway.mirror.keys import id_of, members_in, places_in
from tests.gateway.mirror.people import unhurried

any_text = st.text(st.characters(exclude_categories=()), max_size=5)
odd_text = st.text("\0\x01\x02aAß\ud800\ue000\uffff😀", max_size=4)
numbers = (
    st.integers()
    | st.integers(-(2**54), 2**54)
    | st.floats(allow_nan=False)
    | st.sampled_from([0, 0.0, -0.0, True, False, 2**53, 2**53 + 1, float(2**53), 10**400])
    | st.sampled_from([-(10**400), 2**1024, 2**1024 - 1, float("inf"), -(2**63), 5e-324, 0.1])
)
times = st.datetimes(timezones=st.just(UTC))
values: st.SearchStrategy[list[object]] = st.one_of(
    st.lists(st.none() | any_text),
    st.lists(st.none() | odd_text),
    st.lists(st.none() | times),
    st.lists(st.none() | numbers),
    st.lists(st.none() | numbers | odd_text | times),
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


def members_of(items: list[Item], sort: Sort) -> list[bytes]:
    """Their members, in the order of bytes."""
    member = members_in(sort)
    return sorted(member(resource(item)) for item in items)


@unhurried
@given(values, sorts, st.booleans())
def test_bytes_stand_as_the_listing_does(found: list[object], sort: Sort, measured: bool) -> None:
    """Whatever is ordered, whichever way, with or without values: one order, ties included."""
    if measured:
        measure = Measure(frozenset({"value"}), lambda item: item.value)
        sort = replace(sort, measure=measure)
    items = items_of(found)
    listed = [item.id for item in ordered(items, sort, resource)]
    assert [id_of(one) for one in members_of(items, sort)] == listed


@unhurried
@given(values, sorts, st.data())
def test_a_place_is_where_its_member_would_stand(
    found: list[object], sort: Sort, data: st.DataObject
) -> None:
    """What stands after a place has greater members, also where the resource itself is gone."""
    items = items_of([*found, None])
    at = data.draw(st.sampled_from(items))
    key = sort.key(resource(at))
    place = places_in(sort)(key, at.id)
    rest = [item for item in items if item != at or data.draw(st.booleans())]
    query = Query(sort=sort, limit=None, seek=Seek(key, at.id))
    after = [item.id for item in window(ordered(rest, sort, resource), query, resource)]
    assert [id_of(one) for one in members_of(rest, sort) if one > place] == after


@unhurried
@given(values, sorts)
def test_equal_keys_have_equal_bytes(found: list[object], sort: Sort) -> None:
    """Members differ in their ids alone exactly where resources tie."""
    items = items_of(found)
    for one in items:
        for other in items:
            keys = [sort.key(resource(item)) for item in (one, other)]
            same = places_in(sort)(keys[0], "x") == places_in(sort)(keys[1], "x")
            assert same == (keys[0] == keys[1])


@pytest.mark.parametrize("descending", [False, True])
def test_members_are_short(descending: bool) -> None:
    """Names take their own bytes, times ten; an id and few bytes more are all else."""
    sort = Sort("value", descending)
    name = members_in(sort)(resource(Item("usr_1", "Ann Example")))
    time = members_in(sort)(resource(Item("usr_1", datetime(2026, 1, 1, tzinfo=UTC))))
    assert len(name) <= len("Ann Example") + len("usr_1") + 3
    assert len(time) <= 10 + len("usr_1") + 2


@pytest.mark.parametrize("descending", [False, True])
def test_control_characters_have_their_place(descending: bool) -> None:
    """Every short text of the characters that members are put together with."""
    texts = ["".join(some) for n in range(4) for some in product("\0\x01\x02\xff", repeat=n)]
    measure = Measure(frozenset({"value"}), lambda item: item.value)
    sort = Sort("value", descending, measure=measure)
    items = items_of([*texts, *texts[::7]])
    listed = [item.id for item in ordered(items, sort, resource)]
    assert [id_of(one) for one in members_of(items, sort)] == listed
    assert len({places_in(sort)((0, text), "") for text in texts}) == len(texts)
