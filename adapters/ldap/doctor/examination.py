"""The whole examination of a live directory, as the gateway's own account sees it."""

from collections.abc import Sequence
from pathlib import Path

from adapters.ldap import filters, provision
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.doctor import configuration, data
from adapters.ldap.doctor.findings import Finding, ok, problem, warning
from adapters.ldap.errors import InsufficientAccess
from adapters.ldap.ldif import Record, parse
from adapters.ldap.schema import check
from adapters.ldap.settings import Layout
from adapters.ldap.subschema import Subschema, read_subschema
from adapters.ldap.values import Entry, Scope

_CONFIG = Dn.parse("cn=config")
_CONTROLS = {
    "1.3.6.1.1.13.2": "post-read (RFC 4527)",
    "1.3.6.1.1.12": "assertion (RFC 4528)",
    "1.2.826.0.1.3344810.2.3": "matched values (RFC 3876)",
    "1.3.6.1.4.1.42.2.27.8.5.1": "password policy",
}


async def examine(client: LdapClient, layout: Layout) -> list[Finding]:
    """All findings, good and bad.

    Raises:
        LdapError: the server cannot be reached, or the account cannot log in.
    """
    findings = await _server(client, layout)
    findings += _mapping(layout, await read_subschema(client))
    actual = await _read_config(client)
    database = configuration.database_of(str(layout.suffix), actual)
    overlay: Record | None = None
    if database is None:
        findings.append(
            warning(
                "configuration",
                "cn=config is not readable for the gateway's account, so overlays, indexes, "
                "limits and access rules were not looked at; gateway init grants it",
            )
        )
    else:
        findings += configuration.examine(expected_config(layout, database), actual, database)
        overlay = next((r for r in actual if _is_unique_of(r, database)), None)
    findings += await data.examine_tree(client, layout)
    findings += await data.examine_policy(client, layout.default_policy)
    unique = None if database is None else frozenset(_uris(overlay))
    for base in await _tenants(client, layout):
        findings += await data.examine_tenant(
            client, layout, base, unique, overlay.dn if overlay else None
        )
    return findings


async def _server(client: LdapClient, layout: Layout) -> list[Finding]:
    (root,) = await client.search(
        Dn(), Scope.BASE, "(objectClass=*)", ("namingContexts", "supportedControl")
    )
    contexts = {Dn.parse(value.decode()) for value in root.get("namingContexts")}
    controls = {value.decode() for value in root.get("supportedControl")}
    missing = [name for oid, name in _CONTROLS.items() if oid not in controls]
    return [
        ok("server", f"holds {layout.suffix}")
        if layout.suffix in contexts
        else problem("server", f"does not hold {layout.suffix}"),
        problem("server", f"lacks the controls {', '.join(missing)}")
        if missing
        else ok("server", "has all controls that the gateway needs"),
    ]


def _mapping(layout: Layout, schema: Subschema) -> list[Finding]:
    found = check(layout.mappings, schema)
    if not found:
        return [ok("mapping", f"{layout.mappings.name} fits the schema")]
    return [problem("mapping", str(each)) for each in found]


async def _read_config(client: LdapClient) -> list[Record]:
    try:
        entries = await data.search(
            client,
            _CONFIG,
            Scope.SUBTREE,
            filters.or_(
                filters.eq("objectClass", "olcDatabaseConfig"),
                filters.eq("objectClass", "olcOverlayConfig"),
                filters.eq("objectClass", "olcModuleList"),
                filters.eq("objectClass", "olcSchemaConfig"),
            ),
            ("*",),
        )
    except InsufficientAccess:
        return []
    return [_record(entry) for entry in entries]


def _record(entry: Entry) -> Record:
    values = [(name, value) for name, each in entry.attributes.items() for value in each]
    return Record(dn=str(entry.dn), values=tuple(values))


def expected_config(
    layout: Layout, database: Record, schema_dir: Path | None = None
) -> Sequence[Record]:
    """The configuration that an empty server would get, for this one's administrator.

    The standard schemas are in it where `schema_dir` says where they are.
    """
    ignored = Path("-")
    site = site_of(layout, database.text("olcRootDN") or "")
    config = provision.config_ldif(
        site,
        admin_password_hash="-",  # noqa: S106  no password: the record is compared, not loaded
        data_dir=ignored,
        run_dir=ignored,
        schema_dir=schema_dir,
    )
    account = str(layout.settings.account).encode()
    return [
        Record(
            dn=record.dn,
            values=tuple(
                (name, value.replace(site.service_dn.encode(), account))
                for name, value in record.values
            ),
        )
        for record in parse(config)
    ]


def site_of(layout: Layout, admin_dn: str) -> provision.Site:
    """The places of the settings and the mapping, in the words of `provision`.

    Raises:
        ValueError: a container has a name that `provision` does not set up.
    """
    return provision.Site(
        suffix=str(layout.suffix),
        admin_dn=admin_dn,
        partners_rdn=",".join(layout.mappings.partner.container),
        tenants_rdn=",".join(layout.mappings.tenant.container),
        services_rdn=layout.settings.services_rdn,
        policies_rdn=layout.settings.policies_rdn,
        deleted_rdn=layout.settings.deleted_rdn,
    )


def _is_unique_of(record: Record, database: Record) -> bool:
    rdn, _, above = record.dn.partition(",")
    return above.lower() == database.dn.lower() and rdn.lower().endswith("unique")


def _uris(overlay: Record | None) -> list[str]:
    return [text.lower() for text in overlay.texts("olcUniqueURI")] if overlay else []


async def _tenants(client: LdapClient, layout: Layout) -> list[Dn]:
    recognised = filters.eq("objectClass", layout.mappings.tenant.recognise)
    entries = await data.search(client, layout.tenants, Scope.ONE, recognised, ())
    return [entry.dn for entry in entries]
