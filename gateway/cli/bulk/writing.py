"""From users to files that an import reads back."""

import csv
import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from adapters.ldap.ldif import Record, line_of
from gateway.cli.bulk.rows import MEMBERS
from gateway.domain.model import User


def members(user: User, groups: Iterable[str]) -> dict[str, Any]:
    """A user as an import reads it; absent values are left out."""
    values: dict[str, Any] = {name: getattr(user, name, None) for name in MEMBERS}
    values["groups"] = sorted(groups)
    values["custom_attributes"] = dict(user.custom_attributes)
    values["status"] = str(user.status)
    return {name: value for name, value in values.items() if value not in (None, [], {})}


class CsvWriter:
    """One line a user, after the names of the columns; lists and objects as JSON."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.DictWriter(file, MEMBERS, lineterminator="\n")
        self._writer.writeheader()

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one user."""
        self._writer.writerow({name: _cell(value) for name, value in values.items()})


class JsonLinesWriter:
    """One JSON object a line and user."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, values: Mapping[str, Any]) -> None:
        """Write one user."""
        self._file.write(json.dumps(values, ensure_ascii=False) + "\n")


def write_record(file: TextIO, record: Record) -> None:
    """Write one LDIF record, with a blank line after it."""
    lines = [("dn", record.dn.encode()), *record.values]
    file.write("".join(line_of(name, value) for name, value in lines) + "\n")


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
