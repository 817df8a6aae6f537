"""Which attribute a filter or an order names: its place in a document, and how it compares."""

from dataclasses import dataclass
from inspect import isclass
from typing import Any

from scim2_models import Extension, InvalidFilterException, ScimFilter
from scim2_models.base import BaseModel
from scim2_models.path import AttributeBinding, AttrPath

from gateway.domain.model import JsonValue


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as its schema spells it.

    `name` is the document's top-level name, with its schema's URN where that is an extension;
    `part` the sub-attribute, None for the whole.
    """

    name: str
    part: str | None
    binding: AttributeBinding

    @property
    def path(self) -> str:
        """`emails.value`, as in the rows of a mapping."""
        return self.name if self.part is None else f"{self.name}.{self.part}"

    @property
    def is_complex(self) -> bool:
        """Whether it has sub-attributes."""
        kind = self.binding.target_type
        return isclass(kind) and issubclass(kind, BaseModel)

    def of(self, value: JsonValue) -> JsonValue:
        """What the top-level value holds under this attribute; of a list, a list."""
        if self.part is None:
            return value
        if isinstance(value, list):
            return [part_of(item, self.part) for item in value]
        return part_of(value, self.part)


def attribute_of(filter_: ScimFilter[Any], path: AttrPath) -> Attribute | None:
    """The attribute that a path of a bound filter names; None for one that is not declared."""
    binding = filter_.resolve(path, strict=False)
    return named(binding) if binding is not None else None


def compared_attribute_of(
    filter_: ScimFilter[Any], path: AttrPath, value: object
) -> Attribute | None:
    """The attribute whose values are compared: of a complex one, its `value`.

    `emails eq "x"` means that by the RFC, `manager eq "x"` since Microsoft Entra writes it so.

    Raises:
        InvalidFilterException: a complex attribute without a `value` is compared.
    """
    binding = filter_.resolve_comparison(path, strict=False)
    if binding is None or value is None or not named(binding).is_complex:
        return named(binding) if binding is not None else None
    found = attribute_of(filter_, AttrPath(path.attr, "value", path.uri))
    if found is None:
        raise InvalidFilterException(
            detail=f"'{path}' is complex: only its sub-attributes can be compared"
        )
    return found


def sub_attribute_of(
    filter_: ScimFilter[Any], whole: Attribute, path: AttrPath
) -> Attribute | None:
    """The attribute that a path in the square brackets after `whole` names."""
    if path.uri is not None or path.sub_attr is not None:
        return None
    if not whole.is_complex:
        # `schemas[value eq "urn:..."]`: the elements themselves.
        return whole if path.attr.lower() == "value" else None
    schema, _, name = whole.binding.urn.rpartition(":")
    return attribute_of(filter_, AttrPath(name, path.attr, schema))


def part_of(value: JsonValue, name: str) -> JsonValue:
    """The member of that name; None where the value has none."""
    return value.get(name) if isinstance(value, dict) else None


def named(binding: AttributeBinding) -> Attribute:
    """The attribute that a model has bound to a path."""
    schema, _, path = binding.urn.rpartition(":")
    name, _, part = path.partition(".")
    extends = issubclass(binding.model, Extension)
    return Attribute(f"{schema}:{name}" if extends else name, part or None, binding)
