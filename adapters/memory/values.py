"""What values a directory can hold: what the mapping says, and LDAP's syntaxes (RFC 4517)."""

import re
from collections.abc import Callable, Collection, Iterable
from copy import deepcopy
from dataclasses import MISSING, fields
from typing import Any, Final

from gateway.domain.errors import Invalid, Problem, invalid
from gateway.domain.model import Resource
from gateway.ports import Values
from mappings.table import TEXTS, Codec, ResourceMapping

_TELEPHONE: Final = re.compile(r"[A-Za-z0-9'()+,\-./:=? ]+")

BY_DIRECTORY: Final = ("id", "version", "created_at", "updated_at")
"""Fields that every resource has, and nobody writes."""


def text_problem(text: str, codec: Codec = Codec.TEXT) -> str | None:
    """Why the directory cannot hold that text in that syntax; None where it can."""
    if not text.strip():
        return "must not be blank"
    if "\0" in text:
        return "must not have the character NUL"
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "has characters that are no Unicode text"
    if codec is Codec.IA5 and not text.isascii():
        return "may have ASCII characters only"
    if codec is Codec.TELEPHONE and not (_TELEPHONE.fullmatch(text) and text.strip(" -")):
        return "may have letters, digits, blanks and '()+,-./:=? only"
    return None


class Shape:
    """What a kind of resource can hold: rows of its mapping, fields of its class.

    `given` are fields that the directory sets itself, `also` what stores take besides fields.
    """

    def __init__(
        self,
        cls: type[Resource],
        mapping: ResourceMapping,
        given: Collection[str],
        also: Collection[str] = (),
    ) -> None:
        names = {field.name for field in fields(cls)}
        self._mapping = mapping
        self._also = frozenset(also)
        self._writable = names.difference(BY_DIRECTORY, given)
        self._demanded = {name for name, row in mapping.fields.items() if row.required}
        self._empty: dict[str, Any] = {
            field.name: field.default_factory if field.default is MISSING else field.default
            for field in fields(cls)
            if field.name in self._writable - self._demanded
        }

    def complete(self, values: Values) -> None:
        """See that a new resource has all that it must have. Raises Invalid, naming the rest."""
        missing = sorted(self._demanded.difference(values))
        if missing:
            raise Invalid(*(Problem(("body", name), "is required", "missing") for name in missing))

    def stored(self, values: Values) -> dict[str, Any]:
        """The values as they are kept: None as the field's default, without those in `also`.

        Raises:
            Invalid: a value cannot be held, or a required one is None.
            TypeError: the kind of resource has no such field, or the directory alone writes it.
        """
        wrong = set(values) - self._writable - self._also
        if wrong:
            raise TypeError(f"not to be written: {', '.join(sorted(wrong))}")
        named = {name: value for name, value in values.items() if name not in self._also}
        problems = [
            Problem(("body", name), problem)
            for name, value in named.items()
            if (problem := self._problem(name, value))
        ]
        if problems:
            raise Invalid(*problems)
        return {name: self._kept(name, value) for name, value in named.items()}

    def _problem(self, name: str, value: object) -> str | None:
        if value is None:
            return "is required" if name in self._demanded else None
        row = self._mapping.fields.get(name)
        codec = row.codec if row else Codec.TEXT
        if row is not None and value == row.placeholder:
            return "stands for no value"
        texts = value if isinstance(value, tuple) else (value,)
        if codec not in TEXTS:
            return None
        found = (text_problem(text, codec) for text in texts if isinstance(text, str))
        return next(filter(None, found), None)

    def _kept(self, name: str, value: object) -> object:
        if value is None:
            empty = self._empty[name]
            return empty() if callable(empty) else empty
        return deepcopy(value)


def secret_text(field: str, values: Values) -> str | None:
    """A secret among the values, if there is one. Raises Invalid for what cannot be one."""
    secret = values.get(field)
    if not isinstance(secret, str):
        return None
    if message := text_problem(secret):
        raise invalid(field, message)
    return secret


def unknown(field: str) -> Invalid:
    """The error for an id that names nothing."""
    return invalid(field, "names nothing in this tenant", "unknown")


def known(field: str, ids: Iterable[str], find: Callable[[str], str | None]) -> list[str]:
    """What `find` answers for each id. Raises Invalid, naming each that it finds nothing for."""
    found = [find(id_) for id_ in ids]
    missing = [place for place, id_ in enumerate(found) if id_ is None]
    if missing:
        problem = "names nothing in this tenant"
        raise Invalid(*(Problem(("body", field, place), problem, "unknown") for place in missing))
    return [id_ for id_ in found if id_ is not None]
