"""Schemas: which are missing, and what a server lacks of an earlier version of our own."""

import re
from collections.abc import Iterable, Iterator

from adapters.ldap.doctor.findings import Finding, ok, problem
from adapters.ldap.doctor.ordered import plain
from adapters.ldap.ldif import Record, line_of

_OWN = "dgw"
_ELEMENTS = ("olcAttributeTypes", "olcObjectClasses")
_NAME = re.compile(r"\bNAME\s+(?:\(\s*)?'([^']+)'")


def examine(expected: Iterable[Record], actual: Iterable[Record]) -> Iterator[Finding]:
    """Each schema must be there, and of our own all that it has by now.

    Args:
        expected: the configuration of an empty server, with its schemas.
        actual: the server's records of cn=config.
    """
    there = {plain(name).lower(): r for r in actual if _is_schema(r) for name in r.texts("cn")}
    for record in expected:
        name = record.text("cn") or ""
        if not _is_schema(record) or name == "schema":
            continue
        subject, found = f"schema {name}", there.get(name.lower())
        if found is None:
            lines = [("dn", record.dn.encode()), ("changetype", b"add"), *record.values]
            yield problem(subject, "is missing", "".join(line_of(*line) for line in lines))
        elif name == _OWN and (missing := _missing(record, found)):
            named = ", ".join(_name(text) for texts in missing.values() for text in texts)
            yield problem(
                subject, f"is of an earlier version, without {named}", _add(found, missing)
            )
        else:
            yield ok(subject, "is there")


def _is_schema(record: Record) -> bool:
    return record.dn.lower().endswith("cn=schema,cn=config")


def _missing(ours: Record, theirs: Record) -> dict[str, list[str]]:
    """Our elements that the server does not have, in the order in which they can be added."""
    known = {_name(text).lower() for kind in _ELEMENTS for text in theirs.texts(kind)}
    missing = {
        kind: [text for text in ours.texts(kind) if _name(text).lower() not in known]
        for kind in _ELEMENTS
    }
    return {kind: texts for kind, texts in missing.items() if texts}


def _name(element: str) -> str:
    found = _NAME.search(element)
    return found[1] if found else element


def _add(schema: Record, missing: dict[str, list[str]]) -> str:
    """One Modify, so that the classes find their attributes."""
    parts = []
    for kind, texts in missing.items():
        lines = [("add", kind), *((kind, text) for text in texts)]
        parts.append("".join(line_of(name, text.encode()) for name, text in lines))
    head = line_of("dn", schema.dn.encode()) + line_of("changetype", b"modify")
    return head + "-\n".join(parts)
