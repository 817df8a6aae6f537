"""The LDIF that makes an OpenLDAP server fit for the gateway.

Owns how the templates beside the OpenLDAP image are filled in: the server's own
configuration for an empty server, the tree at the start, and the same configuration
as changes for a server that exists. Knows no connection: what is rendered here is
loaded by slapadd, ldapadd or whoever has one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import quote

from adapters.ldap.ldif import Record, line_of, parse, render

MODULE_PATH = Path("/usr/lib/ldap")
SCHEMA_DIR = Path("/etc/ldap/schema")
STANDARD_SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "dyngroup")
UNIQUE_OVERLAY_RDN = "olcOverlay={0}unique"
DATABASE_DN = "olcDatabase={1}mdb,cn=config"

# What an existing server takes over from ours; the rest it has decided for itself.
_REPLACED = {
    "olcsockbufmaxincoming",
    "olcsockbufmaxincomingauth",
    "olcpasswordhash",
    "olclastbind",
}
_ADDED = {"olcsortvals", "olclimits", "olcdbindex"}
_STRUCTURAL = {"dc": "organization", "o": "organization", "ou": "organizationalUnit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the parts of the tree stand: plain DNs and RDNs, so that each can be another.

    The containers' RDNs and `deleted_rdn` have the form `ou=name`.
    """

    suffix: str
    admin_dn: str = ""
    partners_rdn: str = "ou=partners"
    tenants_rdn: str = "ou=tenants"
    services_rdn: str = "ou=services"
    policies_rdn: str = "ou=policies"
    deleted_rdn: str = "ou=deleted"

    def __post_init__(self) -> None:
        """Refuse what would end a line or a quoted word of the configuration.

        Raises:
            ValueError: a name holds a control character or a double quote, or a
                container is not named by `ou`.
        """
        rdns = (self.partners_rdn, self.tenants_rdn, self.services_rdn, self.policies_rdn)
        for name in (self.suffix, self.admin_dn, self.deleted_rdn, *rdns):
            if re.search(r'[\x00-\x1f\x7f"]', name):
                msg = f"Not usable as a name in the directory's configuration: {name!r}"
                raise ValueError(msg)
        for rdn in (*rdns, self.deleted_rdn):
            if not re.fullmatch(r"ou=[^,+]+", rdn):
                msg = f"A container is named ou=..., not {rdn!r}"
                raise ValueError(msg)

    @property
    def rootdn(self) -> str:
        """The directory's administrator, above all access rules and policies."""
        return self.admin_dn or f"cn=admin,{self.suffix}"

    @property
    def service_dn(self) -> str:
        """The account that the gateway binds as."""
        return f"cn=gateway,{self.services_rdn},{self.suffix}"

    @property
    def placeholder_dn(self) -> str:
        """The member of groups that have no other."""
        return f"cn=placeholder,{self.services_rdn},{self.suffix}"

    @property
    def decoy_dn(self) -> str:
        """The entry that binds of unknown users go to."""
        return f"cn=decoy,{self.services_rdn},{self.suffix}"


def packaged_files() -> Path:
    """Return the folder of the templates: in an installed wheel, or in the repository.

    Raises:
        FileNotFoundError: neither place has them.
    """
    here = Path(__file__).resolve()
    for folder in (here.parent / "openldap", here.parents[2] / "docker" / "openldap"):
        if (folder / "config.ldif").is_file():
            return folder
    msg = "The OpenLDAP templates are neither beside adapters/ldap nor in docker/openldap"
    raise FileNotFoundError(msg)


