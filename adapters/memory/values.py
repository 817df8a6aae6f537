"""What values a directory can hold: the same limits that LDAP syntaxes set (RFC 4517)."""

import re
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import MISSING, Field, fields
from typing import Final

from gateway.domain.errors import Invalid, Problem, invalid
from gateway.domain.model import Resource
from gateway.ports import Values

_PRINTABLE: Final = re.compile(r"[A-Za-z0-9'()+,\-./:?= ]*")  # telephoneNumber, 3.3.31


def text_problem(field: str, text: str) -> str | None:
    """Why the directory cannot hold that text in that field; None where it can."""
    if not text:
        return "must not be empty"
    if "\0" in text:
        return "must not contain NUL"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "must be Unicode text"
    if field == "email" and not text.isascii():
        return "must be ASCII"
    if field == "phone" and not _PRINTABLE.fullmatch(text):
        return "must be a telephone number"
    return None


def stored(cls: type[Resource], values: Values, also: Collection[str] = ()) -> dict[str, object]:
    """The values as they are kept: None is the field's default; those in `also` are left out.

    Raises:
        Invalid: a value cannot be held, or a required one is None.
        TypeError: the kind of resource has no such field.
    """
    known = {field.name: field for field in fields(cls)}
    kept: dict[str, object] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        if name in also:
            continue
        if name not in known:
            raise TypeError(f"{cls.__name__} has no field {name}")
        if isinstance(value, str) and (message := text_problem(name, value)):
            problems.append(Problem(("body", name), message))
        elif value is not None:
            kept[name] = deepcopy(value)
        elif _required(known[name]):
            problems.append(Problem(("body", name), "is required", "missing"))
        else:
            kept[name] = _default(known[name])
    if problems:
        raise Invalid(*problems)
    return kept


def demand(cls: type[Resource], values: Values, given: Collection[str]) -> None:
    """See that a new resource has all that it must have; `given` the directory adds itself.

    Raises:
        Invalid: naming what is missing.
    """
    missing = [name for name in _demanded(cls) if name not in given and name not in values]
    if missing:
        raise Invalid(*(Problem(("body", name), "is required", "missing") for name in missing))


def unknown(field: str, ids: Collection[str]) -> Invalid:
    """The error for ids that name nothing."""
    return invalid(field, f"unknown: {', '.join(ids)}")


def _demanded(cls: type[Resource]) -> Iterator[str]:
    return (field.name for field in fields(cls) if _required(field))


def _required(field: "Field[object]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(field: "Field[object]") -> object:
    return field.default_factory() if callable(field.default_factory) else field.default
