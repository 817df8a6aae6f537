"""A server's cn=config against what an empty server would get from `provision`.

Pure: records in, findings out. What the site decided for itself and what does no harm (other
overlays, more indexes, further access rules) is no finding.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from adapters.ldap.doctor.findings import Finding, Level, ok, problem, warning
from adapters.ldap.ldif import Record, line_of

_VITAL = {
    "unique": Level.PROBLEM,
    "ppolicy": Level.PROBLEM,
    "refint": Level.WARNING,
    "syncprov": Level.WARNING,
    "dynlist": Level.WARNING,
}
_WHY = {
    "unique": "e-mails and user names are not unique",
    "ppolicy": "no lockout, no password rules",
    "refint": "groups keep members that are gone",
    "syncprov": "changes cannot be followed",
    "dynlist": "LDAP clients see no memberOf",
}
# Of these, the value must be ours; of every other attribute of an overlay, any value does.
_EXACT = {"olcppolicyhashcleartext", "olcrefintattribute", "olcdynlistattrset"}
_PLACE = re.compile(r"^\{-?\d+\}")


def examine(
    expected: Sequence[Record], actual: Sequence[Record], database: Record
) -> list[Finding]:
    """What the server's configuration lacks.

    Args:
        expected: the configuration of an empty server.
        actual: the server's records of cn=config.
        database: the one of `actual` that holds the suffix.
    """
    ours = next(record for record in expected if record.dn.startswith("olcDatabase=mdb"))
    frontend = next((r for r in actual if r.dn.lower().startswith("olcdatabase={-1}")), None)
    findings = [
        *_overlays(expected, actual, database.dn),
        *_indexes(ours, database),
        *_limits(ours, database),
        *_access(ours, database),
        _last_bind(database),
    ]
    if frontend is not None:
        findings += _frontend(expected, frontend)
    return findings


def database_of(suffix: str, actual: Iterable[Record]) -> Record | None:
    """The database that holds exactly this suffix."""
    return next(
        (
            record
            for record in actual
            if suffix.lower().replace(" ", "")
            in (text.lower().replace(" ", "") for text in record.texts("olcSuffix"))
        ),
        None,
    )


def change(dn: str, how: str, attribute: str, *values: str) -> str:
    """One change record (RFC 2849) that adds or replaces values of an attribute."""
    lines = [("dn", dn), ("changetype", "modify"), (how, attribute)]
    lines += [(attribute, value) for value in values]
    return "".join(line_of(name, value.encode()) for name, value in lines)


def _overlays(
    expected: Sequence[Record], actual: Sequence[Record], database_dn: str
) -> Iterator[Finding]:
    loaded = {
        re.sub(r"\.(la|so)$", "", _plain(module))
        for record in actual
        for module in record.texts("olcModuleLoad")
    }
    lists = [r.dn for r in actual if r.dn.lower().startswith("cn=module")]
    for record in expected:
        name = record.text("olcOverlay")
        if name is None:
            continue
        there = _overlay(name, actual, database_dn)
        subject = f"overlay {name}"
        if there is None:
            parts = []
            if name not in loaded and lists:
                parts.append(change(lists[0], "add", "olcModuleLoad", name))
            dn = record.dn.replace("olcDatabase={1}mdb,cn=config", database_dn)
            lines = [("dn", dn.encode()), ("changetype", b"add"), *record.values]
            parts.append("".join(line_of(*line) for line in lines))
            yield Finding(
                level=_VITAL[name],
                subject=subject,
                detail=f"is missing: {_WHY[name]}",
                ldif="\n".join(parts),
            )
        else:
            yield from _overlay_settings(subject, _VITAL[name], record, there)


def _overlay(name: str, actual: Sequence[Record], database_dn: str) -> Record | None:
    for record in actual:
        of_database = record.dn.partition(",")[2].lower() == database_dn.lower()
        if of_database and _plain(record.text("olcOverlay") or "") == name:
            return record
    return None


def _overlay_settings(
    subject: str, level: Level, expected: Record, there: Record
) -> Iterator[Finding]:
    missing = []
    for name, value in expected.values:
        if name in ("objectClass", "olcOverlay", "olcUniqueURI"):
            continue
        found = there.texts(name)
        wanted = value.decode()
        words = {word for text in found for word in _plain(text).split()}
        fits = set(wanted.split()) <= words if name.lower() in _EXACT else bool(found)
        if not fits:
            missing.append((name, wanted, "replace" if found else "add"))
    if not missing:
        yield ok(subject, "is there")
    for name, wanted, how in missing:
        yield Finding(
            level=level,
            subject=subject,
            detail=f"{name} should be {wanted!r}",
            ldif=change(there.dn, how, name, wanted),
        )


def _indexes(ours: Record, database: Record) -> Iterator[Finding]:
    there = _index_set(database.texts("olcDbIndex"))
    wanted = _index_set(ours.texts("olcDbIndex"))
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
    in_the_way = [text for text in values if {name for name, _ in _index_set([text])} & {*missing}]
    kinds = {name: set(wanted) for name, wanted in missing.items()}
    for attribute, kind in _index_set(in_the_way):
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


def _index_set(values: Iterable[str]) -> set[tuple[str, str]]:
    pairs = set()
    for value in values:
        attributes, _, kinds = _plain(value).partition(" ")
        for attribute in attributes.split(","):
            pairs |= {(attribute.lower(), kind.strip()) for kind in kinds.split(",")}
    return pairs


def _limits(ours: Record, database: Record) -> Iterator[Finding]:
    there = {_normal(text) for text in database.texts("olcLimits")}
    missing = [text for text in ours.texts("olcLimits") if _normal(text) not in there]
    if missing:
        yield problem(
            "limits",
            "the gateway's account is cut off at the server's size limit; it needs its own",
            change(database.dn, "add", "olcLimits", *missing),
        )
    else:
        yield ok("limits", "the gateway's account has its own")


def _access(ours: Record, database: Record) -> Iterator[Finding]:
    """Our rules must be there, in our order, and before any rule that would end the search."""
    there = [_normal(text) for text in database.texts("olcAccess")]
    wanted = [_plain(text) for text in ours.texts("olcAccess")][:-1]  # the last is the site's
    missing = [rule for rule in wanted if _normal(rule) not in there]
    if missing:
        rules = [f"{{{place}}}{rule}" for place, rule in enumerate(wanted) if rule in missing]
        yield problem(
            "access rules",
            f"{len(missing)} of {len(wanted)} are missing: the gateway's account writes passwords "
            "only by the policy, disabled users cannot bind, secrets are not readable",
            change(database.dn, "add", "olcAccess", *rules),
        )
    elif [rule for rule in there if rule in {_normal(rule) for rule in wanted}] != [
        _normal(rule) for rule in wanted
    ]:
        yield problem("access rules", "are there in another order, so they do not do what they say")
    elif there.index(_normal(wanted[0])) != 0:
        yield warning("access rules", "other rules stand before the gateway's: check what they end")
    else:
        yield ok("access rules", "passwords are written by the policy, and only by it")


def _last_bind(database: Record) -> Finding:
    if database.text("olcLastBind") == "TRUE":
        return ok("lastbind", "logins are remembered")
    return warning(
        "lastbind",
        "is off: last_login_at stays empty",
        change(database.dn, "replace", "olcLastBind", "TRUE"),
    )


def _frontend(expected: Sequence[Record], frontend: Record) -> Iterator[Finding]:
    ours = next(record for record in expected if record.dn.startswith("olcDatabase=frontend"))
    wanted = ours.text("olcPasswordHash") or ""
    if frontend.text("olcPasswordHash") != wanted:
        yield warning(
            "password hash",
            f"passwords are not stored as {wanted}",
            change(frontend.dn, "replace", "olcPasswordHash", wanted),
        )
    else:
        yield ok("password hash", wanted)
    sorted_values = {_plain(text).lower() for text in frontend.texts("olcSortVals")}
    if "member" not in sorted_values:
        yield warning(
            "sorted values",
            "adding a member to a huge group is slow",
            change(frontend.dn, "add", "olcSortVals", "member"),
        )


def _plain(text: str) -> str:
    """Without the `{n}` that cn=config puts before ordered values."""
    return _PLACE.sub("", text).strip()


def _normal(text: str) -> str:
    """A rule or limit as it is compared: blanks, case and the two words for one DN do not count."""
    return " ".join(_plain(text).split()).lower().replace("dn.exact=", "dn.base=")
