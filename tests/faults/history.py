"""What one writer has done to a tenant, and whether what somebody read fits to it."""

import threading
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """A user, as readers see it."""

    colour: str
    number: int
    locked: bool = False
    groups: frozenset[str] = frozenset()

    @property
    def display_name(self) -> str:
        """How it is called."""
        return f"{self.colour} {self.number}"

    @property
    def status(self) -> str:
        """What it may do."""
        return "LOCKED" if self.locked else "ACTIVE"


State = Mapping[str, Person]
"""The users of a tenant, by their names."""


class Question(Protocol):
    """Something to be read of a tenant."""

    @property
    def path(self) -> str:
        """Where, below the API's base, with the query."""
        ...

    @property
    def scim(self) -> bool:
        """Whether it is asked with the tenant's SCIM token."""
        ...

    def wrong(self, answer: Any, states: Sequence[State], unsure: frozenset[str]) -> str | None:
        """What cannot be read, as JSON or None for 404, from a tenant in one of these states.

        Where there are several, each part of an answer may come from another one: a directory
        has no snapshots. Nothing is known of the `unsure` users.
        """
        ...


class History:
    """The states that a tenant went through: one writer, one step after the other.

    Args:
        tenant_id: which tenant.
        base: its DN.
        headers: of a caller of SCIM.
        allowance: seconds after which a step has to be seen, since it was answered.
    """

    def __init__(
        self, tenant_id: str, base: str, headers: Mapping[str, str], allowance: float
    ) -> None:
        self.tenant_id = tenant_id
        self.base = base
        self.scim_headers = headers
        self.groups: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self._allowance = allowance
        self._states: list[State] = [{}]
        self._answered = [0.0]
        self._unsure: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    @property
    def now(self) -> State:
        """The state after the last step."""
        return self._states[-1]

    @property
    def steps(self) -> int:
        """How many were answered."""
        return len(self._answered) - 1

    def begin(self, state: State) -> None:
        """A step to that state is under way."""
        with self._lock:
            self._states.append(state)

    def done(self) -> None:
        """It was answered."""
        with self._lock:
            self._answered.append(time.monotonic())

    def failed(self, name: str) -> None:
        """Nobody knows whether it was done, or will be: that user is not looked at any more."""
        with self._lock:
            self._unsure |= {name}
            self._states[-1] = {n: p for n, p in self._states[-1].items() if n != name}
            self._answered.append(time.monotonic())

    def back_to(self, state: State) -> None:
        """The directory forgets what came after that state, and nobody reads meanwhile."""
        with self._lock:
            self._states, self._answered = [state], [0.0]

    def wrong(self, question: Question, began: float, seen: object) -> str | None:
        """What is wrong with what was read since `began`, as JSON."""
        with self._lock:
            unsure = self._unsure
            first = bisect_right(self._answered, began - self._allowance) - 1
            states = self._states[max(first, 0) :]
            numbers = f"steps {first} to {len(self._states) - 1}"
        wrong = question.wrong(seen, states, unsure)
        return wrong and f"{question.path}: {wrong} ({numbers})"
