"""Until when names are looked at again that nobody bears."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.dn import Dn
from adapters.ldap.feed.lingering import Lingering

NAME, OTHER = Dn.parse("uid=a,ou=people"), Dn.parse("uid=b,ou=people")
steps = st.lists(st.floats(0.01, 5), min_size=1, max_size=200)


@given(steps)
def test_a_name_is_due_before_it_has_waited_twice_as_long(passed: list[float]) -> None:
    """However often anybody asks, no more time goes by without a look than went by before."""
    lingering, now, looked = Lingering(100.0), 0.0, 0.0
    lingering.begin([NAME], now)
    assert lingering.due(now) == {NAME}
    for seconds in passed:
        now += seconds
        if lingering.due(now):
            looked = now
        assert looked > 100.0 or now < 2 * looked or looked == now


@given(steps)
def test_what_is_never_mended_is_given_up(passed: list[float]) -> None:
    """After its time it is looked at once more, and then no more; all in all a few times."""
    lingering, now, looks = Lingering(100.0), 0.0, 0
    lingering.begin([NAME], now)
    for seconds in passed:
        now += seconds
        looks += bool(lingering.due(now))
    assert looks <= 16
    lingering.due(now + 200.0)
    assert lingering.due(now + 1000.0) == set()


def test_what_is_mended_is_not_looked_at_again_until_it_is_lost_again() -> None:
    """A name that nobody names any more waits for nothing."""
    lingering = Lingering()
    lingering.begin([NAME, OTHER], 1.0)
    assert lingering.due(1.0) == {NAME, OTHER}
    lingering.mended([NAME])
    assert lingering.due(1.0) | lingering.due(9.0) == {OTHER}
    lingering.begin([NAME], 9.0)
    assert lingering.due(9.0) == {NAME}
