"""Indexes of the database: which are missing, and how to have them without losing others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from adapters.ldap.doctor.findings import Finding, ok, warning
from adapters.ldap.doctor.ordered import plain
from adapters.ldap.ldif import Record, line_of


def examine(ours: Record, database: Record) -> Iterator[Finding]:
    """Compare the indexes of our database record with those of the server's."""
    there = _pairs(database.texts("olcDbIndex"))
    wanted = _pairs(ours.texts("olcDbIndex"))
    missing: dict[str, list[str]] = {}
    for attribute, kind in sorted(wanted - there):
        missing.setdefault(attribute, []).append(kind)
    if not missing:
        yield ok("indexes", f"all {len(wanted)} are there")
        return
    named = ", ".join(f"{name} ({','.join(kinds)})" for name, kinds in missing.items())
    yield warning("indexes", f"searches are slow without: {named}", _reindex(database, missing))


def _reindex(database: Record, missing: Mapping[str, Sequence[str]]) -> str:
    """One Modify: slapd takes one index an attribute, so those in the way are written anew."""
    values = database.texts("olcDbIndex")
    in_the_way = [text for text in values if {name for name, _ in _pairs([text])} & {*missing}]
    kinds = {name: set(wanted) for name, wanted in missing.items()}
    for attribute, kind in _pairs(in_the_way):
        kinds.setdefault(attribute, set()).add(kind)
    wanted = [f"{name} {','.join(sorted(each))}" for name, each in sorted(kinds.items())]
    addition = [("add", "olcDbIndex"), *(("olcDbIndex", text) for text in wanted)]
    lines = [("dn", database.dn), ("changetype", "modify")]
    if in_the_way:
        lines += [("delete", "olcDbIndex"), *(("olcDbIndex", text) for text in in_the_way)]
        head = "".join(line_of(name, value.encode()) for name, value in lines) + "-\n"
        lines = []
    else:
        head = ""
    return head + "".join(line_of(name, value.encode()) for name, value in [*lines, *addition])


def _pairs(values: Iterable[str]) -> set[tuple[str, str]]:
    pairs = set()
    for value in values:
        attributes, _, kinds = plain(value).partition(" ")
        for attribute in attributes.split(","):
            pairs |= {(attribute.lower(), kind.strip()) for kind in kinds.split(",")}
    return pairs
