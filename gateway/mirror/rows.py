"""The members of a listing in their order: how they come together, move, and windows of them.

No step takes long, since whoever takes it serves others in between.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress, islice
from operator import ne


class Runs:
    """Members that come in any order, sorted as they come.

    A run is joined with one before that is no longer. So none is sorted often, and the most is
    done before the last ones come.
    """

    def __init__(self) -> None:
        self._runs: list[list[bytes]] = []

    def add(self, members: Iterable[bytes]) -> None:
        """Take in some."""
        run = sorted(members)
        while self._runs and len(self._runs[-1]) <= len(run):
            run = self._runs.pop() + run
            run.sort()
        self._runs.append(run)

    def joined(self) -> list[bytes]:
        """All of them in order, each once."""
        run: list[bytes] = []
        while self._runs:
            run += self._runs.pop()
            run.sort()
        return list(compress(run, map(ne, run, chain(islice(run, 1, None), (None,)))))


def moved(members: Sequence[bytes], now: Mapping[str, bytes | None]) -> list[bytes]:
    """The members, where some resources stand elsewhere now, or nowhere any more."""
    left: dict[int, set[bytes]] = {}
    for id_ in now:
        end = b"\0" + id_.encode()
        left.setdefault(len(end), set()).add(end)
    stay = list(members)
    for length, ends in left.items():
        stay = [member for member in stay if member[-length:] not in ends]
    for member in now.values():
        if member is not None:
            insort(stay, member)
    return stay


def window(
    members: Sequence[bytes],
    *,
    offset: int,
    limit: int | None,
    seek: bytes | None = None,
    backwards: bool = False,
) -> Sequence[bytes]:
    """Some members: after `offset` of them, or so many away from a place, if any stands there.

    With `backwards` they end right before the place, else they begin right after it.
    """
    if seek is not None and backwards:
        end = max(0, bisect_left(members, seek) - offset)
        return members[0 if limit is None else max(0, end - limit) : end]
    start = offset if seek is None else bisect_right(members, seek) + offset
    return members[start : None if limit is None else start + limit]
