"""What answers say of a server's clock is never more than they can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.redis.mirror.clock import DRIFT, ServerClock

_seconds = st.floats(0, 5)


@given(
    ahead=st.floats(-1e6, 1e9),
    rate=st.floats(-DRIFT / 2, DRIFT / 2),
    answers=st.lists(st.tuples(_seconds, _seconds, _seconds), min_size=1),
    wait=st.floats(0, 10),
)
def test_estimates_are_on_the_safe_side(
    ahead: float, rate: float, answers: list[tuple[float, float, float]], wait: float
) -> None:
    """However long the ways there and back were, and whichever clock runs faster."""
    clock, now = ServerClock(), 100.0

    def server(moment: float) -> float:
        return moment * (1 + rate) + ahead

    for pause, there, back in answers:
        asked = now + pause
        now = asked + there + back
        clock.learn(server(asked + there), asked=asked, answered=now)
    tolerance = 1e-5
    late = now + wait
    assert clock.at_server(now, now=now) <= server(now) + tolerance
    assert clock.here(server(now), now=now) <= now + tolerance
    assert clock.at_server(late, now=late) <= server(late) + tolerance
    assert clock.here(server(late), now=late) <= late + tolerance
    shortest = min(there + back for _, there, back in answers)
    spread = now - clock.at_server(now, now=now) + server(now) - now
    assert spread <= shortest + 3 * DRIFT * (now - 100) + tolerance


def test_a_clock_that_was_set_is_learnt_anew() -> None:
    """An answer that contradicts what was known counts alone."""
    clock = ServerClock()
    assert clock.learnt is None
    with pytest.raises(LookupError):
        clock.at_server(1, now=1)
    clock.learn(1000.5, asked=0, answered=1)
    clock.learn(1001.5, asked=1, answered=2.25)
    assert clock.learnt == 2.25
    assert clock.at_server(2.25, now=2.25) == pytest.approx(1001.75, abs=0.01)
    clock.learn(500, asked=3, answered=4)
    assert clock.at_server(4, now=4) == pytest.approx(500)
    assert clock.here(500, now=4) == pytest.approx(3, abs=0.01)
    clock.learn(5000, asked=5, answered=6)
    assert clock.at_server(6, now=6) == pytest.approx(5000)
