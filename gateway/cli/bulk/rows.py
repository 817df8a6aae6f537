"""A user as a row of a file, whatever the format."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Format(StrEnum):
    """The formats, by the usual endings of file names."""

    CSV = "csv"
    JSONL = "jsonl"
    LDIF = "ldif"


MEMBERS = (
    "email",
    "username",
    "first_name",
    "last_name",
    "display_name",
    "phone",
    "locale",
    "timezone",
    "status",
    "ou_path",
    "groups",
    "custom_attributes",
)
"""What an export writes, and an import reads."""

PASSWORD_MEMBERS = ("password", "require_password_change")
"""What an import reads, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One user of a file; `number` counts from 1. `ou_path` and `groups` are names, not ids.

    `problem` says why a row that can be read cannot be a user here.
    """

    number: int
    values: Mapping[str, Any]
    problem: str | None = None


class FileError(Exception):
    """The file cannot be read as what it is said to be; the message says where."""


def unknown(names: set[str], where: str) -> None:
    """Refuse members that mean nothing, rather than drop them. Raises FileError."""
    strange = sorted(names - {*MEMBERS, *PASSWORD_MEMBERS})
    if strange:
        raise FileError(f"{where}: unknown {', '.join(strange)}")
