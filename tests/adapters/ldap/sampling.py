"""Random values, and how many of them a test on a real slapd takes."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_START = datetime(1, 1, 3, tzinfo=UTC)
_SECONDS = int((datetime(9999, 12, 28, tzinfo=UTC) - _START).total_seconds())

seconds = st.integers(0, _SECONDS).map(lambda n: _START + timedelta(seconds=n))
"""Times in whole seconds, over all years."""

instants = st.builds(
    lambda time, micro: time.replace(microsecond=micro), seconds, st.integers(0, 999999)
)
"""Times to the microsecond."""

on_slapd = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""Enough examples for slapd to tell, few enough for a test."""
