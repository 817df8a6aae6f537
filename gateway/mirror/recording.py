"""What an answer is made of: noted while it is made, so that it can be kept until that changes.

Whoever reads from the mirror notes what it relies on; whoever reads from somewhere else notes
that the answer cannot be kept. Without a recording under way both do nothing.
"""

import time
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
    """What one answer relies on.

    Attributes:
        began: by the monotonic clock; nothing that it notes was read before.
        interests: whose changes concern it.
        keepable: whether all that it relies on is told of when it changes.
        until: when the clock changes it; None: never.
    """

    __slots__ = ("began", "interests", "keepable", "until")

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.interests: set[Interest] = set()
        self.keepable = True
        self.until: datetime | None = None

    def include(self, other: "Recording") -> None:
        """Rely on all that another one does, too."""
        self.began = min(self.began, other.began)
        self.interests |= other.interests
        self.keepable = self.keepable and other.keepable
        if other.until is not None:
            self.end(other.until)

    def end(self, until: datetime) -> None:
        """Rely on the clock being before that."""
        self.until = until if self.until is None else min(self.until, until)


_current: ContextVar[Recording | None] = ContextVar("mirror_recording", default=None)


@contextmanager
def recording(*, apart: bool = False) -> Iterator[Recording]:
    """Note what is read within the block, in this task, and in tasks that it starts.

    Whatever is recorded around the block relies on it, too, unless it is `apart`.
    """
    made, around = Recording(), _current.get()
    token = _current.set(made)
    try:
        yield made
    finally:
        _current.reset(token)
        if around is not None and not apart:
            around.include(made)


def rely_as(other: Recording) -> None:
    """Note that the answer relies on a value that was made while that was recorded, and kept.

    It has been true up to now.
    """
    made = _current.get()
    if made is not None:
        began = made.began
        made.include(other)
        made.began = began


def rely_on(interest: Interest, until: datetime | None = None) -> None:
    """Note that the answer relies on these, and on the clock being before `until`."""
    made = _current.get()
    if made is not None:
        made.interests.add(interest)
        if until is not None:
            made.end(until)


def rely_until(until: datetime) -> None:
    """Note that the answer relies on the clock being before `until`."""
    made = _current.get()
    if made is not None:
        made.end(until)


def not_to_keep() -> None:
    """Note that the answer relies on what nobody will tell of when it changes."""
    made = _current.get()
    if made is not None:
        made.keepable = False
