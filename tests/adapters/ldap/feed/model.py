"""A server of RFC 4533 in memory, and a listener that keeps what it is told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from adapters.ldap.answers import Answer
from adapters.ldap.dn import Dn
from adapters.ldap.feed.events import (
    Changed,
    Cookie,
    Event,
    Gone,
    OnlyThese,
    Refreshed,
    StartOver,
)
from adapters.ldap.feed.sync import Ended, Found, IdSet, Message, NewCookie, PhaseEnd, State
from adapters.ldap.values import Entry

VALUE = "description"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a server may answer a cookie; all of it is allowed by the RFC.

    `form`: a `delete` phase, a `present` phase, a present phase and then a delete phase
    (`both`), a `reload` of all entries, or `refuse` with e-syncRefreshRequired. `sets`: UUIDs
    come in sets, not each with an entry. `eager`: cookies also amid a phase.
    """

    form: str = "delete"
    sets: bool = True
    eager: bool = False
    initial_deletes: bool = True


@dataclass(slots=True)
class Server:
    """All changes it ever made, in order: a UUID and its new value, None for a deletion."""

    changes: list[tuple[bytes, int | None]] = field(default_factory=list)

    def csn(self, count: int | None = None) -> str:
        """The CSN after so many changes."""
        number = len(self.changes) if count is None else count
        return f"20260101000000.000000Z#{number:06x}#000#000000"

    def cookie(self, count: int | None = None) -> bytes:
        """The cookie after so many changes."""
        return f"rid=000,csn={self.csn(count)}".encode()

    def content(self, count: int | None = None) -> dict[bytes, int]:
        """What there is after so many changes."""
        there: dict[bytes, int] = {}
        for uuid, value in self.changes[:count]:
            there.pop(uuid, None)
            if value is not None:
                there[uuid] = value
        return there

    def refresh(self, cookie: bytes | None, manner: Manner) -> Iterator[Message]:
        """What it answers to a request."""
        now, end = self.content(), self.cookie()
        if cookie is None:
            yield from self._entries(now, manner)
            yield PhaseEnd(manner.initial_deletes, end)
            return
        known = int(cookie.split(b"#")[1], 16)
        changed = {uuid for uuid, _ in self.changes[known:]}
        gone = changed - now.keys()
        news = {uuid: value for uuid, value in now.items() if uuid in changed}
        if manner.form == "refuse":
            yield Ended(Answer(4096, "", "too old", {}))
        elif manner.form == "reload":
            yield from self._entries(now, manner)
            yield PhaseEnd(False, end)
        else:
            if manner.form != "delete":
                yield from self._names(now.keys() - changed, manner, State.PRESENT)
                if manner.form == "both":
                    yield from self._names(now.keys() & changed, manner, State.PRESENT)
                    yield PhaseEnd(False, self.cookie(known), done=False)
                yield from self._entries(news, manner)
            if manner.form != "present":
                yield from self._names(gone, manner, State.DELETE)
                yield from self._entries(news if manner.form == "delete" else {}, manner)
            yield PhaseEnd(manner.form != "present", end)

    def persist(self, told: int, manner: Manner) -> Iterator[Message]:
        """What it says of the changes after the first `told`, as they happen."""
        for number, (uuid, value) in enumerate(self.changes[told:], told + 1):
            cookie = self.cookie(number)
            if value is None and manner.sets:
                yield IdSet(True, (uuid,), cookie)
            elif value is None:
                yield found(State.DELETE, uuid, None, cookie)
            elif manner.eager:
                yield found(State.MODIFY, uuid, value)
                yield NewCookie(cookie)
            else:
                yield found(State.ADD, uuid, value, cookie)

    def _entries(self, entries: dict[bytes, int], manner: Manner) -> Iterator[Message]:
        for uuid, value in entries.items():
            yield found(State.ADD, uuid, value, self.cookie() if manner.eager else None)

    def _names(self, uuids: Iterable[bytes], manner: Manner, state: State) -> Iterator[Message]:
        cookie = self.cookie() if manner.eager else None
        if manner.sets:
            yield IdSet(state is State.DELETE, tuple(uuids), cookie)
            return
        for uuid in uuids:
            yield found(state, uuid, None, cookie)


@dataclass(slots=True)
class Listener:
    """What a listener holds, and what it has stored with its last cookie."""

    held: dict[bytes, int] = field(default_factory=dict)
    cookie: bytes | None = None
    stored: dict[bytes, int] = field(default_factory=dict)
    live: bool = False

    def take(self, events: Iterable[Event]) -> None:
        """Do what the events say."""
        for event in events:
            match event:
                case Changed(uuid, entry):
                    self.held[uuid] = int(entry.text(VALUE) or "")
                case Gone(uuid):
                    self.held.pop(uuid, None)
                case OnlyThese(uuids):
                    self.held = {u: value for u, value in self.held.items() if u in uuids}
                case Cookie(value):
                    self.cookie, self.stored = value, dict(self.held)
                case StartOver():
                    self.cookie, self.live = None, False
                case Refreshed():
                    self.live = True


def found(state: State, uuid: bytes, value: int | None, cookie: bytes | None = None) -> Found:
    """A message about an entry."""
    attributes = {} if value is None else {VALUE: (str(value).encode(),)}
    return Found(state, uuid, Entry(Dn.parse("cn=x"), attributes), cookie)


def cut(messages: Iterator[Message], after: int | None) -> Sequence[Message]:
    """The first so many; None: all."""
    listed = list(messages)
    return listed if after is None else listed[:after]
