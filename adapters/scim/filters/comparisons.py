"""What a comparison says of the JSON values of a document.

The meaning is that of `ScimFilter.match` in scim2-models, which tests hold: texts compare as
the attribute's characteristics say, times as instants, values of other types never match. Here
they are compared as they stand in a document, since a model made of each of many thousand
users would cost far more than the look at one of its attributes.
"""

import operator
from collections.abc import Callable, Mapping
from inspect import isclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from scim2_models.path import AttributeBinding, CompareOperator, coerce_value

from gateway.domain.model import JsonValue

Test = Callable[[JsonValue], bool]

_COMPARISONS: Mapping[CompareOperator, Callable[[Any, Any], bool]] = {
    CompareOperator.eq: operator.eq,
    CompareOperator.ne: operator.ne,
    CompareOperator.gt: operator.gt,
    CompareOperator.ge: operator.ge,
    CompareOperator.lt: operator.lt,
    CompareOperator.le: operator.le,
}
_PARTS: Mapping[CompareOperator, Callable[[str, str], bool]] = {
    CompareOperator.co: operator.contains,
    CompareOperator.sw: str.startswith,
    CompareOperator.ew: str.endswith,
}


def compares(binding: AttributeBinding, op: CompareOperator, value: object) -> Test:
    """Whether one value compares so with what a filter says.

    Raises:
        InvalidFilterException: the attribute cannot have such a value.
    """
    if value is None:
        absent = op is CompareOperator.eq
        if op not in (CompareOperator.eq, CompareOperator.ne):
            return lambda _: False
        return lambda held: (held is None) is absent
    read, wanted = reader(binding), binding.comparable(coerce_value(binding, value, op))
    if op in _PARTS:
        return _is_part(read, _PARTS[op], wanted)
    compare, without = _COMPARISONS[op], op is CompareOperator.ne

    def test(held: JsonValue) -> bool:
        if held is None:
            return without
        try:
            return bool(compare(read(held), wanted))
        except TypeError:  # a text and a number, a time without and one with an offset
            return False

    return test


def _is_part(
    read: Callable[[JsonValue], object], compare: Callable[[str, str], bool], wanted: object
) -> Test:
    def test(held: JsonValue) -> bool:
        text = read(held)
        return isinstance(text, str) and isinstance(wanted, str) and compare(text, wanted)

    return test


def any_of(test: Test) -> Test:
    """Whether a value matches or, of several, any of them (RFC 7644, 3.4.2.2)."""
    return lambda held: any(map(test, held)) if isinstance(held, list) else test(held)


def is_present(value: JsonValue) -> bool:
    """Whether there is anything: false and zero are values, empty texts and lists are none."""
    match value:
        case None | "":
            return False
        case dict():
            return any(map(is_present, value.values()))
        case list():
            return any(map(is_present, value))
        case _:
            return True


def reader(binding: AttributeBinding) -> Callable[[JsonValue], Any]:
    """Makes of a document's value what comparisons use in its place."""
    kind = binding.target_type
    if isclass(kind) and issubclass(kind, str):
        return binding.comparable
    if kind in (bool, int, float):
        return lambda held: held
    declared: Any = binding.sub_field_type or binding.field_type
    adapter: TypeAdapter[Any] = TypeAdapter(declared)

    def read(held: JsonValue) -> Any:
        try:
            return adapter.validate_python(held)
        except ValidationError:
            return None

    return read
