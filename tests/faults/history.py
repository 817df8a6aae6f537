"""What one writer has done to a tenant, and whether what somebody read fits to it."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


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


State = Mapping[str, Person]
"""The users of a tenant, by their names."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be read of a tenant.

    Args:
        path: where, below the API's base, with the query.
        seen: what an answer's JSON says, None for 404; without the users that are left out.
        expected: what it should say in a state, likewise.
        about: the only user that it is about.
        scim: whether it is asked with the tenant's SCIM token.
    """

    path: str
    seen: Callable[[Any, frozenset[str]], object]
    expected: Callable[[State, frozenset[str]], object]
    about: str | None = None
    scim: bool = False


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
        if question.about in unsure:
            return None
        found = question.seen(seen, unsure)
        expected = [question.expected(state, unsure) for state in states]
        if found in expected:
            return None
        earlier = [
            len(self._states) - 1 - number
            for number, state in enumerate(reversed(self._states[: max(first, 0)]))
            if question.expected(state, unsure) == found
        ]
        return (
            f"{question.path}: {found!r}, not one of {expected!r} "
            f"(steps {first} to {first + len(states) - 1}; right at {earlier[:3]}; {unsure=})"
        )
