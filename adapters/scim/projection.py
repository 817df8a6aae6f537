"""Whether an answer shows an attribute: what it does not show is not read (RFC 7644, 3.9)."""

from typing import Any

from scim2_models import Path, ResponseParameters


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


def _names(path: Path[Any], schema: str, attribute: str, *, partly: bool) -> bool:
    """Whether a path is the attribute or all of its schema, or (`partly`) something in it."""
    text, prefix = str(path).casefold(), schema.casefold()
    if text == prefix:
        return True
    name, _, below = text.removeprefix(prefix + ":").partition(".")
    return name == attribute.casefold() and (partly or not below)
