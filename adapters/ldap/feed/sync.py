"""The messages of the Content Synchronization Operation (RFC 4533, section 2), read and written.

Knows their octets; what follows from their order is `phases.py`'s to know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from adapters.ldap import ber
from adapters.ldap.answers import Answer, UnreadableError, make_entry, read_answer
from adapters.ldap.values import Entry

SYNC_REQUEST = "1.3.6.1.4.1.4203.1.9.1.1"
SYNC_STATE = b"1.3.6.1.4.1.4203.1.9.1.2"
SYNC_DONE = "1.3.6.1.4.1.4203.1.9.1.3"
SYNC_INFO = b"1.3.6.1.4.1.4203.1.9.1.4"

_DONE, _INTERMEDIATE = 0x65, 0x79
_SEQUENCE, _OCTETS, _ENUMERATED, _BOOLEAN, _SET, _CONTROLS = 0x30, 0x04, 0x0A, 0x01, 0x31, 0xA0
_INFO_NAME, _INFO_VALUE = 0x80, 0x81
_NEW_COOKIE, _REFRESH_DELETE, _REFRESH_PRESENT, _ID_SET = 0x80, 0xA1, 0xA2, 0xA3
_REFRESH_AND_PERSIST = b"\x0a\x01\x03"
_UUID_LENGTH = 16


class State(IntEnum):
    """What a message says of its entry (2.3)."""

    PRESENT = 0
    ADD = 1
    MODIFY = 2
    DELETE = 3


@dataclass(frozen=True, slots=True)
class Found:
    """An entry with its Sync State control; `entry` has no attributes where nothing changed."""

    state: State
    uuid: bytes
    entry: Entry
    cookie: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewCookie:
    """Sync Info `newcookie`."""

    cookie: bytes


@dataclass(frozen=True, slots=True)
class PhaseEnd:
    """Sync Info `refreshDelete` or `refreshPresent`: the end of a phase of that form."""

    deletes: bool
    cookie: bytes | None = None
    done: bool = True


@dataclass(frozen=True, slots=True)
class IdSet:
    """Sync Info `syncIdSet`: entries that are gone, or that are there unchanged."""

    deletes: bool
    uuids: tuple[bytes, ...]
    cookie: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of the search, with its result."""

    answer: Answer


Message = Found | NewCookie | PhaseEnd | IdSet | Ended


def sync_request(cookie: bytes | None) -> bytes:
    """The value of the Sync Request control (2.2), for refresh and persist.

    Without a reload hint, which would have a server reload rather than tell that the cookie
    is of no use any more: a reload is told apart from what it follows on.
    """
    content = _REFRESH_AND_PERSIST
    if cookie is not None:
        content += _element(_OCTETS, cookie)
    return _element(_SEQUENCE, content)


def read_message(octets: bytes) -> Message | None:
    """The message; None for one that says nothing, such as a reference to another server.

    Raises:
        UnreadableError: it is no message of this operation.
    """
    try:
        _, tag, at = ber.operation(octets)
        if tag == ber.ENTRY:
            return _found(octets, at)
        if tag == _INTERMEDIATE:
            return _info(octets, at)
        return Ended(read_answer(octets)) if tag == _DONE else None
    except (IndexError, ValueError) as error:
        raise UnreadableError("a message is none of synchronization") from error


def _found(octets: bytes, at: int) -> Found:
    _, end = ber.content(octets, at)
    for tag, controls in ber.elements(octets[end:]):
        if tag != _CONTROLS:
            continue
        for _, control in ber.elements(controls):
            (_, oid), *_, (_, value) = ber.elements(control)
            if oid == SYNC_STATE:
                ((_, content),) = ber.elements(value)
                (_, state), (_, uuid), *rest = ber.elements(content)
                entry = make_entry(*ber.entry(octets, at))
                told = State(int.from_bytes(state, "big"))
                return Found(told, _uuid(uuid), entry, rest[0][1] if rest else None)
    raise ValueError("an entry without its state")


def _info(octets: bytes, at: int) -> Message | None:
    begin, end = ber.content(octets, at)
    parts: Mapping[int, bytes] = dict(ber.elements(octets[begin:end]))
    if parts.get(_INFO_NAME) != SYNC_INFO:
        return None
    ((tag, content),) = ber.elements(parts.get(_INFO_VALUE, b""))
    if tag == _NEW_COOKIE:
        return NewCookie(content)
    fields = dict(ber.elements(content))
    cookie, flag = fields.get(_OCTETS), fields.get(_BOOLEAN)
    if tag == _ID_SET:
        uuids = tuple(_uuid(uuid) for _, uuid in ber.elements(fields[_SET]))
        return IdSet(flag is not None and any(flag), uuids, cookie)
    if tag in (_REFRESH_DELETE, _REFRESH_PRESENT):
        return PhaseEnd(tag == _REFRESH_DELETE, cookie, flag is None or any(flag))
    return None


def _uuid(octets: bytes) -> bytes:
    if len(octets) != _UUID_LENGTH:
        raise ValueError("no UUID")
    return octets


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
