"""What an answer is made of: noted while it is made, so that it can be kept until that changes.

Whoever reads from the mirror notes what it relies on; whoever reads from somewhere else notes
that the answer cannot be kept. Without a recording under way both do nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.ids import Kind
from gateway.ports.news import EVERYTHING, Told


@dataclass(frozen=True, slots=True)
class Interest:
    """Some resources of one kind in one tenant.

    Args:
        tenant_id: whose they are.
        kind: which kind.
        ids: any change of these concerns the answer.
        fields: a change of any of these concerns it, whosever it is; None: every change does.
    """

    tenant_id: str
    kind: Kind
    ids: frozenset[str] = frozenset()
    fields: frozenset[str] | None = frozenset()

    def concerned(self, told: Told) -> bool:
        """Whether these changes concern it."""
        if told.kind is not self.kind or told.tenant_id != self.tenant_id:
            return False
        if self.fields is None or not self.ids.isdisjoint(told.changed):
            return True
        return bool(self.fields) and any(
            EVERYTHING in names or not self.fields.isdisjoint(names)
            for names in told.changed.values()
        )


class Recording:
    """What one answer relies on."""

    __slots__ = ("interests", "keepable", "until")

    def __init__(self) -> None:
        self.interests: set[Interest] = set()
        self.keepable = True
        self.until: datetime | None = None


_current: ContextVar[Recording | None] = ContextVar("mirror_recording", default=None)


@contextmanager
def recording() -> Iterator[Recording]:
    """Note what is read within the block, in this task."""
    made = Recording()
    token = _current.set(made)
    try:
        yield made
    finally:
        _current.reset(token)


def rely_on(interest: Interest, until: datetime | None = None) -> None:
    """Note that the answer relies on these, and on the clock being before `until`."""
    made = _current.get()
    if made is not None:
        made.interests.add(interest)
        if until is not None:
            made.until = until if made.until is None else min(made.until, until)


def not_to_keep() -> None:
    """Note that the answer relies on what nobody will tell of when it changes."""
    made = _current.get()
    if made is not None:
        made.keepable = False
