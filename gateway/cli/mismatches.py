"""`gateway mismatches`: users whose identity source contradicts their links."""

from typing import Annotated

import typer
from rich.table import Table

from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, Exit, screen, write_json
from gateway.container import open_services
from gateway.domain.mismatch import Outcome
from gateway.services.mismatches import MismatchItem, MismatchPage

EPILOG = "Example: gateway mismatches --tenant acme --fix"

_ALL = 2**31
_DONE = (Outcome.FIXED,)


def mismatches(
    tenant: Annotated[str | None, typer.Option(help="One tenant, by id or slug.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what has one right answer.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List mismatched users; with --fix, correct the source of those that can be.

    Ends with 1 where something is left to be looked at.
    """
    loaded = operator.settings(config)

    async def work() -> MismatchPage:
        action = "admin.users.mismatches.fix" if fix else "admin.users.mismatches"
        async with open_services(loaded) as services:
            ask = services.mismatches.fix if fix else services.mismatches.list
            return await ask(operator.call(action), tenant_id=tenant, page=1, per_page=_ALL)

    page = operator.run(work)
    if as_json:
        write_json([_row(item) for item in page.items])
    else:
        _show(page)
    if any(item.outcome not in _DONE for item in page.items):
        raise typer.Exit(Exit.FINDINGS)


def _row(item: MismatchItem) -> dict[str, object]:
    found = item.mismatch
    return {
        "id": found.user.id,
        "tenant_id": found.user.tenant_id,
        "email": found.user.email,
        "kind": found.kind,
        "identity_source": found.user.identity_source,
        "expected_source": found.expected_source,
        "outcome": item.outcome,
    }


def _show(page: MismatchPage) -> None:
    table = Table(title=f"{page.total} mismatched users", box=None)
    names = ("email", "kind", "identity_source", "expected_source", "outcome")
    for heading in ("E-mail", "Kind", "Source", "Expected", "Outcome"):
        table.add_column(heading, overflow="fold")
    for item in page.items:
        row = _row(item)
        table.add_row(*(str(row[name] or "-") for name in names))
    screen().print(table)
