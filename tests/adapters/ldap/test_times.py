"""Generalized Time in every legal form."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ldap.times import (
    PERMANENT_LOCK,
    format_exact,
    format_lock,
    format_time,
    parse_lock,
    parse_time,
)
from gateway.domain.status import FOREVER
from tests.adapters.ldap.sampling import instants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("199412161032Z", datetime(1994, 12, 16, 10, 32, tzinfo=UTC)),
        ("199412160532-0500", datetime(1994, 12, 16, 10, 32, tzinfo=UTC)),
        ("2024010112Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024010112.5Z", datetime(2024, 1, 1, 12, 30, tzinfo=UTC)),
        ("202401011200,25Z", datetime(2024, 1, 1, 12, 0, 15, tzinfo=UTC)),
        ("20240101120000.123456789Z", datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("20240101120000+01", datetime(2024, 1, 1, 11, tzinfo=UTC)),
        ("20240101003000+0130", datetime(2023, 12, 31, 23, tzinfo=UTC)),
        ("20161231235960Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("20240229000000Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("00000101000000Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_legal_form_is_read(text: str, expected: datetime) -> None:
    """Missing minutes, fractions of any unit, offsets and leap seconds are understood."""
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "yesterday",
            "20240101120000",
            "2024010112:00Z",
            "20241301000000Z",
            "20240230000000Z",
        ),
        *("20240101240000Z", "20240101126000Z", "20240101120061Z", "20240101120000.Z", "99999Z"),
        *("00010101000000+0100", "99991231235959-0100", "２０２４０１０１１２００００Z"),
    ],
)
def test_what_is_no_time_reads_as_none(text: str) -> None:
    """A value that an LDAP tool got wrong is no time, and no error."""
    assert parse_time(text) is None


@given(instants)
def test_whole_seconds_come_back(time: datetime) -> None:
    """What is written is read back, to the second."""
    assert parse_time(format_time(time)) == time.replace(microsecond=0)


@given(instants)
def test_the_exact_form_keeps_microseconds(time: datetime) -> None:
    """For comparisons nothing is cut off."""
    assert parse_time(format_exact(time)) == time


@given(instants, st.integers(-23 * 60, 23 * 60))
def test_any_zone_is_written_as_utc(time: datetime, minutes: int) -> None:
    """The zone of a time makes no difference to what is stored."""
    local = time.astimezone(timezone(timedelta(minutes=minutes)))
    assert format_time(local) == format_time(time)


def test_a_time_without_zone_is_an_error() -> None:
    """Nobody guesses at zones."""
    with pytest.raises(ValueError, match="zone"):
        format_time(datetime(2024, 1, 1))  # noqa: DTZ001 - that is the point


@example(FOREVER)
@given(instants)
def test_locks_come_back(time: datetime) -> None:
    """A lock's time is read back, and the permanent lock is the one of the draft."""
    assert parse_lock(format_lock(time)) == (
        time if time == FOREVER else time.replace(microsecond=0)
    )


def test_the_permanent_lock_is_for_ever() -> None:
    """`000001010000Z` never runs out."""
    assert parse_lock(PERMANENT_LOCK) == FOREVER
    assert parse_lock("00000101000000Z") == FOREVER
    assert format_lock(FOREVER) == PERMANENT_LOCK
    assert parse_lock("never") is None
