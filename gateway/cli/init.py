"""`gateway init`: makes an OpenLDAP server fit for the gateway."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from adapters.ldap import provision, retrofit
from adapters.ldap.doctor import configuration
from adapters.ldap.doctor.examination import expected_config, site_of
from adapters.ldap.ldif import Record, parse
from adapters.ldap.settings import Layout
from gateway.cli import ldaptools, operator
from gateway.cli.ldaptools import Identity, ToolError
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import Exit, fail, screen, told, write
from gateway.config import Settings

EPILOG = "Example: sudo gateway init --admin-password-file /root/ldap.secret"

_CONFIG = "cn=config"
_SECTIONS = (
    "(|(objectClass=olcDatabaseConfig)(objectClass=olcOverlayConfig)"
    "(objectClass=olcModuleList)(objectClass=olcSchemaConfig))"
)


def init(
    url: Annotated[str, typer.Option(help="The server to set up.")] = "ldapi:///",
    config_dn: Annotated[
        str | None, typer.Option(help="Who may change cn=config; by default the local root.")
    ] = None,
    config_password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with its password.")
    ] = None,
    admin_dn: Annotated[
        str | None, typer.Option(help="Who may add entries; by default the database's rootdn.")
    ] = None,
    admin_password_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File with its password; without one, entries are added by who changes cn=config.",
        ),
    ] = None,
    print_: Annotated[
        bool, typer.Option("--print", help="Write the LDIF for a server with nothing, and end.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Put schema, overlays, indexes, access rules, tree and service account into a server.

    The suffix, the account and its password are those of the settings; the server has a
    database for the suffix. What is there already stays, so running it again is harmless.
    """
    loaded = operator.settings(config)
    places = operator.layout(loaded)
    password = loaded.ldap.bind_password.get_secret_value()
    if not password:
        raise fail("The gateway's account needs a password: set ldap.bind_password")
    if print_:
        write(_everything(places, password))
        return
    with told(), _sentences():
        owner = Identity(url=url, dn=config_dn, password=_secret(config_password_file))
        database = _configure(owner, loaded, places)
        rootdn = admin_dn or database.text("olcRootDN")
        admin = owner
        if admin_password_file is not None:
            admin = Identity(url=url, dn=rootdn, password=_secret(admin_password_file))
        screen().print(f"Adding what is missing below {escape(loaded.ldap.suffix)}")
        ldaptools.modify(admin, _tree(places, password))
    screen().print("Done. Have a look with: gateway doctor")


def _configure(owner: Identity, loaded: Settings, places: Layout) -> Record:
    """Mend cn=config until nothing is missing; the database of the suffix."""
    actual = ldaptools.search(owner, _CONFIG, _SECTIONS)
    database = configuration.database_of(loaded.ldap.suffix, actual)
    if database is None:
        held = sorted(text for record in actual for text in record.texts("olcSuffix"))
        raise fail(
            f"No database holds {loaded.ldap.suffix}; there is {', '.join(held) or 'none'} "
            "(ldap.suffix says which one is wanted)"
        )
    expected = expected_config(places, database, provision.SCHEMA_DIR)
    for finding in configuration.examine(expected, actual, database):
        if finding.ldif is not None:
            screen().print(f"Mending {escape(finding.subject)}: {escape(finding.detail)}")
            ldaptools.modify(owner, finding.ldif)
    return database


def _tree(places: Layout, password: str) -> str:
    """The suffix and what stands below it; the policy overlay hashes the passwords."""
    ldif = provision.tree_ldif(
        site_of(places, ""),
        service_password_hash=password,
        decoy_password_hash=secrets.token_urlsafe(32),
    )
    return retrofit.additions(parse(ldif))


def _everything(places: Layout, password: str) -> str:
    site = site_of(places, "")
    return f"{provision.init_config_ldif(site)}\n{_tree(places, password)}"


def _secret(file: Path | None) -> str:
    """What stands in a file; the line end after it does not belong to it."""
    return "" if file is None else file.read_text(encoding="utf-8").rstrip("\r\n")


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except ToolError as error:
        hint = ""
        if error.refused:
            hint = " (see --config-dn and --admin-password-file)"
        code = Exit.FINDINGS if error.refused else Exit.UNAVAILABLE
        raise fail(f"{error}{hint}", code) from error
