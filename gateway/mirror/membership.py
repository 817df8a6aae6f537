"""What a changed resource means for a view: it enters, it leaves, it moves, or nothing."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.domain.model import Resource
from gateway.domain.predicate import Surroundings, predicate
from gateway.mirror.identity import View
from gateway.mirror.keys import member_of

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do to a view for one resource: a member goes, another one comes."""

    goes: bytes | None
    comes: bytes | None


def step(held: bytes | None, wanted: bytes | None) -> Step | None:
    """From the member that a resource has in a view to the one it should have; None: none.

    It may be asked again, and for changes that are seen late or twice: only the newest state
    of a resource counts.
    """
    return None if held == wanted else Step(held, wanted)


class Judge(Generic[R]):
    """Says where resources belong in a view, as the surroundings are at one moment.

    Resources may be parts, if they have the view's fields.
    """

    def __init__(self, view: View, around: Surroundings) -> None:
        self._matches = predicate(view.form.filter, around)
        self._sort = view.sort

    def member(self, item: R | None) -> bytes | None:
        """The member that stands for a resource; None: it is not in the view, or is no more."""
        if item is None or not self._matches(item):
            return None
        return member_of(self._sort, item)
