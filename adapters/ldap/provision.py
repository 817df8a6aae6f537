"""The LDIF that makes an OpenLDAP server fit for the gateway.

Owns how the templates beside the OpenLDAP image are filled in: the server's own
configuration for an empty server, the tree at the start, and the same configuration
as changes for a server that exists. Knows no connection: what is rendered here is
loaded by slapadd, ldapadd or whoever has one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import quote

from adapters.ldap import retrofit
from adapters.ldap.dn import Dn
from adapters.ldap.ldif import Record, line_of, parse, render

MODULE_PATH = Path("/usr/lib/ldap")
SCHEMA_DIR = Path("/etc/ldap/schema")
STANDARD_SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "dyngroup")

_MULTILINE = {"schema", "suffix_entry", "tls"}
_STRUCTURAL = {"dc": "organization", "o": "organization", "ou": "organizationalUnit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the parts of the tree stand: plain DNs and RDNs, so that each can be another.

    The containers' RDNs and `deleted_rdn` have the form `ou=name`, in plain words.
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
                container is not named so.
        """
        rdns = (self.partners_rdn, self.tenants_rdn, self.services_rdn, self.policies_rdn)
        for name in (self.suffix, self.admin_dn, self.deleted_rdn, *rdns):
            if re.search(r'[\x00-\x1f\x7f"]', name):
                msg = f"Not usable as a name in the directory's configuration: {name!r}"
                raise ValueError(msg)
        for rdn in (*rdns, self.deleted_rdn):
            if not re.fullmatch(r"ou=\w([\w -]*\w)?", rdn):
                msg = f"A container is named ou= and plain words, not {rdn!r}"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A server's certificate with its chain, and its key: PEM files that slapd can read."""

    certificate: Path
    key: Path


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
    schema_dir: Path | None = SCHEMA_DIR,
    maxsize: int = 64 * 2**30,
    nosync: bool = False,
    tls: Tls | None = None,
) -> str:
    """Render the whole cn=config of an empty server, for `slapadd -n 0`.

    Args:
        site: where the parts of the tree stand.
        admin_password_hash: the rootdn's password as slappasswd prints it.
        data_dir: the database's folder; must exist when slapd starts.
        run_dir: the folder of the pid file.
        module_path: where slapd's modules are.
        schema_dir: where the standard schemas are, as LDIF; None leaves them out, for a
            mere comparison.
        maxsize: the most bytes that the database may grow to; the file is sparse.
        nosync: leave writing to the disk to the system. For tests: a crash of the
            machine may lose the database.
        tls: what ldaps:// and StartTLS are served with.
    """
    standard = _schemas(schema_dir, STANDARD_SCHEMAS) if schema_dir else []
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
            "tls": "" if tls is None else _tls_lines(tls),
            "schema": render([*standard, *_own_schema()]).rstrip(),
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


def init_config_ldif(
    site: Site,
    *,
    database_dn: str = retrofit.DATABASE_DN,
    schema_dir: Path = SCHEMA_DIR,
    missing_schemas: tuple[str, ...] = (),
) -> str:
    """Render what an existing server's cn=config lacks, as changes for `ldapmodify -c`.

    Modules, our schema, password hash, indexes, limits, access rules, overlays. With -c,
    what is there already is refused change by change and the rest is applied. The access
    rules go in front of the server's own, which stay in force for everything else.

    Args:
        site: where the parts of the tree stand.
        database_dn: the database in cn=config that holds the suffix.
        schema_dir: where the standard schemas are, as LDIF.
        missing_schemas: standard schemas that the server has not loaded yet.
    """
    ignored = Path("-")  # an existing server has its own; these go nowhere
    config = config_ldif(
        site,
        admin_password_hash=str(ignored),
        data_dir=ignored,
        run_dir=ignored,
        schema_dir=schema_dir,
    )
    schemas = [*_schemas(schema_dir, missing_schemas), *_own_schema()]
    return retrofit.config_changes(parse(config), schemas, database_dn)


def init_tree_ldif(site: Site, *, service_password_hash: str, decoy_password_hash: str) -> str:
    """Render the entries below a suffix that exists, for `ldapmodify -c` as its rootdn.

    Applied after `init_config_ldif`. Then the two passwords may also be given in clear:
    the ppolicy overlay hashes them.
    """
    tree = tree_ldif(
        site,
        service_password_hash=service_password_hash,
        decoy_password_hash=decoy_password_hash,
    )
    return retrofit.additions(list(parse(tree))[1:])


def unique_uri(people_base: str, attributes: Iterable[str] = ("mail", "uid")) -> str:
    """Return the value of `olcUniqueURI` that makes attributes unique below a DN."""
    return f"serialize ldap:///{quote(people_base, safe=',=+')}?{','.join(sorted(attributes))}?sub"


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
        "deleted_rdn": site.deleted_rdn,
        "tenants_rdn": site.tenants_rdn,
        # in slapd's normal form a comma inside a value is no comma
        "suffix_regex": ",".join("[^,]+" for _ in Dn.parse(suffix).rdns),
    }


def _tls_lines(tls: Tls) -> str:
    """Return further lines of a record; the first one ends the line that they stand behind."""
    return f"\nolcTLSCertificateFile: {tls.certificate}\nolcTLSCertificateKeyFile: {tls.key}"


def _suffix_entry(suffix: str) -> str:
    (attribute, name), *others = Dn.parse(suffix).rdn.pairs
    structural = _STRUCTURAL.get(attribute.lower())
    if structural is None or others or not isinstance(name, str):
        msg = f"The suffix begins with dc=, o= or ou=, not {suffix!r}"
        raise ValueError(msg)
    values = [("dn", suffix), ("objectClass", structural), (attribute, name)]
    if attribute.lower() == "dc":
        values += [("objectClass", "dcObject"), ("o", name)]
    return "".join(line_of(key, text.encode()) for key, text in values).rstrip()


def _fill(name: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        if word not in _MULTILINE and re.search(r"[\x00-\x1f\x7f]", value):
            msg = f"Not usable in the directory's configuration: {word} {value!r}"
            raise ValueError(msg)
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
