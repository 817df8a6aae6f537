"""Whether a mapping fits a server's schema: `gateway mappings check`.

Each row is held against the attribute types and object classes that the server publishes.
Prints nothing and changes nothing; what it finds are values.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapters.ldap.subschema import AttributeType, Subschema
from mappings.loader import RESOURCES
from mappings.table import (
    SEVERAL,
    TEXTS,
    Codec,
    Field,
    Generated,
    Mappings,
    ResourceMapping,
    Values,
    Write,
)

_SYNTAX = "1.3.6.1.4.1.1466.115.121.1."
_DIRECTORY_STRING, _IA5_STRING, _OCTET_STRING = _SYNTAX + "15", _SYNTAX + "26", _SYNTAX + "40"

_FITTING: Mapping[Codec, tuple[str, ...]] = {
    Codec.TEXT: (_DIRECTORY_STRING, _OCTET_STRING),
    Codec.IA5: (_IA5_STRING, _DIRECTORY_STRING),
    Codec.TELEPHONE: (_SYNTAX + "50", _SYNTAX + "22", _DIRECTORY_STRING),
    Codec.BOOLEAN: (_SYNTAX + "7",),
    Codec.TIME: (_SYNTAX + "24",),
    Codec.LOCK: (_SYNTAX + "24",),
    Codec.INTEGER: (_SYNTAX + "27",),
    Codec.ENUM: (_DIRECTORY_STRING, _IA5_STRING),
    Codec.LINK: (_DIRECTORY_STRING,),
    Codec.REFERENCE: (_SYNTAX + "12",),
    Codec.UUID: ("1.3.6.1.1.16.1",),
    Codec.OPAQUE: (_OCTET_STRING, _SYNTAX + "5", _SYNTAX + "28"),
}
_ORDERED = (Codec.TIME, Codec.INTEGER)
_SEARCHED_IN_PARTS = (Codec.IA5, Codec.TELEPHONE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a mapping that the server's schema does not carry."""

    resource: str
    row: str
    attribute: str
    problem: str

    def __str__(self) -> str:
        return f"{self.resource}: {self.row}: {self.attribute}: {self.problem}"


def check(mappings: Mappings, schema: Subschema) -> list[Finding]:
    """All that does not fit; empty where the mapping can be used with that server."""
    return [
        finding
        for resource in RESOURCES
        for finding in _Check(getattr(mappings, resource), schema).findings()
    ]


