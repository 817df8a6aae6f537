"""Members in their order."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.mirror.rows import Runs, moved, window
from tests.gateway.mirror.people import unhurried

ids = st.sampled_from(["usr_1", "usr_2", "usr_22", "usr_3", "grp_1"])
members = st.builds(lambda key, id_: key + b"\0" + id_.encode(), st.binary(max_size=2), ids)
listings = st.lists(members, max_size=30).map(lambda some: sorted(set(some)))


@unhurried
@given(st.lists(st.lists(members, max_size=8), max_size=20))
def test_what_came_in_any_order_are_in_order(steps: list[list[bytes]]) -> None:
    """All of them, each once, however they came."""
    runs = Runs()
    for step in steps:
        runs.add(step)
    assert runs.joined() == sorted({member for step in steps for member in step})


@unhurried
@given(listings, st.dictionaries(ids, st.none() | st.binary(max_size=2)))
def test_what_moved_stands_where_it_belongs(
    before: list[bytes], now: dict[str, bytes | None]
) -> None:
    """In its new place alone, or in none; the others stay, and so does the list that there was."""
    copy = list(before)
    changed = {id_: None if key is None else key + b"\0" + id_.encode() for id_, key in now.items()}
    left = [member for member in before if member.rpartition(b"\0")[2].decode() not in now]
    entered = [member for member in changed.values() if member is not None]
    assert moved(before, changed) == sorted(left + entered)
    assert before == copy


@unhurried
@given(
    listings,
    st.integers(0, 5),
    st.none() | st.integers(0, 5),
    st.none() | members,
)
def test_windows(listing: list[bytes], offset: int, limit: int | None, seek: bytes | None) -> None:
    """So many, after an offset, or away from a place either way, which is in neither."""
    after = [one for one in listing if seek is None or one > seek][offset:]
    assert window(listing, offset=offset, limit=limit, seek=seek) == after[:limit]
    if seek is not None:
        before = [one for one in listing if one < seek]
        before = before[: max(0, len(before) - offset)]
        expected = before if limit is None else before[max(0, len(before) - limit) :]
        found = window(listing, offset=offset, limit=limit, seek=seek, backwards=True)
        assert found == expected
