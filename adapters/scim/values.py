"""JSON values as RFC 7643 would have them written, from what clients write instead.

Pure functions over parsed JSON, led by the models: what is declared a Boolean, multi-valued or
complex is read as such. What no rule knows stays as it came, for the models to judge.
`adapters.scim.policy` says which rule is there for whom.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from scim2_models import InvalidValueException, Mutability
from scim2_models.base import BaseModel

_DECORATION = frozenset({"type", "primary", "display"})
_BOOLEANS = {"true": True, "false": False}


@cache
def field_names(model: type[BaseModel]) -> Mapping[str, str]:
    """The fields of a model by their names in SCIM, in lower case (RFC 7643, 2.1)."""
    names = (
        (field.serialization_alias or name, name) for name, field in model.model_fields.items()
    )
    return {alias.lower(): name for alias, name in names}


def attribute(model: type[BaseModel], field: str, given: Any, path: str) -> Any:
    """A value for one field of a model; `path` is its name in error messages.

    Raises InvalidValueException naming the attribute.
    """
    kind = model.get_field_root_type(field)
    if field == "manager":
        return manager(given)
    if model.get_field_multiplicity(field):
        return elements(kind, given, path)
    return single(kind, given, path)


def single(kind: Any, given: Any, path: str) -> Any:
    """A value for a single-valued attribute, or for one chosen element of a multi-valued one."""
    if given == "":
        return None
    if kind is bool:
        return boolean(given, path)
    if _complex(kind) and isinstance(given, dict):
        return members_of(kind, given, path)
    return given


def members_of(
    model: type[BaseModel], given: Mapping[str, Any], path: str, *, writable: bool = False
) -> dict[str, Any]:
    """An object with each of its members read; with `writable` without those nobody can write."""
    out: dict[str, Any] = {}
    for key, value in given.items():
        field = field_names(model).get(key.lower())
        if field is None:
            out[key] = value
        elif not (writable and _read_only(model, field)):
            kind: Any = model.get_field_root_type(field)
            below = f"{path}.{key}" if path else key
            if writable and not path and ":" in key and _complex(kind) and isinstance(value, dict):
                out[key] = members_of(kind, value, key, writable=True)
            else:
                out[key] = attribute(model, field, value, below)
    return out


def elements(kind: Any, given: Any, path: str) -> Any:
    """The elements of a multi-valued attribute from a list, one object, texts, or JSON as text."""
    if given is None or given == "":
        return None
    if not _complex(kind):
        return given if isinstance(given, list) else [given]
    given = _parsed(given, path)
    if isinstance(given, str) and path.lower().endswith("emails"):
        given = {"value": given, "type": "work", "primary": True}
    several = given if isinstance(given, list) else [given]
    read = (element(kind, item, path) for item in several)
    return [item for item in read if item is not None]


def element(kind: Any, given: Any, path: str) -> Any:
    """One element; None for one that had nothing but empty values to tell."""
    given = _parsed(given, path)
    if given is None or given == "":
        return None
    if isinstance(given, str) and "value" in field_names(kind):
        given = {"value": given}
    if path.lower().endswith("members"):
        return member(given if isinstance(given, dict) else {})
    if not isinstance(given, dict):
        return given
    if path.lower().endswith("roles"):
        given = role(given)
    told = {key: value for key, value in given.items() if value is not None and value != ""}
    if len(told) < len(given) and {key.lower() for key in told} <= _DECORATION:
        return None
    return members_of(kind, told, path)


def member(given: Mapping[str, Any]) -> dict[str, str]:
    """A member of a group by its id alone; everything else about it is the directory's to say."""
    known = {key.lower(): value for key, value in given.items()}
    value = known.get("value") or _last_segment(known.get("$ref"))
    if not isinstance(value, str) or not value:
        raise InvalidValueException(detail="members: each needs the id of a user or group as value")
    return {"value": value}


def role(given: Mapping[str, Any]) -> dict[str, Any]:
    """A role whose value may be the JSON text of an application role: its value and its name."""
    parsed = _parsed(given.get("value"), "roles")
    plain = {**given, **parsed} if isinstance(parsed, dict) else dict(given)
    named = plain.pop("displayName", None)
    return {"display": named, **plain} if named is not None else plain


def manager(given: Any) -> Any:
    """A manager by id, from a text, an object, a list of one, or a template's `managerId`."""
    if isinstance(given, list) and len(given) == 1 and not isinstance(given[0], list):
        given = given[0]
    if given is None or given in ("", []):
        return None
    if isinstance(given, str):
        return {"value": given}
    if not isinstance(given, dict):
        return given
    told = {key.lower(): value for key, value in given.items() if value not in (None, "")}
    value = told.get("value") or told.get("managerid") or _last_segment(told.get("$ref"))
    if value is not None:
        return {"value": value}
    return given if told else None


def boolean(given: Any, path: str) -> bool | None:
    """True or false, also from the text. Raises InvalidValueException naming the attribute."""
    if given is None or isinstance(given, bool):
        return given
    read = _BOOLEANS.get(given.strip().lower()) if isinstance(given, str) else None
    if read is None:
        raise InvalidValueException(detail=f"{path}: must be true or false")
    return read


def _parsed(given: Any, path: str) -> Any:
    """The roles that a text holds as JSON, where it does; else the text."""
    if not path.lower().endswith("roles") or not isinstance(given, str):
        return given
    if not given.lstrip().startswith(("{", "[")):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given


def _last_segment(reference: Any) -> str | None:
    return reference.rstrip("/").rpartition("/")[2] if isinstance(reference, str) else None


def _complex(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _read_only(model: type[BaseModel], field: str) -> bool:
    return bool(model.get_field_annotation(field, Mutability) == Mutability.read_only)
