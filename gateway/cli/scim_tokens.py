"""`gateway scim tokens`, `gateway scim revoke`; and making a token, for `gateway token --scim`."""

import secrets
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, screen, write_json
from gateway.container import open_services
from gateway.domain.model import ScimToken
from gateway.services.all import Services
from gateway.services.listing import Listing

TOKENS_EPILOG = "Example: gateway scim tokens --tenant acme"
REVOKE_EPILOG = "Example: gateway scim revoke tok_0123456789abcdef0123456789abcdef"

_ALL = 2**31
_SHOWN = ("id", "tenant_id", "name", "identity_provider_id", "created_at", "expires_at")


async def issue(
    services: Services,
    tenant: str,
    name: str | None,
    identity_provider_id: str | None,
    lifetime: timedelta | None,
) -> tuple[ScimToken, str]:
    """Make a token, under a name of its own if none is given; raises as the service does."""
    return await services.scim_tokens.issue(
        operator.call("scim_tokens.create"),
        name or f"cli-{secrets.token_hex(4)}",
        tenant_id=tenant,
        identity_provider_id=identity_provider_id,
        lifetime=lifetime,
    )


def tokens(
    tenant: Annotated[str | None, typer.Option(help="One tenant, by id or slug.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List the tokens of provisioning clients, also expired ones; never what they are."""
    loaded = operator.settings(config)

    async def work() -> tuple[ScimToken, ...]:
        listing = Listing(tenant_id=tenant, per_page=_ALL)
        async with open_services(loaded) as services:
            return (
                await services.scim_tokens.list(operator.call("scim_tokens.list"), listing)
            ).items

    found = operator.run(work)
    if as_json:
        write_json([facts(token) for token in found])
    else:
        _show(found)


def revoke(
    token_id: Annotated[str, typer.Argument(help="The id of the token, not the token itself.")],
    config: ConfigFile = None,
) -> None:
    """Delete the token of a provisioning client: every gateway refuses it from now on."""
    loaded = operator.settings(config)

    async def work() -> None:
        async with open_services(loaded) as services:
            await services.scim_tokens.delete(operator.call("scim_tokens.delete"), token_id)

    operator.run(work)
    screen().print(f"{token_id} is revoked", markup=False)


def facts(token: ScimToken) -> dict[str, object]:
    """What is told of a token."""
    return {name: getattr(token, name) for name in _SHOWN}


def _show(found: tuple[ScimToken, ...]) -> None:
    table = Table(title=f"{len(found)} SCIM tokens", box=None)
    for heading in ("Id", "Tenant", "Name", "Identity provider", "Created", "Expires"):
        table.add_column(heading, overflow="fold")
    for token in found:
        table.add_row(*(Text(str(value or "never")) for value in facts(token).values()))
    screen().print(table)
