"""How much one request may ask for: reading paths and lists takes time that all callers share."""

from collections.abc import Iterator, Mapping
from typing import Any

from scim2_models import (
    InvalidPathException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)

MAX_OPERATIONS = 1000
"""As many operations as a bulk request has: some clients count them by that."""

MAX_NAMES = 70_000
"""Characters in the paths of a request and in the keys of its objects, which are paths too."""

MAX_KEYS = 5000
"""Keys in the objects of a request: the four of each operation, and those of values."""

MAX_PATH = 1024
"""Characters in one path."""

MAX_VALUES = 10_000
"""Elements of multi-valued attributes that all operations on a user look at, taken together."""

MAX_REMOVED = 500
"""Values that one removal looks for in a list at hand."""

MAX_ATTRIBUTES = 200
"""Names in `attributes` or `excludedAttributes`: more than there are attributes. Each resource of
an answer is held against each of them."""


def check_size(payload: Mapping[str, Any]) -> None:
    """Refuse a PATCH that would take long to read. Raises PayloadTooLargeException."""
    given = next((value for key, value in payload.items() if key.lower() == "operations"), None)
    if not isinstance(given, list):
        return
    if len(given) > MAX_OPERATIONS:
        raise too_much(f"more than {MAX_OPERATIONS} operations")
    names = [len(name) for each in given for name in _names(each)]
    if sum(names) > MAX_NAMES or len(names) > MAX_KEYS:
        raise too_much(f"more than {MAX_NAMES} characters of paths, or {MAX_KEYS} keys")
    if max(names, default=0) > MAX_PATH:
        raise InvalidPathException(detail=f"A path has more than {MAX_PATH} characters")


def check_attributes(parameters: Mapping[str, Any]) -> None:
    """Refuse a choice of more attributes than there are. Raises InvalidValueException."""
    for key, given in parameters.items():
        if key.lower() not in {"attributes", "excludedattributes"}:
            continue
        texts = [text for text in (given if isinstance(given, list) else [given]) if text]
        if sum(str(text).count(",") + 1 for text in texts) > MAX_ATTRIBUTES:
            raise InvalidValueException(detail=f"{key}: more than {MAX_ATTRIBUTES} names")


def _names(given: Any) -> Iterator[str]:
    """The keys and the paths of an operation, and the keys of the objects in it."""
    if not isinstance(given, dict):
        return
    for key, value in given.items():
        yield value if key.lower() == "path" and isinstance(value, str) else key
        yield from _names(value)


def too_much(what: str) -> SCIMException:
    """The refusal of something that is more than its bound."""
    return PayloadTooLargeException(detail=f"{what[0].upper()}{what[1:]}: send it in parts")
