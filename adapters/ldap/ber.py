"""Reads entries out of LDAP messages, quickly: lists have thousands of them.

Knows the one message that a search answers with for each entry, SearchResultEntry (RFC 4511,
4.5.2); all others are ldap3's work.
"""

from functools import lru_cache

ENTRY = 0x64
"""Tag of a SearchResultEntry: application, constructed, 4."""


def operation(message: bytes) -> tuple[int, int, int]:
    """Message id, tag of the operation, and where its content begins. Raises IndexError."""
    at, _ = _content(message, 0)
    at, end = _content(message, at)
    inside, _ = _content(message, end)
    return int.from_bytes(message[at:end], "big"), message[end], inside


def inside(element: bytes) -> int:
    """Where the content of an element begins. Raises IndexError."""
    return _content(element, 0)[0]


def entry(message: bytes, at: int) -> tuple[bytes, dict[str, tuple[bytes, ...]]]:
    """DN and attributes of the entry whose content begins there; names are in lower case.

    Raises:
        IndexError: the message ends too early.
        UnicodeDecodeError: an attribute's name is no ASCII.
    """
    at, end = _content(message, at)
    name = message[at:end]
    attributes: dict[str, tuple[bytes, ...]] = {}
    at, last = _content(message, end)
    while at < last:
        at, next_attribute = _content(message, at)
        at, end = _content(message, at)
        described = _lower(message[at:end])
        at, end = _content(message, end)
        values = []
        while at < end:
            at, next_value = _content(message, at)
            values.append(message[at:next_value])
            at = next_value
        attributes[described] = tuple(values)
        at = next_attribute
    return name, attributes


def _content(message: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at that place begins and ends."""
    length = message[at + 1]
    at += 2
    if length < 0x80:
        return at, at + length
    begin = at + (length & 0x7F)
    return begin, begin + int.from_bytes(message[at:begin], "big")


@lru_cache(maxsize=1024)
def _lower(octets: bytes) -> str:
    return octets.decode("ascii").lower()