class _Check:
    """One resource against the schema."""

    def __init__(self, mapping: ResourceMapping, schema: Subschema) -> None:
        self.mapping = mapping
        self.schema = schema
        self.brought = self._allowed(mapping.object_classes)
        self.auxiliary = self._allowed([mapping.auxiliary] if mapping.auxiliary else [])

    def findings(self) -> Iterator[Finding]:
        yield from self._classes()
        for row in self.mapping.fields.values():
            yield from self._field(row)
        for made in self.mapping.generated:
            yield from self._generated(made)
        yield from self._custom()
        yield from self._unfilled()

    def _finding(self, row: str, attribute: str, problem: str) -> Finding:
        return Finding(self.mapping.resource, row, attribute, problem)

    def _allowed(self, classes: Iterable[str]) -> frozenset[str]:
        """Attributes, by their first names in lower case, that these classes bring."""
        known = [found for name in classes if (found := self.schema.object_class(name))]
        return frozenset(a for found in known for a in found.must | found.may)

    def _classes(self) -> Iterator[Finding]:
        mapping = self.mapping
        for key, names in (
            ("recognise", [mapping.recognise]),
            ("object_classes", mapping.object_classes),
            ("auxiliary", [mapping.auxiliary] if mapping.auxiliary else []),
        ):
            for name in names:
                if self.schema.object_class(name) is None:
                    yield self._finding(key, name, "the server knows no such object class")

    def _field(self, row: Field) -> Iterator[Finding]:
        where = f"fields.{row.name}"
        found = self.schema.attribute(row.attribute)
        if found is None:
            yield self._finding(where, row.attribute, "the server knows no such attribute")
            return
        for problem in (
            *self._placed(found, auxiliary=row.auxiliary),
            *_fit(row, found),
            *_rules(row, found),
        ):
            yield self._finding(where, row.attribute, problem)

    def _placed(self, found: AttributeType, *, auxiliary: bool) -> Iterator[str]:
        if found.operational:
            return
        name = found.name.lower()
        if auxiliary and name not in self.auxiliary:
            yield f"the class {self.mapping.auxiliary} does not have it"
        if not auxiliary and name not in self.brought:
            classes = ", ".join(self.mapping.object_classes)
            hint = ": say auxiliary = true" if name in self.auxiliary else ""
            yield f"none of {classes} has it{hint}"

    def _generated(self, made: Generated) -> Iterator[Finding]:
        found = self.schema.attribute(made.attribute)
        problems = ["the server knows no such attribute"]
        if found is not None:
            problems = [*self._placed(found, auxiliary=False)]
            codec = Codec.TEXT if made.first_of else Codec.IA5
            if made.random_integer:
                codec = Codec.INTEGER
                problems += [] if found.equality else ["cannot be kept unique without EQUALITY"]
            number = made.text is not None and made.text.isdigit()
            if found.syntax not in _FITTING[Codec.INTEGER if number else codec]:
                problems.append(f"its syntax {found.syntax} does not take what is made")
        for problem in problems:
            yield self._finding("generated", made.attribute, problem)

    def _custom(self) -> Iterator[Finding]:
        custom = self.mapping.custom
        if custom is None:
            return
        homes = {custom.attribute: (Codec.TEXT, custom.auxiliary, True)}
        homes |= {name: (row.codec, False, row.filter) for name, row in custom.standard.items()}
        for name, (codec, auxiliary, filter_) in homes.items():
            found = self.schema.attribute(name)
            if found is None:
                yield self._finding("custom", name, "the server knows no such attribute")
                continue
            for problem in self._placed(found, auxiliary=auxiliary):
                yield self._finding("custom", name, problem)
            if found.syntax not in _FITTING[codec]:
                yield self._finding("custom", name, _unfit(codec, found))
            if filter_ and not found.equality:
                problem = "has no EQUALITY rule to filter by: say filter = false"
                yield self._finding("custom", name, problem)
        held = self.schema.attribute(custom.attribute)
        if held is not None and (held.single or not held.equality):
            problem = "needs many values, and EQUALITY to change one of them"
            yield self._finding("custom", custom.attribute, problem)

    def _unfilled(self) -> Iterator[Finding]:
        """What the classes of a new entry demand and no row gives."""
        mapping = self.mapping
        given = ["objectClass", *(g.attribute for g in mapping.generated)]
        given += [
            f.attribute for f in mapping.fields.values() if f.required or f.placeholder is not None
        ]
        given += [mapping.members] if mapping.members else []
        names = {found.name.lower() for name in given if (found := self.schema.attribute(name))}
        for name in mapping.object_classes:
            known = self.schema.object_class(name)
            for attribute in sorted(known.must - names if known else ()):
                problem = f"the class {name} demands it, and no row gives it"
                yield self._finding("object_classes", attribute, problem)


def _fit(row: Field, found: AttributeType) -> Iterator[str]:
    shown_only = row.write is Write.NEVER and row.codec in TEXTS
    if found.syntax not in _FITTING[row.codec] and not shown_only:
        yield _unfit(row.codec, found)
    if found.single and row.values in SEVERAL:
        yield "takes a single value, and the row many"
    if not found.user_modifiable and row.write is not Write.NEVER:
        yield 'the server alone writes it: say write = "never"'


def _unfit(codec: Codec, found: AttributeType) -> str:
    return f"the codec {codec} does not fit its syntax {found.syntax}"


def _rules(row: Field, found: AttributeType) -> Iterator[str]:
    asked = row.filter or row.search or row.sort
    if (row.filter or row.unique or row.values is Values.MANY) and not found.equality:
        yield "has no EQUALITY rule to filter by, or to change one of many values"
    if asked and row.codec in _ORDERED and not found.ordering:
        yield "has no ORDERING rule to sort or filter by"
    if (row.filter or row.search) and row.codec in _SEARCHED_IN_PARTS and not found.substrings:
        yield "has no SUBSTR rule to search by"
