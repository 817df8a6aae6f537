"""How a field's value looks in its attribute, both ways, as its row in the mapping says.

Reading never fails: what an LDAP tool has written and nobody understands reads as absent, so
that one odd value breaks no page. Writing refuses what LDAP cannot hold, and names the field.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from adapters.ldap.custom import decode_custom
from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.syntax import UnfitError, ia5_octets, telephone_octets, text_octets
from adapters.ldap.times import format_lock, format_time, parse_lock, parse_time
from adapters.ldap.values import Entry
from gateway.domain.errors import invalid
from gateway.domain.model import FederatedIdentity
from mappings.table import SEVERAL, TEXTS, Codec, Field, ResourceMapping, Values

_LINK = re.compile(
    r"(?P<provider>idp_[0-9a-f]{32}) (?P<time>\S+) (?P<rank>primary|secondary) (?P<external>.+)",
    re.DOTALL,
)


Reader = Callable[[tuple[bytes, ...]], object]
"""Makes a field's value of all values of its attribute."""


def decode_fields(mapping: ResourceMapping, entry: Entry) -> dict[str, object]:
    """All fields of an entry that were asked for; absent ones are None, or their default.

    Fields with many values are tuples; `custom_attributes` is there where the mapping has them.
    """
    values: dict[str, object] = {
        name: decode(row, entry.get(row.attribute)) for name, row in mapping.fields.items()
    }
    if mapping.custom is not None:
        values["custom_attributes"] = decode_custom(mapping.custom, entry)
    return values


def decode(row: Field, values: tuple[bytes, ...]) -> object:
    """A field's value from the values of its attribute."""
    return reader(row)(values)


def reader(row: Field) -> Reader:
    """How the values of an attribute are read, for many entries."""
    one = _reader_of_one(row)
    if row.values in SEVERAL:
        first = 1 if row.values is Values.FURTHER else 0

        def several(values: tuple[bytes, ...]) -> tuple[object, ...]:
            read = [one(value) for value in values[first:]]
            return tuple([value for value in read if value is not None])

        return several

    default = row.default

    def single(values: tuple[bytes, ...]) -> object:
        value = one(values[0]) if values else None
        return default if value is None else value

    return single


def encode(row: Field, value: object) -> tuple[bytes, ...]:
    """The values of the attribute: none for None and for the default.

    Raises:
        Invalid: LDAP cannot hold it, or it would read back as something else.
    """
    if value is None or (row.default is not None and value == row.default):
        if row.required:
            raise invalid(row.name, "must not be empty", "missing")
        return (row.placeholder.encode(),) if row.placeholder is not None else ()
    try:
        if row.values in SEVERAL:
            if not isinstance(value, Iterable) or isinstance(value, str | bytes):
                raise UnfitError("is no list")
            return tuple(dict.fromkeys(_encode_one(row, item) for item in value))
        return (_encode_one(row, value),)
    except UnfitError as error:
        raise invalid(row.name, str(error)) from error


def _reader_of_one(row: Field) -> Callable[[bytes], object | None]:
    if row.codec is Codec.OPAQUE:
        return _same
    read = partial(_word, row=row) if row.codec is Codec.ENUM else _DECODERS[row.codec]
    placeholder = row.placeholder
    if placeholder is None:
        if row.codec in TEXTS:
            return _text
        return lambda octets: read(_text(octets))

    def unless_placeholder(octets: bytes) -> object | None:
        text = _text(octets)
        return None if text.strip(" ") == placeholder else read(text)

    return unless_placeholder


def _same(octets: bytes) -> bytes:
    return octets


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _word(text: str, row: Field) -> str | None:
    return word if text.isascii() and (word := text.strip(" ").upper()) in row.words else None


def _boolean(text: str) -> bool | None:
    return {"TRUE": True, "FALSE": False}.get(text.upper())


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else None


def _dn(text: str) -> Dn | None:
    try:
        return Dn.parse(text)
    except InvalidDn:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _link(text: str) -> FederatedIdentity | None:
    match = _LINK.fullmatch(text)
    linked_at = parse_time(match["time"]) if match else None
    if not match or linked_at is None:
        return None
    return FederatedIdentity(
        identity_provider_id=match["provider"],
        external_id=match["external"],
        linked_at=linked_at,
        primary=match["rank"] == "primary",
    )


_DECODERS: Mapping[Codec, Callable[[str], object | None]] = {
    Codec.TEXT: str,
    Codec.IA5: str,
    Codec.TELEPHONE: str,
    Codec.BOOLEAN: _boolean,
    Codec.INTEGER: _integer,
    Codec.TIME: parse_time,
    Codec.LOCK: parse_lock,
    Codec.REFERENCE: _dn,
    Codec.UUID: _uuid,
    Codec.LINK: _link,
}


def _encode_one(row: Field, value: object) -> bytes:
    if row.codec is Codec.ENUM:
        if str(value) not in row.words:
            raise UnfitError(f"is none of {', '.join(row.words)}")
        return str(value).encode()
    octets = _ENCODERS[row.codec](value)
    if isinstance(value, str):
        if len(value) > row.max_length:
            raise UnfitError(f"is longer than {row.max_length} characters")
        if value.strip(" ") == row.placeholder:
            raise UnfitError("stands for an absent value in the directory")
    return octets


def _typed(kind: type, noun: str, write: Callable[[object], str]) -> Callable[[object], bytes]:
    def encoder(value: object) -> bytes:
        if type(value) is not kind:
            raise UnfitError(f"is no {noun}")
        return write(value).encode()

    return encoder


def _time(write: Callable[[datetime], str]) -> Callable[[object], bytes]:
    def encoder(value: object) -> bytes:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise UnfitError("is no time with a zone")
        return write(value).encode()

    return encoder


def _link_octets(value: object) -> bytes:
    if not isinstance(value, FederatedIdentity):
        raise UnfitError("is no link")
    external = text_octets(value.external_id).decode()
    rank = "primary" if value.primary else "secondary"
    written = f"{value.identity_provider_id} {format_time(value.linked_at)} {rank} {external}"
    if not _LINK.fullmatch(written):
        raise UnfitError("is no link")
    return written.encode()


def _opaque(value: object) -> bytes:
    if not isinstance(value, bytes) or not value:
        raise UnfitError("is no octets")
    return value


_ENCODERS: Mapping[Codec, Callable[[object], bytes]] = {
    Codec.TEXT: text_octets,
    Codec.IA5: ia5_octets,
    Codec.TELEPHONE: telephone_octets,
    Codec.BOOLEAN: _typed(bool, "boolean", lambda value: "TRUE" if value else "FALSE"),
    Codec.INTEGER: _typed(int, "number", str),
    Codec.TIME: _time(format_time),
    Codec.LOCK: _time(format_lock),
    Codec.REFERENCE: _typed(Dn, "name of an entry", str),
    Codec.UUID: _typed(UUID, "UUID", str),
    Codec.LINK: _link_octets,
    Codec.OPAQUE: _opaque,
}
