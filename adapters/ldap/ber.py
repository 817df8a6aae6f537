"""Reads a server's messages (RFC 4511, 5.1), of which lists have thousands, and writes elements.

Knows how elements are put together and what an entry looks like; what a result or a control
means is `answers.py`'s to know. All functions raise IndexError where octets end too early.
"""

from collections.abc import Iterator
from functools import lru_cache

ENTRY = 0x64
"""Tag of a SearchResultEntry (RFC 4511, 4.5.2): application, constructed, 4."""

REFERENCE = 0x73
"""Tag of a SearchResultReference (RFC 4511, 4.5.3)."""


def operation(message: bytes) -> tuple[int, int, int]:
    """Message id, tag of the operation, and where its element begins."""
    at, _ = content(message, 0)
    at, end = content(message, at)
    return int.from_bytes(message[at:end], "big"), message[end], end


def entry(octets: bytes, at: int) -> tuple[bytes, dict[str, tuple[bytes, ...]]]:
    """DN and attributes of the entry whose element begins there; names are in lower case.

    Raises:
        UnicodeDecodeError: an attribute's name is no ASCII.
    """
    at, _ = content(octets, at)
    at, end = content(octets, at)
    name = octets[at:end]
    attributes: dict[str, tuple[bytes, ...]] = {}
    at, last = content(octets, end)
    while at < last:
        at, next_attribute = content(octets, at)
        at, end = content(octets, at)
        described = _lower(octets[at:end])
        at, end = content(octets, end)
        values = []
        while at < end:
            at, next_value = content(octets, at)
            values.append(octets[at:next_value])
            at = next_value
        attributes[described] = tuple(values)
        at = next_attribute
    return name, attributes


def content(octets: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at that place begins and ends."""
    length = octets[at + 1]
    at += 2
    if length < 0x80:
        return at, at + length
    begin = at + (length & 0x7F)
    return begin, begin + int.from_bytes(octets[at:begin], "big")


def elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Tags and contents of the elements that stand one after the other."""
    at = 0
    while at < len(octets):
        begin, end = content(octets, at)
        if end > len(octets):
            raise IndexError(end)
        yield octets[at], octets[begin:end]
        at = end


def element(tag: int, content: bytes) -> bytes:
    """An element with that content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """The content of a number that is not negative."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


@lru_cache(maxsize=1024)
def _lower(octets: bytes) -> str:
    return octets.decode("ascii").lower()
