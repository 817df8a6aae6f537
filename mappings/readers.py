"""How the values of a mapping's keys are read: one reader a key, strict about type and form."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from mappings.table import TEXTS, Codec, Standard, Values, Write

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+")
_RDN = re.compile(r"[A-Za-z][A-Za-z0-9-]*=[^,+\"\\<>;=\x00-\x1f]+")

Reader = Callable[[Any], Any]


class Unreadable(Exception):
    """A value is not what its key wants; the text says what it must be."""


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise Unreadable("must be a text, not empty")
    return value


def _attribute(value: Any) -> str:
    if not _ATTRIBUTE.fullmatch(text(value)):
        raise Unreadable("is no name of an attribute or class")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unreadable("must be true or false")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Unreadable("must be a number from 1")
    return value


def _scalar(value: Any) -> str | bool | int:
    if not isinstance(value, str | bool | int):
        raise Unreadable("must be a text, a number, true or false")
    return value


def _list(read: Callable[[Any], str]) -> Callable[[Any], tuple[str, ...]]:
    def reader(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Unreadable("must be a list")
        items = tuple(map(read, value))
        if len({item.lower() for item in items}) != len(items):
            raise Unreadable("says something twice")
        return items

    return reader


def _word(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    def reader(value: Any) -> StrEnum:
        if value not in list(kind):
            raise Unreadable(f"must be one of {', '.join(kind)}")
        return kind(value)

    return reader


def _rdn(value: Any) -> str:
    if not _RDN.fullmatch(text(value)):
        raise Unreadable("is no relative DN, such as ou=people")
    return str(value)


def _range(value: Any) -> tuple[int, int]:
    numbers = isinstance(value, list) and all(type(item) is int for item in value)
    if not numbers or len(value) != 2 or not 0 <= value[0] < value[1]:
        raise Unreadable("must be two numbers, the smaller one first")
    return value[0], value[1]


def _standard(value: Any) -> dict[str, Standard]:
    if not isinstance(value, dict):
        raise Unreadable("must be a table of attributes and codecs")
    return {_attribute(name): _standard_row(row) for name, row in value.items()}


def _standard_row(value: Any) -> Standard:
    """A codec alone, or a table of what there is to say."""
    row = value if isinstance(value, dict) else {"codec": value}
    if unknown := sorted(row.keys() - _STANDARD.keys()):
        raise Unreadable(f"has no {unknown[0]}; known are {', '.join(_STANDARD)}")
    return Standard(**{key: _STANDARD[key](given) for key, given in row.items()})


def _standard_codec(value: Any) -> Codec:
    known = (*TEXTS, Codec.REFERENCE)
    if value not in known:
        raise Unreadable(f"must be one of {', '.join(known)}")
    return Codec(value)


_STANDARD: Mapping[str, Reader] = {"codec": _standard_codec, "filter": _flag, "scim": text}


ROW: Mapping[str, Reader] = {
    "attribute": _attribute,
    "codec": _word(Codec),
    "values": _word(Values),
    "write": _word(Write),
    **dict.fromkeys(
        (
            *("required", "unique", "sort", "search", "filter"),
            *("secret", "auxiliary", "case_exact"),
        ),
        _flag,
    ),
    "max_length": _number,
    "default": _scalar,
    "first_of": _list(text),
    "random_integer": _range,
    "words": _list(text),
    "standard": _standard,
}
"""Keys of rows; those not named here are texts."""

TOP: Mapping[str, Reader] = {
    "rdn": text,
    "container": _list(_rdn),
    "recognise": _attribute,
    "object_classes": _list(_attribute),
    "auxiliary": _attribute,
    "demands": _list(_attribute),
    "members": _attribute,
}
"""Keys of a resource itself."""
