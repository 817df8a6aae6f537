"""In which form this program keeps documents: two that differ never read each other's.

The form follows from the mappings (what an attribute means), from the fields of the resources,
and from a number for what neither of them tells. Texts are kept as they are compared, so it
also follows from the version of Unicode.
"""

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Final
from unicodedata import unidata_version

from gateway.domain.model import FederatedIdentity, Resource
from mappings.table import Mappings

_NUMBER: Final = 3
"""Counts the ways in which documents, briefs, look-up keys and members were written."""


def form_of(mappings: Mappings) -> str:
    """A short plain text, the same in every process that keeps documents in the same form."""
    shapes = [
        (cls.__name__, [(row.name, str(row.type)) for row in fields(cls)])
        for cls in (*sorted(Resource.__subclasses__(), key=_name), FederatedIdentity)
    ]
    told = repr((_NUMBER, unidata_version, shapes, _plain(mappings)))
    return blake2b(told.encode(), digest_size=6).hexdigest()


def _name(cls: type) -> str:
    return cls.__name__


def _plain(value: object) -> object:
    """A value whose text is the same in every process."""
    if is_dataclass(value):
        return [(row.name, _plain(getattr(value, row.name))) for row in fields(value)]
    if isinstance(value, Mapping):
        return sorted((str(key), _plain(each)) for key, each in value.items())
    if isinstance(value, Set):
        return sorted(map(repr, map(_plain, value)))
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value
