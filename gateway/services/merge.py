"""JSON Merge Patch (RFC 7396), and the limits of custom attributes."""

import json
from collections.abc import Mapping

from gateway.domain.errors import invalid
from gateway.domain.model import JsonValue

MAX_BYTES = 64 * 1024
"""Size of all custom attributes of a user together, as compact JSON in UTF-8."""


def merged(target: Mapping[str, JsonValue], patch: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """`target` after `patch` (RFC 7396, section 2): null removes, objects merge, else replace.

    Neither argument is changed.
    """
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            old = result.get(name)
            result[name] = merged(old if isinstance(old, dict) else {}, value)
        else:
            result[name] = value
    return result


def check_size(attributes: Mapping[str, JsonValue]) -> None:
    """Refuse what is too much, or no JSON that could be written as UTF-8.

    Raises:
        Invalid: naming `custom_attributes`.
    """
    try:
        text = json.dumps(
            attributes, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, TypeError, RecursionError):
        raise invalid("custom_attributes", "Not JSON that can be stored as UTF-8") from None
    if len(text) > MAX_BYTES:
        raise invalid("custom_attributes", f"Larger than {MAX_BYTES // 1024} KiB", "too_long")
