"""`gateway mirror`: the copy of the directory in Redis, compared and made anew."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.cli import operator
from gateway.cli.feed import Status, status_of
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, Exit, screen, write_json
from gateway.config import Settings
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.query import Query
from gateway.feeding import Feeding, open_feeding
from gateway.mirror.apply.comparison import Comparison, Difference
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import NotMirrored

VERIFY_EPILOG: Final = "Example: gateway mirror verify --tenant acme"
REBUILD_EPILOG: Final = "Example: gateway mirror rebuild"

_NOT_MIRRORED: Final = 2
_POLL: Final = 0.2
_HANDOVER: Final = 5.0
"""Seconds in which a feed that runs has a lease again."""
_PATIENCE: Final = 10.0
"""Seconds for which servers may be away meanwhile."""

app = typer.Typer(help="The copy of the directory in Redis.", no_args_is_help=True)


@app.command(epilog=VERIFY_EPILOG)
def verify(
    tenant: Annotated[str | None, typer.Option(help="One tenant, by id or slug.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare the mirror with the directory: every resource, and the members of every group.

    Names what differs and in which fields, never values. Ends with 1 where something differs,
    with 2 where there is no mirror that is true.
    """
    loaded = operator.settings(config)
    found, compared, mirrored = operator.run(lambda: _verify(loaded, tenant))
    if as_json:
        rows = [asdict(each) for each in found]
        write_json({"mirrored": mirrored, "compared": compared, "differences": rows})
    else:
        for each in found:
            fields = f" ({', '.join(each.fields)})" if each.fields else ""
            screen().print(f"{each.what} {each.id}{fields} in {each.tenant_id}", markup=False)
        told = f"{compared:,} compared, {len(found):,} differ"
        screen().print(told if mirrored else "The mirror is not live: readers ask the directory")
    if not mirrored:
        raise typer.Exit(_NOT_MIRRORED)
    if found:
        raise typer.Exit(Exit.FINDINGS)


@app.command(epilog=REBUILD_EPILOG)
def rebuild(
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for the end.")] = False,
    config: ConfigFile = None,
) -> None:
    """Let the feed make the mirror anew; meanwhile the directory is asked."""
    loaded = operator.settings(config)
    operator.run(lambda: _rebuild(loaded, wait=not no_wait))


async def _verify(loaded: Settings, tenant: str | None) -> tuple[list[Difference], int, bool]:
    async with open_feeding(loaded) as feeding:
        room = feeding.room
        epoch = await room.truth.believed()
        if epoch is None:
            return [], 0, False
        comparison = Comparison(feeding.directory, room, epoch)
        found: list[Difference] = []
        try:
            for tenant_id in await _tenants(feeding, tenant):
                try:
                    found += [each async for each in comparison.differences(tenant_id)]
                except NotFound:
                    if tenant is not None:
                        raise
        except NotMirrored:
            return found, comparison.compared, False
        return found, comparison.compared, True


async def _surely(ask: Callable[[], Awaitable[Status]]) -> Status:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return await ask()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_POLL)


async def _tenants(feeding: Feeding, tenant: str | None) -> list[str]:
    if tenant is not None:
        return [(await feeding.directory.tenant(tenant)).tenant.id]
    page = await feeding.directory.tenants.find(Query(limit=None))
    return [PLATFORM, *(each.id for each in page.items)]


async def _rebuild(loaded: Settings, *, wait: bool) -> None:
    async with open_feeding(loaded) as feeding:
        truth = feeding.room.truth
        before = await truth.progress()
        await truth.forget()
        deadline = time.monotonic() + _HANDOVER
        while await truth.holder() is None:  # it gives its lease back, and takes it again
            if time.monotonic() > deadline:
                raise Unavailable("The mirror is forgotten, but no feed runs: start gateway feed")
            await asyncio.sleep(_POLL)
        if not wait:
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=screen(), transient=True) as progress:
            task = progress.add_task("The feed begins anew")
            while True:
                status = await _surely(lambda: status_of(feeding))
                if status.live and (before is None or status.epoch != before.epoch):
                    break
                if status.epoch is not None:
                    told = f"{status.documents:,} documents of {status.tenants:,} tenants"
                    progress.update(task, description=told)
                await asyncio.sleep(_POLL)
        screen().print(f"{status.documents:,} documents of {status.tenants:,} tenants are kept")
