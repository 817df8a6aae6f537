"""Generalized Time (RFC 4517, 3.3.13): read in every legal form, written in one."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

from gateway.domain.status import FOREVER

PERMANENT_LOCK = "000001010000Z"
"""Locked until an administrator clears it (draft-behera-ldap-password-policy-10, 5.3.3)."""

_FORM = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?P<hour>[01][0-9]|2[0-3])"
    r"(?:(?P<minute>[0-5][0-9])(?:(?P<second>[0-5][0-9]|60))?)?"
    r"(?:[.,](?P<fraction>[0-9]+))?"
    r"(?:Z|(?P<sign>[+-])(?P<zone_hour>[01][0-9]|2[0-3])(?P<zone_minute>[0-5][0-9])?)"
)
_USUAL = len("20240101120000Z")


def parse_time(text: str) -> datetime | None:
    """The time in UTC; None where the text is none. Times before the year 1 become its start.

    A fraction belongs to the smallest unit that is given: `2024010112.5Z` is half past twelve.
    """
    if len(text) == _USUAL and text[-1] == "Z" and text.isascii() and text[:14].isdecimal():
        with suppress(ValueError):  # a leap second, for one
            return datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
    match = _FORM.fullmatch(text)
    if not match:
        return None
    unit = 1 if match["second"] else 60 if match["minute"] else 3600
    seconds = int(match["hour"]) * 3600 + int(match["minute"] or 0) * 60
    parts = timedelta(seconds=seconds + int(match["second"] or 0))
    if match["fraction"]:
        digits = match["fraction"][:15]  # more than a microsecond has would only cost time
        parts += timedelta(microseconds=int(digits) * unit * 10**6 // 10 ** len(digits))
    ahead = timedelta(
        hours=int(match["zone_hour"] or 0), minutes=int(match["zone_minute"] or 0)
    ) * (-1 if match["sign"] == "-" else 1)
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not year:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return (datetime(year, month, day, tzinfo=timezone(ahead)) + parts).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(time: datetime) -> str:
    """UTC, in whole seconds; fractions are cut off. Raises ValueError for a naive time."""
    if time.tzinfo is None:
        msg = "A time without a zone"
        raise ValueError(msg)
    utc = time.astimezone(UTC)
    return f"{utc.year:04}{utc:%m%d%H%M%S}Z"


def format_exact(time: datetime) -> str:
    """UTC, to the microsecond: for comparisons. Raises OverflowError outside the years."""
    utc = time.astimezone(UTC)
    fraction = f".{utc.microsecond:06}".rstrip("0") if utc.microsecond else ""
    return f"{utc.year:04}{utc:%m%d%H%M%S}{fraction}Z"


def parse_lock(text: str) -> datetime | None:
    """When a lock was set: `FOREVER` for a permanent one, None for no readable time."""
    if text.startswith("0000"):
        return FOREVER
    return parse_time(text)


def format_lock(time: datetime) -> str:
    """As `format_time`, but `FOREVER` is the permanent lock."""
    return PERMANENT_LOCK if time == FOREVER else format_time(time)
