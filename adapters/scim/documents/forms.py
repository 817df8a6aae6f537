"""Which form each attribute of a model has, and where it stands."""

from collections.abc import Collection
from typing import Any

from scim2_models import BaseModel, ComplexAttribute

from adapters.scim.documents.attributes import (
    Attribute,
    Complex,
    Emails,
    List,
    Referring,
    Text,
)
from adapters.scim.documents.homes import Home, Homes
from adapters.scim.documents.shapes import check_of, checks_of, scim_name


def attributes_of(
    model: type[BaseModel], homes: Homes, *, schema: str = "", without: Collection[str] = ()
) -> dict[str, Attribute]:
    """The attributes of a model by their SCIM names, but for some of its fields.

    Raises:
        ValueError: a home is one of something else than the model has there.
    """
    fields = [field for field in model.model_fields if field not in {"schemas", *without}]
    return {scim_name(model, field): _attribute(model, field, schema, homes) for field in fields}


def _attribute(model: Any, field: str, schema: str, homes: Homes) -> Attribute:
    name = scim_name(model, field)
    found = homes.of(f"{schema}:{name}" if schema else name)
    kind = model.get_field_root_type(field)
    plural = model.get_field_multiplicity(field)
    if not (isinstance(kind, type) and issubclass(kind, ComplexAttribute)):
        _agree(name, found, sub=False, typed=False)
        return Text(name, found[0] if found else None, check_of(model, field))
    checks = dict(checks_of(kind))
    first = next((home for home in found if home.type is not None), None)
    others = next((home for home in found if home.type is None), None)
    if plural and first is not None and others is not None:
        return Emails(name, first, others, checks)
    _agree(name, found, sub=True, typed=plural)
    if plural:
        return List(name, found, checks)
    if "$ref" in checks:
        return Referring(found[0] if found else Home(name=name), "Users")
    return Complex(name, found, checks)


def _agree(name: str, homes: tuple[Home, ...], *, sub: bool, typed: bool) -> None:
    for home in homes:
        if (home.sub is not None, home.type is not None) != (sub, typed):
            raise ValueError(f"{home.name}: this is no path of the SCIM attribute {name}")
