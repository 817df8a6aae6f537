"""From the messages of RFC 4533 to what has changed: a state machine without I/O.

A refresh tells what was missed in one of two forms (RFC 4533, 3.3.2): a present phase names all
that is there, so that the rest is gone; a delete phase names what is gone. After it, changes
come as they happen. A connection can be lost after any message: cookies are only told once all
that they stand for was told.
"""

from collections.abc import Iterator

from adapters.ldap.feed.cookie import Csns, Position, advanced
from adapters.ldap.feed.events import (
    Changed,
    Cookie,
    Current,
    Event,
    Gone,
    OnlyThese,
    Refreshed,
    StartOver,
)
from adapters.ldap.feed.sync import Ended, Found, IdSet, Message, NewCookie, PhaseEnd, State

_REFRESH_REQUIRED = 4096  # RFC 4533, 2.6
_UNWILLING = 53  # slapd's answer to a cookie of changes that it has never made


class Phases:
    """Where one is in following a directory; for one reader, over any number of connections."""

    def __init__(self, kept: bytes | None) -> None:
        position = Position.parse(kept) if kept is not None else None
        self._told = position.cookie if position is not None else None
        self._cookie = self._told
        self._started = position.started if position is not None else None
        self._goal: tuple[float, Csns] | None = None
        self._present: set[bytes] = set()
        self._whole = False
        self.live = False

    @property
    def position(self) -> Position | None:
        """The last one that was told; None before the first."""
        return Position(self._told, self._started) if self._told is not None else None

    @property
    def behind_since(self) -> float | None:
        """The earliest moment of whose changes some are missing; None where none are known to."""
        return self._goal[0] if self._goal is not None else None

    def begin(self, started: str | None) -> bytes | None:
        """Begin on a new connection, with a server that was started then.

        Returns the cookie to ask with, None to ask for all entries.
        """
        self._started = started
        self._cookie = self._told
        self._whole = self._told is None
        self._goal = None
        self._present = set()
        self.live = False
        return self._told

    def start_over(self, reason: str) -> Iterator[Event]:
        """Forget where one was: the next `begin` asks for all entries."""
        self._told = None
        self.live = False
        yield StartOver(reason)

    def receive(self, message: Message) -> Iterator[Event]:
        """What a message means; all of it has to be taken before the next message."""
        match message:
            case Found():
                yield from self._found(message)
                yield from self._advance(message.cookie)
            case IdSet():
                yield from self._named(message)
                yield from self._advance(message.cookie)
            case NewCookie():
                yield from self._advance(message.cookie)
            case PhaseEnd():
                yield from self._phase_ended(message)
            case Ended(answer):
                forgotten = answer.code == _REFRESH_REQUIRED
                if forgotten or (answer.code == _UNWILLING and self._told is not None):
                    yield from self.start_over(answer.diagnostic or f"result {answer.code}")

    def compare(self, context: Csns, at: float) -> Iterator[Event]:
        """Hold the server's own CSNs, asked for at that moment, against what was told.

        Answers overtake changes on their way: what is not reached yet is held against each
        cookie that follows, and what was not reached before goes first.
        """
        if self.live:
            self._goal = self._goal or (at, context)
            yield from self._reached()

    def _found(self, message: Found) -> Iterator[Event]:
        if message.state is State.DELETE:
            self._present.discard(message.uuid)
            yield Gone(message.uuid)
            return
        if not self.live:
            self._present.add(message.uuid)
        if message.state is not State.PRESENT:
            yield Changed(message.uuid, message.entry)

    def _named(self, message: IdSet) -> Iterator[Event]:
        if message.deletes:
            self._present.difference_update(message.uuids)
            yield from map(Gone, message.uuids)
        elif not self.live:
            self._present.update(message.uuids)

    def _phase_ended(self, message: PhaseEnd) -> Iterator[Event]:
        if self.live:
            yield from self._advance(message.cookie)
            return
        # Who asked without a cookie is told all entries, in whatever form that ends.
        if self._whole or not message.deletes:
            yield OnlyThese(self._present)
        self._present = set()
        self._whole = False
        # Cookies from amid a phase may stand for what only a later phase tells.
        if message.cookie is not None:
            self._cookie = advanced(self._told, message.cookie)
        if message.cookie is not None or message.done:
            yield from self._tell()
        if message.done:
            self.live = True
            yield Refreshed()

    def _advance(self, cookie: bytes | None) -> Iterator[Event]:
        if cookie is None:
            return
        self._cookie = advanced(self._cookie, cookie)
        if self.live:
            yield from self._tell()
            yield from self._reached()

    def _tell(self) -> Iterator[Event]:
        if self._cookie is not None:
            self._told = self._cookie
            yield Cookie(Position(self._cookie, self._started).octets())

    def _reached(self) -> Iterator[Event]:
        if self._goal is not None and Csns.parse(self._told or b"").reaches(self._goal[1]):
            at, self._goal = self._goal[0], None
            yield Current(at)
