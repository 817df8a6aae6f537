"""What an examination says, one line each."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """The gateway works; something is slower, less safe, or not shown."""
    PROBLEM = "problem"
    """The gateway does not work as promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `ldif` are the changes that mend it, for ldapmodify."""

    level: Level
    subject: str
    detail: str
    ldif: str | None = None


def ok(subject: str, detail: str) -> Finding:
    """It is as it should be."""
    return Finding(level=Level.OK, subject=subject, detail=detail)


def warning(subject: str, detail: str, ldif: str | None = None) -> Finding:
    """It could be better."""
    return Finding(level=Level.WARNING, subject=subject, detail=detail, ldif=ldif)


def problem(subject: str, detail: str, ldif: str | None = None) -> Finding:
    """It must be mended."""
    return Finding(level=Level.PROBLEM, subject=subject, detail=detail, ldif=ldif)
