"""Signs of life as they are written and read."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.redis.mirror.beats import Heard, decode, encode
from gateway.ports.news import Pulse
from gateway.ports.truth import Beat
from tests.adapters.redis.mirror.mirrors import version


@given(
    covers=st.dictionaries(
        st.from_regex("[0-9a-f]{3}", fullmatch=True), st.integers(0, 999_999).map(version)
    ),
    lag=st.integers(0, 10_000),
    applied=st.integers(0, 10**12),
)
def test_what_is_said_is_heard(covers: dict[str, str], lag: int, applied: int) -> None:
    """Whatever it covers, with the times that Redis puts before it."""
    current = timedelta(milliseconds=lag)
    said = encode(Beat(epoch="0af", covers=covers, current=current, applied=applied))
    pulse = Pulse(epoch="0af", covers=covers, applied=applied, lag=current)
    assert decode(f"0af 1800000000750 1800000000001 {said}".encode()) == Heard(
        pulse, 1_800_000_000.75, 1_800_000_000.001
    )


def test_an_empty_text_says_that_there_is_no_pulse() -> None:
    """And what is no sign of life is not taken for one."""
    assert decode(b"") is None
    for text in (b"x", b"e 1 2 3 4", b"e 1 2 3 x ", b"e x 2 3 4 "):
        with pytest.raises(ValueError, match=r"unpack|invalid"):
            decode(text)
