"""What the values of an attribute look like, as its model says.

Custom attributes are anybody's to write: what is under an attribute's name and is no value of
it is not shown, so that one odd value breaks no answer.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, cast

from pydantic import Base64Bytes, TypeAdapter, ValidationError
from scim2_models import BaseModel, ComplexAttribute, Reference

from adapters.scim.documents.plural import Element
from gateway.domain.model import JsonValue

Check = Callable[[object], bool]


def check_of(model: type[BaseModel], field: str) -> Check:
    """Whether a JSON value is one of that attribute, or of one element of it."""
    kind = model.get_field_root_type(field)
    if kind is bool:
        return _is_boolean
    if kind is Base64Bytes or (isinstance(kind, type) and issubclass(kind, Reference)):
        return partial(_is_valid, TypeAdapter(kind))
    return _is_text


def checks_of(model: type[ComplexAttribute]) -> Mapping[str, Check]:
    """The checks of a complex attribute, by the names of its sub-attributes."""
    return {scim_name(model, field): check_of(model, field) for field in model.model_fields}


def scim_name(model: type[BaseModel], field: str) -> str:
    """The name that SCIM has for a field of a model."""
    return cast("str", model.model_fields[field].serialization_alias)


def complex_value(value: object, checks: Mapping[str, Check]) -> Element:
    """What is a complex value of it; empty where nothing is."""
    if not isinstance(value, dict):
        return {}
    if all(name in checks and checks[name](part) for name, part in value.items()):
        return value
    return {name: part for name, part in value.items() if name in checks and checks[name](part)}


def complex_values(value: object, checks: Mapping[str, Check]) -> list[Element]:
    """What is a list of complex values of it, with one primary at most (RFC 7643, 2.4)."""
    if not isinstance(value, list):
        return []
    found = (complex_value(element, checks) for element in value)
    return _with_one_primary(element for element in found if element)


def _with_one_primary(elements: Iterable[Element]) -> list[Element]:
    result, led = [], False
    for element in elements:
        primary = element.get("primary") is True
        result.append({**element, "primary": False} if primary and led else element)
        led = led or primary
    return result


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _is_valid(adapter: TypeAdapter[Any], value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True
