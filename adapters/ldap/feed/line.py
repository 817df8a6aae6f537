"""One connection that follows the directory, from its first question until it breaks.

Blocking, for a thread of its own. Beside the search that goes on it asks the server now and
then for its own CSNs (`contextCSN`): an answer shows that the server is alive, and what of its
changes is still on the way.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.ldap import ber, filters, requests
from adapters.ldap.answers import UnreadableError, make_entry, read_answer
from adapters.ldap.dn import Dn
from adapters.ldap.errors import InsufficientAccess, LdapError, NoSuchObject, Unavailable
from adapters.ldap.feed.cookie import Csns, Position
from adapters.ldap.feed.events import Event
from adapters.ldap.feed.phases import Phases
from adapters.ldap.feed.sync import SYNC_REQUEST, Ended, read_message, sync_request
from adapters.ldap.pool import BrokenConnectionError, Deadline
from adapters.ldap.session import Session
from adapters.ldap.values import Entry, Scope

CONTEXT = "contextCSN"
_STARTED = "createTimestamp"
_SUBSCHEMA = Dn.parse("cn=Subschema")  # slapd gives it the time at which it started
_CHANGE = "entryCSN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What is followed: all entries from `base` down, the root of a database of the server."""

    base: Dn
    attributes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times, in seconds, and sizes.

    `compare` is how often the server's own CSNs are asked for; a server that says nothing for
    `silence`, or whose changes are so late, is given up. A listener that lets events wait for
    `patience` loses the connection, so that they do not pile up in the server instead.
    Between attempts are `first_pause`, then twice as much each time up to `longest_pause`, all
    of them shortened at random by up to a half. At most `batch` events or so come at once.
    """

    compare: float = 0.5
    silence: float = 5.0
    patience: float = 30.0
    first_pause: float = 0.1
    longest_pause: float = 10.0
    batch: int = 256


class Line:
    """The connection."""

    def __init__(self, session: Session, followed: Followed, pace: Pace) -> None:
        self._session = session
        self._followed = followed
        self._pace = pace
        self._question = requests.search(followed.base, Scope.BASE, filters.EVERYTHING, [CONTEXT])
        self._comparison = 0
        self._asked_at = 0.0
        self._context: Csns | None = None
        self._heard_at = self._told_at = time.monotonic()
        self._over: str | None = None

    def started(self, deadline: Deadline) -> str | None:
        """When the server started; None where it does not tell."""
        try:
            entry = self._read(_SUBSCHEMA, _STARTED, deadline)
        except (InsufficientAccess, NoSuchObject):
            return None
        return entry.text(_STARTED) if entry is not None else None

    def vouches(self, position: Position, started: str | None, deadline: Deadline) -> bool:
        """Whether the history of the server is the one that the position is in.

        A server that was restored from an older copy has lower CSNs, or, as soon as somebody
        has changed anything, higher ones, and would go on from a cookie of changes that it
        never made. So one that was started since has to show that it knows the cookie's last
        changes: by its own CSNs, or by an entry that nobody has changed afterwards.
        """
        known = position.csns
        context = context_of(self._read(self._followed.base, CONTEXT, deadline))
        if not context.reaches(known):
            return False
        if position.told_by(started):
            return True
        return bool(known) and all(
            context.by_sid[sid] == csn or self._has_change(csn, deadline)
            for sid, csn in known.by_sid.items()
        )

    def events(self, phases: Phases, cookie: bytes | None) -> Iterator[list[Event]]:
        """What changes, until the connection breaks; empty lists where there is nothing.

        Raises:
            BrokenConnectionError: it broke, or the server is silent, sends nonsense, or has
                ended the search.
        """
        request = requests.search(
            self._followed.base,
            Scope.SUBTREE,
            filters.EVERYTHING,
            self._followed.attributes,
            controls=[requests.critical_control(SYNC_REQUEST, sync_request(cookie))],
        )
        search = self._session.start(request, self._soon())
        while self._over is None:
            events = self._batch(search, phases)
            given = time.monotonic()
            yield events
            taken = time.monotonic() - given  # the server is not to blame for that
            self._heard_at += taken
            self._told_at += taken
            self._expect_changes(phases)
        raise BrokenConnectionError(self._over)

    def _batch(self, search: int, phases: Phases) -> list[Event]:
        """What the messages that have come mean.

        Whatever ends the connection amid them ends it after this batch: `phases` has it that
        these events were told.
        """
        events: list[Event] = []
        self._compare()
        message = self._message()
        while message is not None:
            try:
                events += self._meaning(message, search, phases)
            except (IndexError, ValueError, UnreadableError):
                self._over = "an answer is no LDAP message"
            except LdapError as error:
                self._over = str(error)
            if self._over is not None or len(events) >= self._pace.batch:
                break
            message = self._message() if self._session.waiting else None
        return events

    def _meaning(self, message: bytes, search: int, phases: Phases) -> Iterator[Event]:
        id_ = ber.operation(message)[0]
        if id_ == search:
            self._told_at = self._heard_at
            told = read_message(message)
            if isinstance(told, Ended):
                answer = told.answer
                self._over = f"the server ended the search: {answer.code} {answer.diagnostic}"
            if told is not None:
                yield from phases.receive(told)
        elif id_ == self._comparison:
            yield from self._compared(message, phases)
        else:  # zero is the server's good-bye (RFC 4511, 4.4.1)
            self._over = "the server ended the session"

    def _expect_changes(self, phases: Phases) -> None:
        """Changes that the server has made do arrive, or it has forgotten who listens."""
        late, now = phases.behind_since, time.monotonic()
        if late is not None and now - max(late, self._told_at) > self._pace.silence:
            raise BrokenConnectionError("changes do not arrive")

    def _message(self) -> bytes | None:
        try:
            message = self._session.receive(Deadline.after(self._pace.compare))
        except Unavailable:
            if time.monotonic() - self._heard_at > self._pace.silence:
                raise BrokenConnectionError("the server is silent") from None
            return None
        self._heard_at = time.monotonic()
        return message

    def _compare(self) -> None:
        """Ask for the server's CSNs, unless that is under way or was done just now."""
        now = time.monotonic()
        if not self._comparison and now - self._asked_at >= self._pace.compare:
            self._asked_at = now
            self._comparison = self._session.start(self._question, self._soon())

    def _compared(self, message: bytes, phases: Phases) -> Iterator[Event]:
        _, tag, at = ber.operation(message)
        if tag == ber.ENTRY:
            self._context = context_of(make_entry(*ber.entry(message, at)))
            return
        read_answer(message).check()
        context, self._context, self._comparison = self._context, None, 0
        if context:
            yield from phases.compare(context, self._asked_at)

    def _has_change(self, csn: str, deadline: Deadline) -> bool:
        request = requests.search(self._followed.base, Scope.SUBTREE, filters.eq(_CHANGE, csn), ())
        return bool(self._session.search(request, deadline, 0))

    def _read(self, dn: Dn, attribute: str, deadline: Deadline) -> Entry | None:
        request = requests.search(dn, Scope.BASE, filters.EVERYTHING, [attribute])
        found = self._session.search(request, deadline, 0)
        return found[0] if found else None

    def _soon(self) -> Deadline:
        return Deadline.after(self._pace.silence)


def context_of(entry: Entry | None) -> Csns:
    """The CSNs that the root of a database tells."""
    values = entry.get(CONTEXT) if entry is not None else ()
    return Csns.of(value.decode("ascii", "replace") for value in values)
