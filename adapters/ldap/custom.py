"""Custom attributes: in standard LDAP attributes where one exists, else as named JSON.

`name=<JSON value>`, the name percent-escaped (RFC 3986, 2.1), so that every name and every
JSON value comes back as it was.
"""

import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, unquote

from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.syntax import UnfitError, ia5_octets, telephone_octets, text_octets
from adapters.ldap.values import Entry
from gateway.domain.errors import invalid
from gateway.domain.model import JsonValue
from mappings.table import Codec, Custom

FIELD = "custom_attributes"
LARGEST = 64 * 1024
"""Octets of all custom attributes of an entry."""

_ENCODERS: Mapping[Codec, Callable[[object], bytes]] = {
    Codec.TEXT: text_octets,
    Codec.IA5: ia5_octets,
    Codec.TELEPHONE: telephone_octets,
}


def decode_custom(custom: Custom, entry: Entry) -> dict[str, JsonValue]:
    """The custom attributes of an entry, by name.

    A standard attribute wins over named JSON of the same name: an LDAP tool has set it. What
    refers to another entry is its DN here; whose id that is, a `Shape` knows.
    """
    return custom_reader(custom)(entry)


def custom_reader(custom: Custom) -> Callable[[Entry], dict[str, JsonValue]]:
    """How the custom attributes of an entry are read, for many entries."""
    named, standard = custom.attribute.lower(), [(name.lower(), name) for name in custom.standard]

    def read(entry: Entry) -> dict[str, JsonValue]:
        values: dict[str, JsonValue] = {}
        attributes = entry.attributes
        for octets in attributes.get(named, ()):
            name, equals, text = octets.decode("utf-8", "replace").partition("=")
            if equals:
                values.setdefault(unquote(name), _json(text))
        for key, name in standard:
            if held := attributes.get(key):
                values[name] = held[0].decode("utf-8", "replace")
        return values

    return read


def referring(custom: Custom | None) -> tuple[str, ...]:
    """The standard attributes that refer to other entries."""
    rows = custom.standard.items() if custom is not None else ()
    return tuple(name for name, row in rows if row.codec is Codec.REFERENCE)


def references(attributes: Iterable[str], entry: Entry) -> dict[str, Dn]:
    """The entries that such attributes refer to, by the names of these attributes."""
    found: dict[str, Dn] = {}
    for name in attributes:
        text = entry.text(name)
        if text is not None:
            with suppress(InvalidDn):
                found[name] = _named(text)
    return found


@lru_cache(maxsize=1024)
def _named(text: str) -> Dn:
    """Read a DN that many entries refer to, as a manager's."""
    return Dn.parse(text)


def name_in(field: str) -> str | None:
    """The name in `custom_attributes.<name>`, by which a field of a query is one of these."""
    first, dot, name = field.partition(".")
    return name if dot and first == FIELD else None


def only(custom: Custom | None, fields: Collection[str]) -> Custom | None:
    """As much of it as these fields need: all, some standard attributes, or nothing."""
    if custom is None or FIELD in fields:
        return custom
    names = {name for field in fields if (name := name_in(field)) is not None}
    standard = {name: row for name, row in custom.standard.items() if name in names}
    return replace(custom, standard=standard) if names else None


def opaque_name(octets: bytes) -> str | None:
    """The name that a value of the attribute for named JSON has; None where it has none."""
    name, equals, _ = octets.decode("utf-8", "replace").partition("=")
    return unquote(name) if equals else None


def encode_custom(custom: Custom, values: object) -> dict[str, tuple[str, bytes]]:
    """For each name the attribute that takes its value, and that value; null takes none.

    A text goes to the standard attribute of its name if that can hold it, and a DN to one that
    refers to other entries.

    Raises:
        Invalid: it is no JSON object, or too large.
    """
    if not isinstance(values, Mapping):
        raise invalid(FIELD, "is no object")
    homes = {
        name: _home(custom, name, value) for name, value in values.items() if value is not None
    }
    if sum(len(octets) for _, octets in homes.values()) > LARGEST:
        raise invalid(FIELD, f"is larger than {LARGEST // 1024} KiB")
    return homes


def _home(custom: Custom, name: str, value: object) -> tuple[str, bytes]:
    row = custom.standard.get(name)
    if row is not None and isinstance(value, Dn):
        return name, str(value).encode()
    if row is not None and row.codec in _ENCODERS and isinstance(value, str):
        try:
            return name, _ENCODERS[row.codec](value)
        except UnfitError:  # named JSON can hold it
            pass
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return custom.attribute, f"{quote(name, safe='')}={text}".encode()
    except UnicodeEncodeError:
        raise invalid(FIELD, "has characters that are no Unicode text") from None
    except (TypeError, ValueError, RecursionError):
        raise invalid(FIELD, "is no JSON value") from None


def _json(text: str) -> JsonValue:
    """The JSON value; what is none, because an LDAP tool wrote it, is shown as the text."""
    try:
        value: JsonValue = json.loads(text, parse_constant=_refuse, parse_float=_float)
    except (ValueError, RecursionError):
        return text
    return value


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
