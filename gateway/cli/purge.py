"""`gateway purge`: deletes for good what was deleted long enough ago."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli import operator
from gateway.cli.durations import duration
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, screen, write_json
from gateway.container import open_services
from gateway.domain.errors import NotFound
from gateway.domain.model import User
from gateway.domain.query import Query
from gateway.observability.audit import LoggedAudit
from gateway.ports import TenantDirectory
from gateway.services.all import Services
from gateway.services.audit import Audit

EPILOG = "Example: gateway purge --older-than 90d --dry-run"
ACTION = "cli.users.purge"


def purge(
    older_than: Annotated[
        str, typer.Option(metavar="SPAN", help="Deleted at least so long ago.")
    ] = "30d",
    tenant: Annotated[str | None, typer.Option(help="One tenant, by id or slug.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell who it would be.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Delete soft-deleted users for good: nobody can restore them afterwards."""
    loaded = operator.settings(config)
    before = datetime.now(UTC) - duration(older_than)

    async def work() -> list[User]:
        async with open_services(loaded) as services:
            gone = []
            for directory in await _tenants(services, tenant):
                gone += await _purge(directory, before, dry_run)
            return gone

    gone = operator.run(work)
    if as_json:
        names = ("id", "tenant_id", "username", "deleted_at")
        write_json([{name: getattr(user, name) for name in names} for user in gone])
        return
    verb = "would be deleted" if dry_run else "deleted"
    for user in gone:
        screen().print(f"{user.id} {user.username} ({user.deleted_at})", markup=False)
    screen().print(f"{len(gone)} {verb} for good")


async def _tenants(services: Services, ref: str | None) -> list[TenantDirectory]:
    directory = services.directory
    if ref is not None:
        return [await directory.tenant(ref)]
    found = await directory.tenants.find(Query(limit=None))
    return [await directory.tenant(tenant.id) for tenant in found.items]


async def _purge(directory: TenantDirectory, before: datetime, dry_run: bool) -> list[User]:
    audit = Audit(log=LoggedAudit())
    gone = [user async for user in directory.users.retired(before)]
    if dry_run:
        return gone
    purged = []
    for user in gone:
        try:
            await directory.users.purge(user.id)
        except NotFound:  # restored or purged meanwhile
            continue
        audit.changed(operator.call(ACTION), user.id, tenant_id=directory.tenant.id, before=user)
        purged.append(user)
    return purged
