"""The rows of a mapping, made ready to read many entries.

What is the same for all entries is found out once: which attribute is read how, and what a field
is where the attribute is absent. An entry then costs as much as it has attributes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from adapters.ldap.codec import Reader, reader
from adapters.ldap.custom import FIELD, custom_reader
from adapters.ldap.places import word_in
from adapters.ldap.values import Entry
from gateway.domain.model import IdentitySource, ProviderType
from gateway.domain.status import UserStatus
from mappings.table import Field, ResourceMapping

_ENUMERATIONS: Mapping[str, type[StrEnum]] = {
    "identity_source": IdentitySource,
    "own_status": UserStatus,
    "type": ProviderType,
}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def entry_reader(
    rows: ResourceMapping, fields: Collection[str], texts: Collection[str]
) -> Callable[[Entry], dict[str, Any]]:
    """How these fields are read of an entry; what is absent is not there, or its default.

    `texts` are there in any case.
    """
    absent: dict[str, Any] = dict.fromkeys(texts, "")
    readers: dict[str, list[tuple[str, Reader]]] = {}
    for name, row in rows.fields.items():
        if name in fields:
            read = _field_reader(row)
            if (value := read(())) is not None:
                absent[name] = value
            readers.setdefault(row.attribute.lower(), []).append((name, read))
    absent.setdefault("created_at", _LONG_AGO)
    worded = [r for r in rows.fields.values() if r.required and r.words and r.name in fields]
    custom = custom_reader(rows.custom) if rows.custom is not None and FIELD in fields else None

    def reading(entry: Entry) -> dict[str, Any]:
        values = absent.copy()
        for attribute, octets in entry.attributes.items():
            for name, read in readers.get(attribute, ()):
                if (value := read(octets)) is not None:
                    values[name] = value
        if worded:
            _read_words(worded, entry, values)
        if custom is not None:
            values[FIELD] = custom(entry)
        return values

    return reading


def _read_words(rows: Iterable[Field], entry: Entry, values: dict[str, Any]) -> None:
    """What made an entry one of its kind, also a word in odd letters, or marked by a language."""
    for row in rows:
        if row.name not in values and (word := word_in(row, entry)) is not None:
            values[row.name] = _of_enumeration(row, word)


def _field_reader(row: Field) -> Reader:
    read = reader(row)
    if row.name not in _ENUMERATIONS:
        return read

    def enumerated(values: tuple[bytes, ...]) -> object:
        value = read(values)
        return None if value is None else _of_enumeration(row, str(value))

    return enumerated


def _of_enumeration(row: Field, word: str) -> str:
    enumeration = _ENUMERATIONS.get(row.name)
    return word if enumeration is None else enumeration(word)
