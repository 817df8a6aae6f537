"""PATCH operations as RFC 7644 (3.5.2) would have them written, from what clients write instead.

The operations that come out mean what the client meant, in its order, and are plain enough for
`scim2_models.PatchOp`. Nothing is known here of the resource they go to.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from scim2_models import InvalidPathException, InvalidValueException, Path
from scim2_models.base import BaseModel

from adapters.scim.models import ENTERPRISE
from adapters.scim.values import attribute, elements, field_names, members_of, single

IGNORED_KEYS = frozenset({"schemas", "meta", "groups"})
"""What a value without a path may carry along though no client can write it."""


def operations(model: type[BaseModel], given: Any) -> Any:
    """All operations of one request; what is no list of objects stays for the model to refuse.

    Raises InvalidValueException naming the attribute.
    """
    if not isinstance(given, list):
        return given
    return [plain for operation in given for plain in _plain(model, operation)]


def _plain(model: type[BaseModel], given: Any) -> Iterator[Any]:
    if not isinstance(given, dict):
        yield given
        return
    known = {key.lower(): value for key, value in given.items()}
    op, path = known.get("op"), known.get("path")
    op = op.strip().lower() if isinstance(op, str) else op
    path = path.strip() if isinstance(path, str) else path
    if op not in ("add", "replace", "remove") or not isinstance(path, str | None):
        yield known
    elif op == "remove":
        yield from _remove(model, path, known)
    elif path:
        yield from _write(model, op, path, known)
    else:
        yield from _write_object(model, op, known.get("value"))


def _remove(model: type[BaseModel], path: str | None, known: dict[str, Any]) -> Iterator[Any]:
    value = known.get("value")
    if not path and isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _remove(model, key, {"value": item})
        return
    target = target_of(model, path)
    binding = target.resolve() if target is not None and target.model is None else None
    if target is None or binding is None:
        yield {"op": "remove", "path": path or None}
        return
    plain: dict[str, Any] = {"op": "remove", "path": str(target)}
    several = binding.is_multivalued and not binding.sub_field_name and target.value_filter is None
    value = _unwrapped(target, value)
    if several and value is not None:
        listed = elements(binding.field_type, value, str(target))
        if listed is None or (value and not listed):
            raise InvalidValueException(detail=f"{target}: the values to remove are empty")
        plain["value"] = [_selector(item) for item in listed]
    yield plain


def _selector(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    told = {key: value for key, value in item.items() if key.lower() not in {"$ref", "display"}}
    return told or item


def _write(
    model: type[BaseModel], op: str, path: str, known: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    if "value" not in known:
        yield {"op": op, "path": path}
        return
    target = target_of(model, path)
    value = _value(target, known["value"]) if target is not None else known["value"]
    path = str(target) if target is not None else path
    if value is not None:
        yield {"op": op, "path": path, "value": value}
    elif op == "replace" and target is not None:
        yield {"op": "remove", "path": _whole_element(target)}
    elif target is None or not target.resolve():
        yield {"op": op, "path": path, "value": value}


def _write_object(model: type[BaseModel], op: str, given: Any) -> Iterator[dict[str, Any]]:
    """A value without a path: its plain keys stay together, a key with a filter stands alone."""
    if not isinstance(given, dict):
        yield {"op": op, "value": given}
        return
    together: dict[str, Any] = {}
    for key, value in given.items():
        name = key.lower()
        target = target_of(model, key)
        if name in IGNORED_KEYS or (value is None and (op == "add" or name in {"id", "members"})):
            continue
        if target is not None and target.value_filter is not None:
            if together:
                yield {"op": op, "value": together}
                together = {}
            yield from _write(model, op, key, {"value": value})
        elif target is None:
            together[key] = value
        else:
            read = _value(target, value)
            if read is not None or op == "replace":
                together[str(target)] = read
    if together:
        yield {"op": op, "value": together}


@lru_cache(maxsize=1024)
def target_of(model: type[BaseModel], path: str | None) -> Path[Any] | None:
    """What a path names, None where it is no path; a bare `manager` is the enterprise one."""
    if not path:
        return None
    bound: Any = Path.__class_getitem__(model)
    try:
        target: Path[Any] = bound(path)
        if target.model is None and target.resolve() is None and _is_manager(target):
            return target_of(model, f"{ENTERPRISE}:{path}") if _has_enterprise(model) else target
    except InvalidPathException:
        return None
    return target


def _is_manager(target: Path[Any]) -> bool:
    return target.schema is None and target.parts[:1] != () and target.parts[0].lower() == "manager"


def _has_enterprise(model: type[BaseModel]) -> bool:
    return ENTERPRISE.lower() in field_names(model)


def _value(target: Path[Any], given: Any) -> Any:
    """The value to write at a path, read as the attribute declares it."""
    if target.model is not None:
        return members_of(target.model, given, "") if isinstance(given, dict) else given
    binding = target.resolve()
    if binding is None or binding.target_model is None:
        return given
    given = _unwrapped(target, given)
    if binding.sub_field_name:
        return attribute(binding.target_model, binding.sub_field_name, given, str(target))
    if binding.is_multivalued and target.value_filter is not None:
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        given = {"value": given} if isinstance(given, str) and given else given
        return single(binding.field_type, given, str(target))
    return attribute(binding.model, binding.field_name, given, target.attr)


def _unwrapped(target: Path[Any], given: Any) -> Any:
    """The value of an attribute that came in an object under its own name."""
    if isinstance(given, dict) and len(given) == 1:
        ((key, value),) = given.items()
        if key.lower() == target.attr.lower():
            return value
    return given


def _whole_element(target: Path[Any]) -> str:
    """What to remove where a value is cleared: an element goes with the value it was for."""
    text = str(target)
    if target.value_filter is not None and target.parts[-1].lower() == "value" and "]" in text:
        return text[: text.rindex("]") + 1]
    return text
