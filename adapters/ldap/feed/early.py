"""What was read before the feed had told what led to it: a state machine without I/O.

What is read is as it is at that moment, while the tree is as the feed has told. Between the two
an entry may have been renamed: then a name in what was read is another entry's in the tree, and
what follows from it was told wrongly. That comes out when the feed tells of the renaming. So what
was read, and who was renamed meanwhile, is read once more as soon as the feed has come to the
moment of the reading.
"""

from collections.abc import Iterable, Set

_Moments = dict[bytes, float]


class Early:
    """Remembers readings until the feed has come to them; moments are of the monotonic clock."""

    def __init__(self) -> None:
        self._inner: _Moments = {}
        self._leaves: _Moments = {}
        self._doubted_inner: _Moments = {}
        self._doubted_leaves: _Moments = {}

    def read(self, inner: Iterable[bytes], leaves: Iterable[bytes], at: float) -> None:
        """These were read; of inner entries also what stands below."""
        self._inner.update(dict.fromkeys(inner, at))
        self._leaves.update(dict.fromkeys(leaves, at))

    def told(self, uuid: bytes, at: float, *, moved: bool) -> None:
        """The feed tells of an inner entry; `moved`: it was in another place."""
        every = (self._inner, self._leaves, self._doubted_inner, self._doubted_leaves)
        if any(every) and (moved or uuid in self._inner):
            self._doubted_inner |= self._inner
            self._doubted_leaves |= self._leaves
            # It may have left a place that was read, and what stands below it with it.
            self._doubted_inner[uuid] = at

    def due(self, at: float) -> tuple[Set[bytes], Set[bytes]]:
        """The inner entries and others to read again: all is told that was changed before `at`."""
        for known in (self._inner, self._leaves):
            _taken(known, at)
        return _taken(self._doubted_inner, at), _taken(self._doubted_leaves, at)


def _taken(moments: _Moments, before: float) -> Set[bytes]:
    taken = {uuid for uuid, at in moments.items() if at < before}
    for uuid in taken:
        del moments[uuid]
    return taken
