"""`gateway token`: a bearer token from the built-in issuer."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from adapters.tokens.statement import statement
from gateway.cli import operator
from gateway.cli.durations import duration
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, fail, write, write_json
from gateway.container import open_services
from gateway.domain.access import Principal, Role
from gateway.ports import Directory
from gateway.services.all import Services

EPILOG = "Example: export TOKEN=$(gateway token tenant_admin --tenant acme --lifetime 30m)"


class Kind(StrEnum):
    """The kinds of tokens, by what their bearer is."""

    SUPER_ADMIN = "super_admin"
    PLATFORM = "platform"
    PLATFORM_READ = "platform_read"
    PARTNER_ADMIN = "partner_admin"
    TENANT_ADMIN = "tenant_admin"
    APPLICATION = "application"
    USER = "user"
    SCIM = "scim"


_ROLES = {
    Kind.SUPER_ADMIN: Role.SUPER_ADMIN,
    Kind.PLATFORM: Role.PLATFORM_WRITE,
    Kind.PLATFORM_READ: Role.PLATFORM_READ,
    Kind.PARTNER_ADMIN: Role.PARTNER_ADMIN,
    Kind.TENANT_ADMIN: Role.TENANT_ADMIN,
    Kind.APPLICATION: Role.APPLICATION,
    Kind.USER: Role.USER,
    Kind.SCIM: Role.SCIM,
}
_NEEDS_TENANT = {Kind.TENANT_ADMIN, Kind.APPLICATION, Kind.USER, Kind.SCIM}


def token(
    kind: Annotated[Kind, typer.Argument(help="What the bearer is.")] = Kind.SUPER_ADMIN,
    tenant: Annotated[str | None, typer.Option(help="Tenant, by id or slug.")] = None,
    partner: Annotated[str | None, typer.Option(help="Partner, by id.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Application's client id.")] = None,
    user: Annotated[str | None, typer.Option(help="User's e-mail or username.")] = None,
    subject: Annotated[str | None, typer.Option(help="The `sub` of an admin's token.")] = None,
    scim: Annotated[bool, typer.Option("--scim", help="The same as the kind scim.")] = False,
    lifetime: Annotated[str, typer.Option(metavar="SPAN", help="How long it holds.")] = "8h",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a token and write it to standard output.

    Only for installations whose built-in issuer is switched on; others ask their own.
    """
    kind = Kind.SCIM if scim else kind
    span = duration(lifetime)
    loaded = operator.settings(config)

    async def work() -> str:
        async with open_services(loaded) as services:
            return await _issued(services, kind, tenant, partner, client_id, user, subject, span)

    text = operator.run(work)
    if as_json:
        seconds = int(span.total_seconds())
        write_json({"access_token": text, "token_type": "Bearer", "expires_in": seconds})
    else:
        write(text)


async def _issued(
    services: Services,
    kind: Kind,
    tenant: str | None,
    partner: str | None,
    client_id: str | None,
    user: str | None,
    subject: str | None,
    lifetime: timedelta,
) -> str:
    if services.issuer is None:
        raise fail("The built-in issuer is switched off (tokens.builtin.enabled)")
    if kind in _NEEDS_TENANT and tenant is None:
        raise fail(f"A token of kind {kind} needs --tenant")
    if kind is Kind.PARTNER_ADMIN and partner is None:
        raise fail("A token of kind partner_admin needs --partner")
    bearer = Principal(
        subject=await _subject(services.directory, kind, tenant, client_id, user, subject),
        role=_ROLES[kind],
        tenant_id=await _tenant_id(services.directory, tenant),
        partner_id=await _partner_id(services.directory, partner),
        client_id=client_id,
    )
    return await services.issuer.issue(statement(bearer), lifetime)


async def _subject(
    directory: Directory,
    kind: Kind,
    tenant: str | None,
    client_id: str | None,
    user: str | None,
    subject: str | None,
) -> str:
    if kind is Kind.USER:
        if user is None or tenant is None:
            raise fail("A token of kind user needs --user")
        return (await (await directory.tenant(tenant)).users.by_login(user)).id
    if kind is Kind.APPLICATION:
        if client_id is None or tenant is None:
            raise fail("A token of kind application needs --client-id")
        applications = (await directory.tenant(tenant)).applications
        return (await applications.by_client_id(client_id)).client_id
    return subject or f"cli-{kind}"


async def _tenant_id(directory: Directory, ref: str | None) -> str | None:
    return None if ref is None else (await directory.tenant(ref)).tenant.id


async def _partner_id(directory: Directory, ref: str | None) -> str | None:
    return None if ref is None else (await directory.partners.get(ref)).id
