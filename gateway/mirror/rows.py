"""Rows of a listing in their order: how they come together, how they move, and windows of them.

No step takes long, since whoever takes it serves others in between.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence

Row = tuple[bytes, str]
"""The member that stands for a resource (`gateway.mirror.keys`), and the text that a longer
search looks into: empty where the question is no text search."""


class Runs:
    """Rows that come in any order, sorted as they come.

    A run is joined with one before that is no longer. So none is sorted often, and the most is
    done before the last rows come.
    """

    def __init__(self) -> None:
        self._runs: list[list[Row]] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take in some."""
        run = sorted(rows)
        while self._runs and len(self._runs[-1]) <= len(run):
            run = self._runs.pop() + run
            run.sort()
        self._runs.append(run)

    def joined(self) -> list[Row]:
        """All rows in order, each once."""
        run: list[Row] = []
        while self._runs:
            run += self._runs.pop()
            run.sort()
        return list(dict.fromkeys(run))


def moved(rows: Sequence[Row], now: Mapping[str, Row | None]) -> list[Row]:
    """The rows, where some resources stand elsewhere now, or nowhere any more."""
    left: dict[int, set[bytes]] = {}
    for id_ in now:
        end = b"\0" + id_.encode()
        left.setdefault(len(end), set()).add(end)
    stay = list(rows)
    for length, ends in left.items():
        stay = [row for row in stay if row[0][-length:] not in ends]
    for row in now.values():
        if row is not None:
            insort(stay, row)
    return stay


def window(
    rows: Sequence[Row],
    *,
    offset: int,
    limit: int | None,
    seek: bytes | None = None,
    backwards: bool = False,
) -> Sequence[Row]:
    """Some rows: after `offset` of them, or so many away from a place, whether any stands there.

    With `backwards` they end right before the place, else they begin right after it.
    """
    if seek is not None and backwards:
        end = max(0, bisect_left(rows, seek, key=_member) - offset)
        return rows[0 if limit is None else max(0, end - limit) : end]
    start = offset if seek is None else bisect_right(rows, seek, key=_member) + offset
    return rows[start : None if limit is None else start + limit]


def _member(row: Row) -> bytes:
    return row[0]
