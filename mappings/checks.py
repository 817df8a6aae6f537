"""What a mapping must not say.

Two homes for one field, rows that contradict themselves, references to nothing: each check
yields row, key and problem, and the loader makes errors of them.
"""

import re
from collections.abc import Iterator, Mapping

from mappings.table import SEVERAL, TEXTS, Codec, Derived, Field, ResourceMapping, Values

_PLACE = re.compile(r"\{([^{}]*)\}")

Problems = Iterator[tuple[str, str, str]]
"""Row, key, and what is wrong there."""


def names(mapping: ResourceMapping) -> Problems:
    """Nothing has two homes, and no name means two things."""
    own = [f for f in mapping.fields.values() if f.values is not Values.FURTHER]
    stored = [(f"fields.{f.name}", f.attribute) for f in own]
    stored += [("generated", g.attribute) for g in mapping.generated]
    if mapping.custom is not None:
        stored += [("custom", mapping.custom.attribute)]
        stored += [("custom", name) for name in mapping.custom.standard]
    if mapping.members is not None:
        stored += [("", mapping.members)]
    yield from _twice("attribute", ((row, name.lower()) for row, name in stored))
    shown: tuple[Field | Derived, ...] = (*mapping.fields.values(), *mapping.derived.values())
    for face in ("rest", "scim"):
        named = [(row.name, getattr(row, face)) for row in shown]
        if mapping.custom is not None and face == "scim":
            named += [(f"custom.{name}", row.scim) for name, row in mapping.custom.standard.items()]
        yield from _twice(face, ((row, name) for row, name in named if name))
    for name in mapping.derived.keys() & mapping.fields.keys():
        yield f"derived.{name}", "", "stands among the fields, too"


def _twice(key: str, named: Iterator[tuple[str, str]]) -> Problems:
    seen: dict[str, str] = {}
    for row, name in named:
        if name in seen:
            yield row, key, f"{name} is taken by {seen[name] or 'members'}"
        seen[name] = row


_DEFAULTS: Mapping[Codec, type] = {
    **dict.fromkeys(TEXTS, str),
    Codec.ENUM: str,
    Codec.BOOLEAN: bool,
    Codec.INTEGER: int,
}


def rows(mapping: ResourceMapping) -> Problems:
    """No row contradicts itself."""
    for row in mapping.fields.values():
        where = f"fields.{row.name}"
        if row.required and (row.default is not None or row.placeholder is not None):
            yield where, "required", "a required field has neither default nor placeholder"
        single_text = row.codec in TEXTS and row.values is Values.ONE
        if row.placeholder is not None and not single_text:
            yield where, "placeholder", "only a single text has one"
        if row.values in SEVERAL and (row.sort or row.unique or row.default is not None):
            yield (
                where,
                "values",
                "many values can be neither sorted by nor unique, nor have a default",
            )
        if row.secret and (row.sort or row.search or row.filter or row.rest or row.scim):
            yield where, "secret", "a secret is not shown, sorted, searched or filtered by"
        if row.auxiliary and mapping.auxiliary is None:
            yield where, "auxiliary", "the resource has no auxiliary class"
    if mapping.custom is not None and mapping.custom.auxiliary and mapping.auxiliary is None:
        yield "custom", "auxiliary", "the resource has no auxiliary class"


def shared(mapping: ResourceMapping) -> Problems:
    """Further values are those of an attribute of which another field shows the first."""
    firsts = {f.attribute.lower() for f in mapping.fields.values() if f.values is Values.FIRST}
    for row in mapping.fields.values():
        if row.values is Values.FURTHER and row.attribute.lower() not in firsts:
            yield f"fields.{row.name}", "values", "no field shows the first one"


def codecs(mapping: ResourceMapping) -> Problems:
    """Each row asks of its codec what that can do."""
    for row in mapping.fields.values():
        where = f"fields.{row.name}"
        if row.default is not None and type(row.default) is not _DEFAULTS.get(row.codec):
            yield where, "default", f"does not fit the codec {row.codec}"
        if (row.search or row.unique) and row.codec not in TEXTS:
            yield where, "codec", "only texts are searched or unique"
        if (row.codec is Codec.ENUM) != bool(row.words):
            yield where, "words", "an enum has words, and nothing else has"
        if row.codec is Codec.ENUM and row.default is not None and row.default not in row.words:
            yield where, "default", "is none of the words"


def references(mapping: ResourceMapping) -> Problems:
    """What is referred to is there."""
    naming = mapping.fields.get(mapping.rdn)
    if naming is None or not naming.required or naming.codec is not Codec.TEXT:
        yield "", "rdn", "must be a required text among the fields"
    homes = {f.attribute.lower() for f in mapping.fields.values()}
    for attribute in mapping.demands:
        if attribute.lower() not in homes:
            yield "", "demands", f"{attribute} is no field's attribute"
    for place, made in enumerate(mapping.generated):
        where = f"generated.{place + 1}"
        ways = (made.first_of, made.text is not None, made.random_integer)
        if sum(map(bool, ways)) != 1:
            yield where, "", "needs exactly one of first_of, text and random_integer"
        for key, names in (("first_of", made.first_of), ("text", _PLACE.findall(made.text or ""))):
            for name in names:
                if name not in mapping.fields:
                    yield where, key, f"no field is called {name!r}"
