"""How commands reach the services: with the settings, as the operator of this machine.

Whoever can read the gateway's settings has its directory account anyway; so commands act with
full authority, through the same services, and the audit log names the person's login.
"""

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from adapters.ldap.client import LdapClient
from adapters.ldap.doctor.examination import site_of
from adapters.ldap.errors import LdapError
from adapters.ldap.settings import Layout
from gateway.cli.terminal import Exit, fail, told
from gateway.config import Settings, SettingsError, load_settings
from gateway.domain.access import Principal, Role
from gateway.domain.errors import Unavailable
from gateway.observability import logs
from gateway.services.access import Call
from mappings.loader import MappingError, load

T = TypeVar("T")

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="TOML file with the settings.",
        envvar="GATEWAY_CONFIG",
        exists=True,
        dir_okay=False,
    ),
]


def settings(config: Path | None) -> Settings:
    """The settings of the deployment; ends the command where they are wrong."""
    try:
        loaded = load_settings(config)
    except SettingsError as error:
        raise fail(str(error)) from error
    logs.configure(loaded.log.model_copy(update={"level": "warning", "format": "console"}))
    return loaded


def layout(loaded: Settings) -> Layout:
    """Where things stand in the directory; ends the command where mapping or names are wrong."""
    try:
        places = Layout(loaded.ldap, load(loaded.ldap.mapping))
        site_of(places, "")
    except (MappingError, ValueError) as error:
        raise fail(str(error)) from error
    return places


def call(action: str, tenant: str | None = None) -> Call:
    """What the operator asks of a service; `action` as in `gateway.domain.access`."""
    operator = Principal(subject=f"cli:{_login()}", role=Role.SUPER_ADMIN)
    return Call(principal=operator, action=action, tenant_ref=tenant)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a command's work; errors end it with a sentence."""

    async def main() -> T:
        return await work()

    with told():
        return asyncio.run(main())


@asynccontextmanager
async def ldap_client(loaded: Settings) -> AsyncIterator[LdapClient]:
    """A client of the directory without the services, for commands that look at the server."""
    client = LdapClient(loaded.ldap)
    try:
        yield client
    except LdapError as error:
        raise Unavailable(f"The directory does not serve the gateway: {error}") from error
    finally:
        await client.close()


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"


__all__ = ["ConfigFile", "Exit", "call", "layout", "ldap_client", "run", "settings"]