def config_ldif(
    site: Site,
    *,
    admin_password_hash: str,
    data_dir: Path,
    run_dir: Path,
    module_path: Path = MODULE_PATH,
    schema_dir: Path = SCHEMA_DIR,
    maxsize: int = 64 * 2**30,
    nosync: bool = False,
) -> str:
    """Render the whole cn=config of an empty server, for `slapadd -n 0`.

    Args:
        site: where the parts of the tree stand.
        admin_password_hash: the rootdn's password as slappasswd prints it.
        data_dir: the database's folder; must exist when slapd starts.
        run_dir: the folder of the pid file.
        module_path: where slapd's modules are.
        schema_dir: where the standard schemas are, as LDIF.
        maxsize: the most bytes that the database may grow to; the file is sparse.
        nosync: leave writing to the disk to the system. For tests: a crash of the
            machine may lose the database.
    """
    return _fill(
        "config.ldif",
        _words(site)
        | {
            "admin_password_hash": admin_password_hash,
            "data_dir": str(data_dir),
            "run_dir": str(run_dir),
            "module_path": str(module_path),
            "maxsize": str(maxsize),
            "nosync": "TRUE" if nosync else "FALSE",
            "schema": render([*_schemas(schema_dir, STANDARD_SCHEMAS), *_own_schema()]).rstrip(),
        },
    )


def tree_ldif(site: Site, *, service_password_hash: str, decoy_password_hash: str) -> str:
    """Render the tree at the start, for `slapadd -n 1` or ldapadd as the rootdn.

    Args:
        site: where the parts of the tree stand.
        service_password_hash: the service account's password as slappasswd prints it.
        decoy_password_hash: the hash of a password that nobody knows, made the same way,
            so that a bind against it takes the same time.
    """
    return _fill(
        "tree.ldif",
        _words(site)
        | {
            "service_password_hash": service_password_hash,
            "decoy_password_hash": decoy_password_hash,
        },
    )


def init_ldif(
    site: Site,
    *,
    service_password_hash: str,
    decoy_password_hash: str,
    database_dn: str = DATABASE_DN,
    schema_dir: Path = SCHEMA_DIR,
    missing_schemas: tuple[str, ...] = (),
    with_suffix: bool = False,
) -> str:
    """Render what an existing server lacks, as changes for `ldapmodify -c` over cn=config.

    Modules, our schema, overlays, indexes, limits, access rules, then the tree. With -c,
    what is there already is refused line by line and the rest is applied; the access
    rules go in front of the server's own, which stay in force for everybody else.

    Args:
        site: where the parts of the tree stand.
        service_password_hash: the service account's password as slappasswd prints it.
        decoy_password_hash: the hash of a password that nobody knows.
        database_dn: the database in cn=config that holds the suffix.
        schema_dir: where the standard schemas are, as LDIF.
        missing_schemas: standard schemas that the server has not loaded yet.
        with_suffix: also add the suffix entry itself.
    """
    ignored = Path("-")  # an existing server has its own; these go nowhere
    config = config_ldif(
        site,
        admin_password_hash=str(ignored),
        data_dir=ignored,
        run_dir=ignored,
        schema_dir=schema_dir,
    )
    tree = tree_ldif(
        site,
        service_password_hash=service_password_hash,
        decoy_password_hash=decoy_password_hash,
    )
    records = [record for record in parse(config) if not record.dn.endswith(",cn=schema,cn=config")]
    schemas = [*_schemas(schema_dir, missing_schemas), *_own_schema()]
    changes = [
        *_modules(next(record for record in records if record.dn == "cn=module,cn=config")),
        *(_add(record.dn, record.values) for record in schemas),
        *(change for record in records for change in _changes(record, database_dn)),
        *(
            _add(record.dn, record.values)
            for record in list(parse(tree))[0 if with_suffix else 1 :]
        ),
    ]
    return "\n".join(changes)


def unique_uri(people_base: str) -> str:
    """Return the value of `olcUniqueURI` that makes mail and uid unique below a DN."""
    return f"serialize ldap:///{quote(people_base, safe=',=+')}?mail,uid?sub"


