"""Until when names are looked at again that nobody bears."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.dn import Dn
from adapters.ldap.feed.lingering import Lingering

NAME, OTHER = Dn.parse("uid=a,ou=people"), Dn.parse("uid=b,ou=people")
steps = st.lists(st.floats(0.01, 5), min_size=1, max_size=200)


@given(steps)
def test_a_name_is_due_before_it_has_waited_twice_as_long(passed: list[float]) -> None:
    """However often anybody asks: at first each time, and then in time."""
    lingering, now, looked = Lingering(100.0), 0.0, 0.0
    lingering.begin([NAME], now)
    assert lingering.due(now) == {NAME}
    for seconds in passed:
        now += seconds
        if lingering.due(now):
            looked = now
        assert looked == now or 3.0 < now < 2 * looked or looked > 100.0


@given(steps)
def test_what_is_never_mended_is_given_up(passed: list[float]) -> None:
    """After its time it is looked at once more, and then no more; all in all a few times."""
    lingering, now, looks = Lingering(100.0), 0.0, 0
    lingering.begin([NAME], now)
    for seconds in passed:
        now += seconds
        looks += bool(lingering.due(now)) and now > 3.5
    assert looks <= 12
    lingering.due(now + 200.0)
    assert lingering.due(now + 1000.0) == set()


def test_what_is_mended_is_not_looked_at_again_until_it_is_lost_again() -> None:
    """A name that nobody names any more waits for nothing."""
    lingering = Lingering()
    lingering.begin([NAME, OTHER], 1.0)
    assert lingering.due(1.0) == {NAME, OTHER}
    lingering.mended([NAME], 1.0)
    assert lingering.due(1.0) | lingering.due(9.0) == {OTHER}
    lingering.begin([NAME], 9.0)
    assert lingering.due(9.0) == {NAME}


def test_who_is_mended_shows_that_others_are_about_to_be() -> None:
    """The directory is at work: the pauses of all that it has not come to begin anew."""
    lingering = Lingering()
    lingering.begin([NAME, OTHER], 0.0)
    assert lingering.due(20.0) == {NAME, OTHER}
    assert lingering.due(20.1) == set()
    lingering.mended([NAME], 20.2)
    assert lingering.due(20.3) == lingering.due(22.0) == {OTHER}
    lingering.mended([NAME], 22.1)
    assert lingering.due(40.0) == {OTHER}
    assert lingering.due(41.0) == set()
