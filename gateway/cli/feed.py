"""`gateway feed`: keeps the mirror right."""

import asyncio
import signal
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
import uvloop
from rich.table import Table

from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, Exit, fail, screen, told, write_json
from gateway.config import Settings
from gateway.feeding import Feeding, open_feeding
from gateway.mirror.apply.endings import all_of, ended
from gateway.observability import logs
from gateway.ports.mirror import Standing
from gateway.process import begin_long_run

_AT_ONCE = 16
"""So many tenants are looked at at a time."""

EPILOG = "Example: GATEWAY_CONFIG=/etc/directory-gateway.toml gateway feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the mirror stands; `lag_seconds` is how far what is kept is behind the directory."""

    live: bool
    holder: str | None
    epoch: str | None
    lag_seconds: float | None
    tenants: int
    documents: int


def feed(
    status: Annotated[
        bool, typer.Option("--status", help="Only tell how the mirror stands; 1: not live.")
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Follow the directory and keep the mirror in Redis right, until SIGTERM.

    Of several, on any hosts, one does it; the others stand by.
    """
    loaded = operator.settings(config)
    if not loaded.mirror.enabled:
        raise fail("mirror.enabled is off: there is nothing to feed")
    if status:
        found = operator.run(lambda: _asked(loaded))
        _show(found, as_json=as_json)
        raise typer.Exit(Exit.OK if found.live else Exit.FINDINGS)
    logs.configure(loaded.log)
    begin_long_run()
    with told(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_feed(loaded))


async def _feed(loaded: Settings) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, asked.set)
    async with open_feeding(loaded) as feeding:
        leader = feeding.leader()
        work = asyncio.create_task(leader.run())
        end = asyncio.create_task(asked.wait())
        await asyncio.wait((work, end), return_when=asyncio.FIRST_COMPLETED)
        await leader.retire()
        await ended((work, end))


async def _asked(loaded: Settings) -> Status:
    async with open_feeding(loaded) as feeding:
        return await status_of(feeding)


async def status_of(feeding: Feeding) -> Status:
    """How the mirror stands. Raises Unavailable."""
    room = feeding.room
    epoch = await room.truth.believed()
    holder = await room.truth.holder()
    progress = await room.truth.progress()
    behind = await feeding.behind()
    tenant_ids = tuple(await room.store.tenants())
    current: list[Standing] = []
    for at in range(0, len(tenant_ids), _AT_ONCE):
        some = await all_of(map(room.store.standing, tenant_ids[at : at + _AT_ONCE]))
        current += [one for one in some if one and progress and one.epoch == progress.epoch]
    return Status(
        live=epoch is not None,
        holder=holder.owner if holder else None,
        epoch=progress.epoch if progress else None,
        lag_seconds=behind.total_seconds() if behind is not None else None,
        tenants=max(0, len(current) - 1),
        documents=sum(sum(one.counts.values()) for one in current),
    )


def _show(found: Status, *, as_json: bool) -> None:
    if as_json:
        write_json(asdict(found))
        return
    table = Table.grid(padding=(0, 2))
    for name, value in asdict(found).items():
        table.add_row(name.replace("_", " "), "-" if value is None else str(value))
    screen().print(table)
