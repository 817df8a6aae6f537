"""Spans of time as people type them: `90s`, `30m`, `8h`, `7d`."""

import re
from datetime import timedelta

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """Read a span. Raises typer.BadParameter, which ends the command with its usage."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text.strip().lower())
    if match is None:
        msg = f"{text!r} is no span of time, such as 90s, 30m, 8h or 7d"
        raise typer.BadParameter(msg)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
