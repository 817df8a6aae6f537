"""Documents as a client sees them: with addresses, and with no more than was asked for.

The library's models can do this, too, and do it where a client chooses attributes. What most
ask for, whole resources by the hundred, is the document itself, and needs no model.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from scim2_models import Context, Resource, ResponseParameters, Returned
from scim2_models.attributes import ComplexAttribute

Document = dict[str, Any]

_ALWAYS = frozenset({"schemas", "id", "meta"})


def located(document: Mapping[str, Any], locate: Callable[[str], str], location: str) -> Document:
    """The document with its own address, and references as addresses (RFC 7643, 2.3.7)."""
    shown = _with_addresses(document, locate)
    shown["meta"] = {**document["meta"], "location": location}
    return shown


def chosen(
    document: Document, model: type[Resource[Any]], parameters: ResponseParameters[Any]
) -> Document:
    """What the parameters leave of a document (RFC 7644, 3.9)."""
    if not parameters.attributes and not parameters.excluded_attributes:
        return _returned_by_default(document, model)
    if parameters.attributes:
        asked_for = {str(path).casefold() for path in parameters.attributes}
        if str(model.__schema__).casefold() not in asked_for:
            document = _in_question(document, asked_for)
    resource = model.model_validate(document)
    shown: Document = resource.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
    )
    return shown


@cache
def on_request(model: type[Resource[Any]]) -> Mapping[str, frozenset[str]]:
    """Sub-attributes that are shown only where they are asked for, by their attribute."""
    found: dict[str, frozenset[str]] = {}
    for name in model.model_fields:
        complex_ = model.get_field_root_type(name)
        if isinstance(complex_, type) and issubclass(complex_, ComplexAttribute):
            names = {
                str(complex_.model_fields[each].serialization_alias or each)
                for each in complex_.model_fields
                if complex_.get_field_annotation(each, Returned) is Returned.request
            }
            if names:
                found[str(model.model_fields[name].serialization_alias or name)] = frozenset(names)
    return found


def _with_addresses(value: Mapping[str, Any], locate: Callable[[str], str]) -> Document:
    """A complex value, and those within it, with addresses."""
    shown = dict(value)
    if "$ref" in shown:
        shown["$ref"] = locate(shown["$ref"])
    for name, item in value.items():
        if isinstance(item, list):
            shown[name] = [
                _with_addresses(each, locate) if isinstance(each, dict) else each for each in item
            ]
        elif isinstance(item, dict):
            shown[name] = _with_addresses(item, locate)
    return shown


def _returned_by_default(document: Document, model: type[Resource[Any]]) -> Document:
    for name, hidden in on_request(model).items():
        if name in document:
            document[name] = [
                {each: item for each, item in element.items() if each not in hidden}
                for element in document[name]
            ]
    return document


def _in_question(document: Document, paths: Iterable[str]) -> Document:
    """The attributes that the paths may name, so that no model reads the others."""

    def may_name(path: str, key: str) -> bool:
        return path.startswith(key) or path.endswith(f":{key}") or f":{key}." in path

    return {
        name: value
        for name, value in document.items()
        if name in _ALWAYS or any(may_name(path, name.casefold()) for path in paths)
    }