def _words(site: Site) -> dict[str, str]:
    """Return what the templates call by name; DNs there stand between double quotes."""
    suffix = site.suffix
    partners, tenants = f"{site.partners_rdn},{suffix}", f"{site.tenants_rdn},{suffix}"
    services, policies = f"{site.services_rdn},{suffix}", f"{site.policies_rdn},{suffix}"
    return {
        "suffix": suffix,
        "suffix_entry": _suffix_entry(suffix),
        "admin_dn": site.rootdn,
        "service_dn": site.service_dn,
        "placeholder_dn": site.placeholder_dn,
        "decoy_dn": site.decoy_dn,
        "partners_base": partners,
        "tenants_base": tenants,
        "services_base": services,
        "policies_base": policies,
        "services_base_quoted": quote(services, safe=",=+"),
        "partners_name": site.partners_rdn.partition("=")[2],
        "tenants_name": site.tenants_rdn.partition("=")[2],
        "services_name": site.services_rdn.partition("=")[2],
        "policies_name": site.policies_rdn.partition("=")[2],
        "default_policy_dn": f"cn=default,{policies}",
        "nolock_policy_dn": f"cn=no-lockout,{policies}",
        "deleted_rdn": re.escape(site.deleted_rdn),
        "tenants_regex": re.escape(tenants),
    }


def _suffix_entry(suffix: str) -> str:
    rdn = re.split(r"(?<!\\),", suffix, maxsplit=1)[0]
    attribute, _, value = rdn.partition("=")
    structural = _STRUCTURAL.get(attribute.strip().lower())
    if structural is None or "+" in rdn:
        msg = f"The suffix begins with dc=, o= or ou=, not {rdn!r}"
        raise ValueError(msg)
    name = re.sub(r"\\([^0-9a-fA-F])", r"\1", value.strip())
    values = [("objectClass", structural), (attribute.strip(), name)]
    if attribute.strip().lower() == "dc":
        values += [("objectClass", "dcObject"), ("o", name)]
    lines = [line_of(key, text.encode()) for key, text in [("dn", suffix), *values]]
    return "".join(lines).rstrip()


def _fill(name: str, words: dict[str, str]) -> str:
    template = (packaged_files() / name).read_text(encoding="utf-8")
    # A comment is no place for a substitution: it may tell of ${...} itself.
    lines = [line for line in template.splitlines() if not line.startswith("#")]
    return Template("\n".join(lines) + "\n").substitute(words).lstrip()


def _own_schema() -> list[Record]:
    return list(parse((packaged_files() / "schema" / "dgw.ldif").read_text(encoding="utf-8")))


def _schemas(folder: Path, names: tuple[str, ...]) -> list[Record]:
    """Read standard schemas.

    Raises:
        FileNotFoundError: slapd's package, which brings them, is not installed.
    """
    return [
        record
        for name in names
        for record in parse((folder / f"{name}.ldif").read_text(encoding="utf-8"))
    ]


def _add(dn: str, values: tuple[tuple[str, bytes], ...]) -> str:
    lines = [("dn", dn.encode()), ("changetype", b"add"), *values]
    return "".join(line_of(name, value) for name, value in lines)


def _modify(dn: str, attribute: str, *values: bytes, how: str = "add") -> str:
    lines = [("dn", dn.encode()), ("changetype", b"modify"), (how, attribute.encode())]
    return "".join(line_of(*line) for line in lines + [(attribute, value) for value in values])


def _modules(record: Record) -> Iterator[str]:
    """One change a module, since one that is loaded already refuses the whole change."""
    for module in record.all("olcModuleLoad"):
        if module != b"back_mdb":
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
    if rdn in ("olcDatabase=config", "olcDatabase=mdb"):
        yield _access(dn, record.all("olcAccess"))
    for name, value in record.values:
        if name.lower() in _REPLACED:
            yield _modify(dn, name, value, how="replace")
        elif name.lower() in _ADDED:
            yield _modify(dn, name, value)


def _access(dn: str, rules: tuple[bytes, ...]) -> str:
    """Put all rules but the closing one in front of those that the server has."""
    front = (b"{%d}%b" % (place, rule) for place, rule in enumerate(rules[:-1]))
    return _modify(dn, "olcAccess", *front)
