"""The schema that a server publishes (RFC 4512, 4.1 and 4.2), with inheritance resolved."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.filters import EVERYTHING
from adapters.ldap.values import Scope

_TOKEN = re.compile(r"[()$]|'(?:[^'])*'|[^\s()$']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """An attribute type; rules and syntax are those that hold, inherited ones too."""

    name: str
    syntax: str = ""
    equality: bool = False
    ordering: bool = False
    substrings: bool = False
    single: bool = False
    operational: bool = False
    user_modifiable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectClass:
    """An object class; what it demands and allows, with what its superiors do, in lower case.

    `line` are the names and OIDs of itself and its superiors, in lower case.
    """

    name: str
    line: frozenset[str] = frozenset()
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subschema:
    """Attribute types and object classes, by each of their names and OIDs in lower case."""

    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    classes: Mapping[str, ObjectClass] = field(default_factory=dict)

    def attribute(self, name: str) -> AttributeType | None:
        """The attribute type of that name; None where the server has none."""
        return self.attributes.get(name.lower())

    def object_class(self, name: str) -> ObjectClass | None:
        """The object class of that name; None where the server has none."""
        return self.classes.get(name.lower())

    def line(self, classes: Iterable[str]) -> frozenset[str]:
        """All that something of these classes is, by each name and OID in lower case."""
        known = ((name, self.object_class(name)) for name in classes)
        return frozenset().union(*(c.line if c else {name.lower()} for name, c in known))


async def read_subschema(client: LdapClient) -> Subschema:
    """What the server publishes. Raises LdapError."""
    root = (await client.search(Dn(), Scope.BASE, EVERYTHING, ["subschemaSubentry"]))[0]
    where = Dn.parse(root.text("subschemaSubentry") or "cn=Subschema")
    (entry,) = await client.search(
        where, Scope.BASE, "(objectClass=subschema)", ["attributeTypes", "objectClasses"]
    )
    return parse_subschema(
        (value.decode("utf-8", "replace") for value in entry.get("attributeTypes")),
        (value.decode("utf-8", "replace") for value in entry.get("objectClasses")),
    )


def parse_subschema(attribute_types: Iterable[str], object_classes: Iterable[str]) -> Subschema:
    """The schema from descriptions in the form of RFC 4512, 4.1.1 and 4.1.2."""
    types = _by_name(map(_description, attribute_types))
    classes = _by_name(map(_description, object_classes))
    aliases = {name: words["NAME"][0].lower() for name, words in types.items()}
    return Subschema(
        {name: _attribute_type(words, types) for name, words in types.items()},
        {name: _object_class(words, classes, aliases) for name, words in classes.items()},
    )


_Words = dict[str, list[str]]


def _description(text: str) -> _Words:
    """Keywords to their values: none for a flag, one, or the items of a list."""
    tokens = [token.strip("'") for token in _TOKEN.findall(text)][1:-1]
    words: _Words = {"OID": tokens[:1]}
    position = 1
    while position < len(tokens):
        keyword, position = tokens[position], position + 1
        values: list[str] = []
        if position < len(tokens) and tokens[position] == "(":
            end = tokens.index(")", position)
            values = [item for item in tokens[position + 1 : end] if item != "$"]
            position = end + 1
        elif keyword not in _FLAGS and position < len(tokens):
            values, position = [tokens[position]], position + 1
        words[keyword] = values
    words.setdefault("NAME", words["OID"])
    return words


_FLAGS = frozenset(
    {
        "ABSTRACT",
        "AUXILIARY",
        "COLLECTIVE",
        "NO-USER-MODIFICATION",
        "OBSOLETE",
        "SINGLE-VALUE",
        "STRUCTURAL",
    }
)


def _by_name(descriptions: Iterable[_Words]) -> dict[str, _Words]:
    return {
        name.lower(): words for words in descriptions for name in (*words["NAME"], *words["OID"])
    }


def _line(words: _Words, known: Mapping[str, _Words]) -> Iterator[_Words]:
    """A description and those of its superiors, however many; a circle ends."""
    seen: list[_Words] = []
    open_ = [words]
    while open_:
        current = open_.pop(0)
        if current in seen:
            continue
        seen.append(current)
        yield current
        open_ += [known[name.lower()] for name in current.get("SUP", ()) if name.lower() in known]


def _attribute_type(words: _Words, known: Mapping[str, _Words]) -> AttributeType:
    line = list(_line(words, known))
    syntax = next((w["SYNTAX"][0] for w in line if w.get("SYNTAX")), "")
    return AttributeType(
        name=words["NAME"][0],
        syntax=syntax.partition("{")[0],
        equality=any("EQUALITY" in w for w in line),
        ordering=any("ORDERING" in w for w in line),
        substrings=any("SUBSTR" in w for w in line),
        single="SINGLE-VALUE" in words,
        operational=words.get("USAGE", ["userApplications"]) != ["userApplications"],
        user_modifiable="NO-USER-MODIFICATION" not in words,
    )


def _object_class(
    words: _Words, known: Mapping[str, _Words], aliases: Mapping[str, str]
) -> ObjectClass:
    line = list(_line(words, known))
    must, may = (
        frozenset(aliases.get(a.lower(), a.lower()) for w in line for a in w.get(kind, ()))
        for kind in ("MUST", "MAY")
    )
    names = frozenset(n.lower() for w in line for n in (*w["NAME"], *w["OID"]))
    return ObjectClass(name=words["NAME"][0], line=names, must=must, may=may)
