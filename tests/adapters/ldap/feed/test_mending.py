"""Since when groups have named nobody, and when that is taken for what it is."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.feed.mending import Mending

SOME = st.frozensets(st.sampled_from([b"a", b"b", b"c"]))
LOOKS = st.lists(st.tuples(st.floats(0, 5), SOME), min_size=1)


@given(LOOKS)
def test_it_is_done_when_nothing_new_names_nobody_for_so_long(
    looks: list[tuple[float, frozenset[bytes]]],
) -> None:
    """Each name counts from the look at which it first named nobody."""
    mending, now = Mending(10.0), 0.0
    since: dict[bytes, float] = {}
    for passed, nobody in looks:
        now += passed
        since = {name: since.get(name, now) for name in nobody}
        latest = max(since.values(), default=None)
        done = mending.is_done("grp", nobody, now)
        assert done or latest is not None
        if latest is not None and now - latest < 10.0:
            assert not done
        assert mending.is_done("other", frozenset(), now)
    assert mending.is_done("grp", frozenset(since), now + 10.5)
