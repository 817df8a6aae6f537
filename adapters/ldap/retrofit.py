"""The configuration of an empty server turned into changes for one that exists.

Owns which of our settings an existing server takes over, and how. Knows no template.
"""

from collections.abc import Iterable, Iterator

from adapters.ldap.ldif import Record, line_of

DATABASE_DN = "olcDatabase={1}mdb,cn=config"

# What an existing server takes over from ours; the rest it has decided for itself.
_REPLACED = {"olcpasswordhash", "olclastbind"}
_ADDED = {"olcsortvals", "olclimits"}


def config_changes(config: Iterable[Record], schemas: Iterable[Record], database_dn: str) -> str:
    """Return the changes that bring cn=config to what the records say.

    Args:
        config: the records of an empty server's cn=config.
        schemas: the schemas to add.
        database_dn: the database that stands for the one in the records.
    """
    records = [record for record in config if not record.dn.endswith("cn=schema,cn=config")]
    modules = (change for record in records for change in _modules(record))
    changes = (change for record in records for change in _changes(record, database_dn))
    return "\n".join([*modules, additions(schemas), *changes])


def additions(records: Iterable[Record]) -> str:
    """Return the changes that add the records."""
    return "\n".join(_add(record.dn, record.values) for record in records)


def _add(dn: str, values: tuple[tuple[str, bytes], ...]) -> str:
    lines = [("dn", dn.encode()), ("changetype", b"add"), *values]
    return "".join(line_of(name, value) for name, value in lines)


def _modify(dn: str, attribute: str, *values: bytes, how: str = "add") -> str:
    lines = [("dn", dn.encode()), ("changetype", b"modify"), (how, attribute.encode())]
    return "".join(line_of(*line) for line in lines + [(attribute, value) for value in values])


def _modules(record: Record) -> Iterator[str]:
    """One change a module, since one that is loaded already refuses the whole change."""
    for module in record.all("olcModuleLoad"):
        if module != b"back_mdb":  # it has a database already
            yield _modify("cn=module{0},cn=config", "olcModuleLoad", module)


def _changes(record: Record, database_dn: str) -> Iterator[str]:
    rdn = record.dn.partition(",")[0]
    if rdn.startswith("olcOverlay="):
        yield _add(f"{rdn},{database_dn}", record.values)
        return
    dn = {
        "cn=config": "cn=config",
        "olcDatabase=frontend": "olcDatabase={-1}frontend,cn=config",
        "olcDatabase=config": "olcDatabase={0}config,cn=config",
        "olcDatabase=mdb": database_dn,
    }.get(rdn)
    if dn is None:
        return
    rules = record.all("olcAccess")
    if rdn == "olcDatabase=config":
        yield _access(dn, rules[1:-1])  # who administers the server is decided already
    elif rdn == "olcDatabase=mdb":
        yield _access(dn, rules[:-1])
    for name, value in record.values:
        if name.lower() in _REPLACED:
            yield _modify(dn, name, value, how="replace")
        elif name.lower() == "olcdbindex":
            # one attribute a change, since an index that is there refuses the whole of it
            attributes, _, kinds = value.partition(b" ")
            for attribute in attributes.split(b","):
                yield _modify(dn, name, attribute + b" " + kinds)
        elif name.lower() in _ADDED:
            yield _modify(dn, name, value)


def _access(dn: str, rules: tuple[bytes, ...]) -> str:
    """Put rules in front of those that the server has."""
    front = (b"{%d}%b" % (place, rule) for place, rule in enumerate(rules))
    return _modify(dn, "olcAccess", *front)
