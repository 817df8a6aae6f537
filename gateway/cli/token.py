"""`gateway token`: a bearer token from the built-in issuer, or one for a SCIM client."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapters.tokens.statement import statement
from gateway.cli import operator, scim_tokens
from gateway.cli.durations import duration
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, fail, write, write_json
from gateway.container import open_services
from gateway.domain.access import Principal, Role
from gateway.domain.model import ScimToken
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
}
_NEEDS_TENANT = {Kind.TENANT_ADMIN, Kind.APPLICATION, Kind.USER}
_LIFETIME = "8h"


def token(
    kind: Annotated[Kind, typer.Argument(help="What the bearer is.")] = Kind.SUPER_ADMIN,
    tenant: Annotated[str | None, typer.Option(help="Tenant, by id or slug.")] = None,
    partner: Annotated[str | None, typer.Option(help="Partner, by id.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Application's client id.")] = None,
    user: Annotated[str | None, typer.Option(help="User's e-mail or username.")] = None,
    subject: Annotated[str | None, typer.Option(help="The `sub` of an admin's token.")] = None,
    scim: Annotated[bool, typer.Option("--scim", help="The same as the kind scim.")] = False,
    name: Annotated[str | None, typer.Option(help="What a SCIM token is listed as.")] = None,
    provider: Annotated[
        str | None, typer.Option(help="SCIM: the identity provider that it acts for, by id.")
    ] = None,
    lifetime: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN", help="How long it holds; by default 8h, for SCIM until it is revoked."
        ),
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and write it to standard output.

    One for SCIM is kept in the directory: `gateway scim tokens` lists it, `gateway scim revoke`
    ends it. All others are signed, by installations whose built-in issuer is switched on.
    """
    if scim or kind is Kind.SCIM:
        if partner or client_id or user or subject:
            raise fail("A token of kind scim takes no --partner, --client-id, --user, --subject")
        _managed(tenant, name, provider, lifetime, config, as_json=as_json)
        return
    if name or provider:
        raise fail("Only a token of kind scim takes --name and --provider")
    span = duration(lifetime or _LIFETIME)
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


def _managed(
    tenant: str | None,
    name: str | None,
    provider: str | None,
    lifetime: str | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    if tenant is None:
        raise fail(f"A token of kind {Kind.SCIM} needs --tenant")
    span = None if lifetime is None else duration(lifetime)
    loaded = operator.settings(config)

    async def work() -> tuple[ScimToken, str]:
        async with open_services(loaded) as services:
            return await scim_tokens.issue(services, tenant, name, provider, span)

    made, text = operator.run(work)
    if as_json:
        holds = {} if span is None else {"expires_in": int(span.total_seconds())}
        told = {"access_token": text, "token_type": "Bearer", **holds}
        write_json(told | scim_tokens.facts(made))
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
