"""LDIF text (RFC 2849) to records and back.

Covers content records, which is what slapadd, slapcat and ldapsearch speak; change
records are read as records whose attributes are the change's lines.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WIDTH = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One LDIF record: a DN and the attribute values in the order of the text."""

    dn: str
    values: tuple[tuple[str, bytes], ...]

    def all(self, attribute: str) -> tuple[bytes, ...]:
        """Return the values of an attribute, whose name is compared without case."""
        wanted = attribute.lower()
        return tuple(value for name, value in self.values if name.lower() == wanted)

    def texts(self, attribute: str) -> tuple[str, ...]:
        """Return the values of an attribute as text."""
        return tuple(value.decode() for value in self.all(attribute))

    def text(self, attribute: str) -> str | None:
        """Return the first value of an attribute as text, or None if there is none."""
        return next(iter(self.texts(attribute)), None)


def parse(text: str) -> Iterator[Record]:
    """Yield the records of an LDIF text, without comments and version line.

    Raises:
        ValueError: a line is no LDIF, or a record does not begin with its DN.
    """
    block: list[tuple[str, bytes]] = []
    for line in [*_logical_lines(text), ""]:
        if line:
            block.append(_value(line))
            continue
        if block and block[0][0].lower() == "version":
            del block[0]
        if block:
            name, dn = block[0]
            if name.lower() != "dn":
                msg = f"An LDIF record begins with {name!r}, not with its dn"
                raise ValueError(msg)
            yield Record(dn=dn.decode(), values=tuple(block[1:]))
        block = []


def render(records: Iterable[Record]) -> str:
    """Write records as LDIF: folded lines, base64 where RFC 2849 wants it."""
    return "\n".join(
        "".join(
            line_of(name, value) for name, value in (("dn", record.dn.encode()), *record.values)
        )
        for record in records
    )


def line_of(name: str, value: bytes) -> str:
    """Write one attribute value, folded and with its end of line."""
    safe = (
        all(32 <= byte < 127 for byte in value)  # RFC 2849 lets more pass; editors do not
        and value[:1] not in (b" ", b":", b"<")
        and value[-1:] != b" "
    )
    line = f"{name}: {value.decode()}" if safe else f"{name}:: {base64.b64encode(value).decode()}"
    head, rest = line[:_WIDTH], line[_WIDTH:]
    folded = [rest[i : i + _WIDTH - 1] for i in range(0, len(rest), _WIDTH - 1)]
    return "\n ".join([head, *folded]) + "\n"


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines with their continuations joined; comments, folded or not, are dropped."""
    pending: str | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith(" ") and pending is not None:
            pending += line[1:]
            continue
        if pending is not None and not pending.startswith("#"):
            yield pending
        pending = line
    if pending is not None and not pending.startswith("#"):
        yield pending


def _value(line: str) -> tuple[str, bytes]:
    name, colon, rest = line.partition(":")
    if not colon:
        if line == "-":  # ends one modification of a change record
            return "-", b""
        msg = f"No LDIF: {line[:60]!r}"
        raise ValueError(msg)
    if rest.startswith(":"):
        return name, base64.b64decode(rest[1:].strip(), validate=True)
    return name, rest.lstrip(" ").encode()
