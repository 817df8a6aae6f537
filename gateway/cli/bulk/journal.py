"""How far an import came: a line when a row is begun, another when it is done.

So a second run goes on where the first was cut off: what is done is passed over, what was only
begun may be there half, and is completed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from gateway.cli.bulk.rows import FileError


class State(StrEnum):
    """What was written about a row."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    """Nothing was written for it, so a later run takes it as if for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What earlier runs came to, by the numbers of rows."""

    begun: frozenset[int] = frozenset()
    done: frozenset[int] = frozenset()


class Journal:
    """A file beside the imported one. It belongs to that file's content and to one tenant."""

    def __init__(self, imported: Path, tenant_id: str) -> None:
        self.path = imported.with_name(f"{imported.name}.journal")
        self._head = {"content": _digest(imported), "tenant_id": tenant_id}
        self._file: TextIO | None = None

    def read(self) -> Progress:
        """Which rows were begun, and which are done.

        Raises:
            FileError: the journal is another file's, or another tenant's.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return Progress()
        entries = list(_whole(lines))
        if not entries or entries[0] != self._head:
            raise FileError(
                f"{self.path} tells of an import of other content, or into another tenant: "
                "finish that one, or start anew with --restart"
            )
        last = {int(entry["row"]): entry["state"] for entry in entries[1:]}
        return Progress(
            begun=frozenset(row for row, state in last.items() if state == State.BEGUN),
            done=frozenset(row for row, state in last.items() if state == State.DONE),
        )

    def forget(self) -> None:
        """Start anew; also when all is done."""
        self.close()
        self.path.unlink(missing_ok=True)

    def add(self, row: int, state: State) -> None:
        """Remember a row's state, whatever happens to this process afterwards."""
        if self._file is None:
            self._file = self._open()
        self._write({"row": row, "state": state})

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> TextIO:
        new = not self.path.exists()
        self._file = self.path.open("a", encoding="utf-8")
        if new:
            self._write(self._head)
        return self._file

    def _write(self, entry: Mapping[str, object]) -> None:
        if self._file is None:
            raise FileError(f"{self.path} is not open")
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


def _whole(lines: Iterable[str]) -> Iterable[dict[str, str]]:
    """The entries; a last line that a crash has cut off is none."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()
