"""Whether the directory has mended the names of members: a state machine without I/O.

slapd's refint overlay changes the groups that name a renamed entry some time after the change,
silently: they have no new version, and are not told. Until it has, they name nobody. So a group
that names nobody was perhaps read too early, and is read again until it names somebody or has
named the same for so long that nobody is going to mend it.
"""

from collections.abc import Set

PATIENCE = 10.0
"""Seconds in which the directory mends names."""


class Mending:
    """Remembers since when groups have named nobody."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._since: dict[str, tuple[float, Set[bytes]]] = {}

    def is_done(self, group_id: str, nobody: Set[bytes], now: float) -> bool:
        """Whether a group that names these, whom no entry is called by, will go on so.

        `now` in seconds, by a clock that never goes back.
        """
        if not nobody:
            self._since.pop(group_id, None)
            return True
        since, before = self._since.get(group_id, (now, frozenset()))
        if not nobody <= before:
            since = now
        self._since[group_id] = since, nobody
        return now - since >= self._patience
