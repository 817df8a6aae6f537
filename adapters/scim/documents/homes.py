"""Homes: which field or custom attribute holds which SCIM attribute, as the mapping rows tell."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.scim.documents.syntax import fits
from gateway.domain.model import JsonValue, Resource
from mappings.table import Field, ResourceMapping

_PATH = re.compile(
    r"""
    (?: (?P<schema> urn:.* ) : )?
    (?P<attribute> [a-z$][\w$-]* )
    (?: \[ \s* type \s+ eq \s+ "(?P<type> [^"]* )" \s* \] )?
    (?: \. (?P<sub> [a-z$][\w$-]* ) )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


CUSTOM = "custom_attributes"
"""The field of users that has all custom attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One place that holds one text: a field, or (without `row`) a custom attribute.

    `type` is the type of the element of a list that the text belongs to, None: of any. `sub`
    is the sub-attribute, None: the attribute itself is the text.
    """

    name: str
    row: Field | None = None
    type: str | None = None
    sub: str | None = None

    @property
    def looks_at(self) -> str:
        """The field of a user that the text is found in."""
        return self.name if self.row is not None else CUSTOM

    def read(self, item: Resource) -> str | None:
        """The text that stands there; None where there is none."""
        value = getattr(item, self.name) if self.row is not None else custom(item, self.name)
        return value if isinstance(value, str) else None

    def holds(self, text: str) -> bool:
        """Whether it can hold that text to the letter; custom attributes can hold any."""
        return self.row is None or fits(self.row, text)


class Homes:
    """All homes of a kind of resource, by the name of their attribute.

    Names are in lower case, and begin with the schema's URN for attributes of extensions.

    Raises:
        ValueError: a path of the mapping is none that can be understood.
    """

    def __init__(self, mapping: ResourceMapping) -> None:
        self._homes: dict[str, list[Home]] = {}
        for path, name, row in _declared(mapping):
            match = _PATH.fullmatch(path)
            if match is None:
                raise ValueError(f"{mapping.resource}: {name}: no SCIM path: {path}")
            key = ":".join(filter(None, (match["schema"], match["attribute"]))).lower()
            home = Home(name=name, row=row, type=match["type"], sub=match["sub"])
            self._homes.setdefault(key, []).append(home)

    def of(self, attribute: str) -> tuple[Home, ...]:
        """The homes of an attribute; none for one that is a custom attribute by its name."""
        return tuple(self._homes.get(attribute.lower(), ()))


def _declared(mapping: ResourceMapping) -> Iterator[tuple[str, str, Field | None]]:
    for row in mapping.fields.values():
        if row.scim is not None:
            yield row.scim, row.name, row
    if mapping.custom is not None:
        for name, standard in mapping.custom.standard.items():
            yield standard.scim or name, name, None


def custom(item: Resource, name: str) -> JsonValue:
    """A custom attribute; kinds of resources without any have none."""
    attributes: Mapping[str, JsonValue] = getattr(item, "custom_attributes", {})
    return attributes.get(name)
