"""Types of members and parameters: what text, numbers and flags may look like on the way in."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from gateway.domain.email import MAX_LENGTH, looks_like_address

_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
_NO_CONTROLS = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

MAX_NAME = 256
MAX_EMAIL = MAX_LENGTH
MAX_PASSWORD = 1024
MAX_URI = 2048
MAX_TEXT = 1024


def _without_controls(value: str) -> str:
    if any(unicodedata.category(character) in _CONTROLS for character in value):
        raise PydanticCustomError("control_characters", "Must not contain control characters")
    return value


def _email(value: str) -> str:
    """Any address that a mail system could know, also of a domain that only this site has."""
    if not looks_like_address(value):
        raise PydanticCustomError("email", "Not an e-mail address (RFC 5321, in ASCII)")
    return value


def _decimal(value: object) -> object:
    """Digits only, since `1_000` and `1.0` are no numbers to anybody else."""
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        raise PydanticCustomError("int_parsing", "Must be an integer")
    return value


def _instant(value: object) -> object:
    """A time in full with its zone (RFC 3339, 5.6); no numbers, which could count anything."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "Must be a time as in RFC 3339")
    return value


def _flag(value: object) -> object:
    if isinstance(value, str):
        try:
            return _FLAGS[value.lower()]
        except KeyError:
            raise PydanticCustomError("bool_parsing", "Must be true or false") from None
    return value


_Plain = AfterValidator(_without_controls)
_PlainSchema = Field(json_schema_extra={"pattern": _NO_CONTROLS})

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), _Plain, _PlainSchema]
"""A name, or another short line of text."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), _Plain, _PlainSchema]
"""A longer line of text, for people."""

Email = Annotated[
    str,
    StringConstraints(max_length=MAX_EMAIL),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MAX_EMAIL}),
]
"""An e-mail address (RFC 5321); it is kept as it was written."""

ShownEmail = Annotated[str, WithJsonSchema({"type": "string", "format": "email"})]
"""An e-mail address on the way out: whatever the directory holds."""

Password = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD)]
"""A new password; the directory judges it."""

Uri = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URI), _Plain, _PlainSchema]

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)
]
"""The name of a tenant or partner in paths and in the tree: as a DNS label (RFC 1123, 2.1)."""

Flag = Annotated[bool, Strict()]
"""A JSON boolean, and nothing that could be taken for one."""

QueryFlag = Annotated[bool, BeforeValidator(_flag)]
"""`true` or `false` (`1` or `0`) in a query, in any case."""

Instant = Annotated[datetime, BeforeValidator(_instant)]
"""A moment, with its zone."""

Digits = BeforeValidator(_decimal)
"""For an integer in a query; comes last, so that its bounds show in the description."""

Attributes = dict[Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)], Any]
"""Custom attributes: any JSON under any name."""
