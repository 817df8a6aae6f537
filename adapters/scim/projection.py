"""Whether an answer shows an attribute: what it does not show is not read (RFC 7644, 3.9)."""

from collections.abc import Callable
from typing import Any

from scim2_models import Path, ResponseParameters

from adapters.scim.documents import MEMBERSHIPS

Fields = Callable[[str], frozenset[str]]


def shows(parameters: ResponseParameters[Any] | None, schema: str, attribute: str) -> bool:
    """Whether a top-level attribute that is returned by default is, or may be, in the answer.

    Asking for one of its sub-attributes needs it; excluding one leaves the rest of it.
    """
    if parameters is None:
        return True
    if parameters.attributes:
        return any(_names(path, schema, attribute, partly=True) for path in parameters.attributes)
    excluded = parameters.excluded_attributes or ()
    return not any(_names(path, schema, attribute, partly=False) for path in excluded)


def fields_shown(
    parameters: ResponseParameters[Any] | None, fields: Fields
) -> frozenset[str] | None:
    """The fields of the domain that an answer looks at, which `fields` tells of an attribute.

    None where no attributes are named: that may be all of them.
    """
    if parameters is None or not parameters.attributes:
        return None
    found = set(fields("id") | fields("meta"))
    for path in parameters.attributes:
        looked_at = _fields_of(str(path), fields)
        if looked_at is None:
            return None
        found |= looked_at
    return frozenset(found - {MEMBERSHIPS})


def _fields_of(path: str, fields: Fields) -> frozenset[str] | None:
    """Those of an attribute, or of the one that it is a part of; None for whatever else it is."""
    for name in (path, path.rpartition(".")[0]):
        try:
            return fields(name)
        except KeyError:
            continue
    return None


def _names(path: Path[Any], schema: str, attribute: str, *, partly: bool) -> bool:
    """Whether a path is the attribute or all of its schema, or (`partly`) something in it."""
    text, prefix = str(path).casefold(), schema.casefold()
    if text == prefix:
        return True
    name, _, below = text.removeprefix(prefix + ":").partition(".")
    return name == attribute.casefold() and (partly or not below)
