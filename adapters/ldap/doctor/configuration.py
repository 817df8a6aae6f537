"""A server's cn=config against what an empty server would get from `provision`.

Pure: records in, findings out. What the site decided for itself and what does no harm (other
overlays, more indexes, further access rules) is no finding.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from adapters.ldap.doctor import access, indexes, schemas
from adapters.ldap.doctor.findings import Finding, Level, ok, problem, warning
from adapters.ldap.doctor.ordered import change, normal, plain
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


def examine(
    expected: Sequence[Record], actual: Sequence[Record], database: Record
) -> list[Finding]:
    """What the server's configuration lacks, in the order in which it can be mended.

    Args:
        expected: the configuration of an empty server, with the schemas.
        actual: the server's records of cn=config.
        database: the one of `actual` that holds the suffix.
    """
    ours = _ours(expected, "olcdatabase=mdb")
    findings = [
        *schemas.examine(expected, actual),
        *_overlays(expected, actual, database.dn),
        *indexes.examine(ours, database),
        *_limits(ours, database),
        *access.examine("access rules", ours.texts("olcAccess")[:-1], database),
        _last_bind(database),
    ]
    config = _find(actual, "olcdatabase={0}config")
    if config is not None:
        wanted = _ours(expected, "olcdatabase=config").texts("olcAccess")[1:-1]
        findings += access.examine("access to cn=config", wanted, config)
    frontend = _find(actual, "olcdatabase={-1}frontend")
    if frontend is not None:
        findings += _frontend(expected, actual, frontend)
    return findings


def _find(records: Iterable[Record], rdn: str) -> Record | None:
    return next((r for r in records if r.dn.lower().partition(",")[0] == rdn), None)


def _ours(expected: Iterable[Record], rdn: str) -> Record:
    found = _find(expected, rdn)
    if found is None:
        msg = f"The template of the configuration has no {rdn}"
        raise ValueError(msg)
    return found


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


def _overlays(
    expected: Sequence[Record], actual: Sequence[Record], database_dn: str
) -> Iterator[Finding]:
    for record in expected:
        name = record.text("olcOverlay")
        if name is None:
            continue
        there = _overlay(name, actual, database_dn)
        subject = f"overlay {name}"
        if there is None:
            parts = _loading(name, actual)
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
            if there.text("olcSpNoPresent") == "TRUE":
                yield problem(
                    subject,
                    "olcSpNoPresent keeps deletions from whoever has not listened for long",
                    change(there.dn, "replace", "olcSpNoPresent", "FALSE"),
                )


def _loading(module: str, actual: Iterable[Record]) -> list[str]:
    """The change that loads a module; none where it is loaded, or built in."""
    lists = [record for record in actual if record.dn.lower().startswith("cn=module")]
    names = [plain(text) for record in lists for text in record.texts("olcModuleLoad")]
    if not lists or module in {re.sub(r"\.(la|so)$", "", name) for name in names}:
        return []
    return [change(lists[0].dn, "add", "olcModuleLoad", module)]


def _overlay(name: str, actual: Sequence[Record], database_dn: str) -> Record | None:
    for record in actual:
        of_database = record.dn.partition(",")[2].lower() == database_dn.lower()
        if of_database and plain(record.text("olcOverlay") or "") == name:
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
        words = {word for text in found for word in plain(text).split()}
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


def _limits(ours: Record, database: Record) -> Iterator[Finding]:
    there = {normal(text) for text in database.texts("olcLimits")}
    missing = [text for text in ours.texts("olcLimits") if normal(text) not in there]
    if missing:
        yield problem(
            "limits",
            "the gateway's account is cut off at the server's size limit; it needs its own",
            change(database.dn, "add", "olcLimits", *missing),
        )
    else:
        yield ok("limits", "the gateway's account has its own")


def _last_bind(database: Record) -> Finding:
    if database.text("olcLastBind") == "TRUE":
        return ok("lastbind", "logins are remembered")
    return warning(
        "lastbind",
        "is off: last_login_at stays empty",
        change(database.dn, "replace", "olcLastBind", "TRUE"),
    )


def _frontend(
    expected: Sequence[Record], actual: Sequence[Record], frontend: Record
) -> Iterator[Finding]:
    ours = _ours(expected, "olcdatabase=frontend")
    wanted = ours.text("olcPasswordHash") or ""
    if frontend.text("olcPasswordHash") != wanted:
        yield warning(
            "password hash",
            f"passwords are not stored as {wanted}",
            "\n".join(
                [
                    *_loading("argon2", actual),
                    change(frontend.dn, "replace", "olcPasswordHash", wanted),
                ]
            ),
        )
    else:
        yield ok("password hash", wanted)
    sorted_values = {plain(text).lower() for text in frontend.texts("olcSortVals")}
    if "member" not in sorted_values:
        yield warning(
            "sorted values",
            "adding a member to a huge group is slow",
            change(frontend.dn, "add", "olcSortVals", "member"),
        )
