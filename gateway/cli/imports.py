"""`gateway import`: users from a file into a tenant."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.ldap.dn import Dn, InvalidDn
from gateway.cli import operator
from gateway.cli.bulk.importing import Importer, Outcome, Result, Rules
from gateway.cli.bulk.journal import Journal
from gateway.cli.bulk.reading import read
from gateway.cli.bulk.rows import FileError, Format, Row
from gateway.cli.bulk.running import ImportRun
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, Exit, fail, screen, write_json
from gateway.container import open_services

EPILOG = "Example: gateway import people.csv --tenant acme --create-ous --dry-run"

_NAMED = 20
"""How many failed rows are shown to a person."""


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file, UTF-8.")],
    tenant: Annotated[str, typer.Option(help="Where to, by id or slug.")],
    format_: Annotated[
        Format | None, typer.Option("--format", help="By default what the name ends in.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(help="LDIF: the entry below which units keep their place; else all at root."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change users that are there; passwords stay.")
    ] = False,
    create_ous: Annotated[bool, typer.Option("--create-ous", help="Make units.")] = False,
    create_groups: Annotated[bool, typer.Option("--create-groups", help="Make groups.")] = False,
    welcome: Annotated[
        bool, typer.Option("--welcome", help="Mail a link to those without a password.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Rows under way at once.")] = 8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, change nothing.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget an earlier run.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Create users, each by the rules of a request.

    CSV: a header with email, username, first_name, last_name, display_name, phone, locale,
    timezone, status, ou_path (/Sales/Europe), groups (a;b), password, require_password_change,
    custom_attributes (JSON) or custom.NAME. JSON lines: objects with the same members. LDIF:
    entries as the mapping reads them.

    A run that was cut off goes on where it was, by FILE.journal beside the file. Ends with 1
    where rows failed; running it again tries those.
    """
    loaded = operator.settings(config)
    mapping = operator.layout(loaded).mappings.user
    how = format_ or _by_name(file)
    start = _base(base)

    def rows() -> Iterator[Row]:
        return read(file, how, mapping, start)

    try:
        count = sum(1 for _ in rows())  # reads it all, so a broken file changes nothing
    except FileError as error:
        raise fail(str(error)) from error
    rules = Rules(
        update=update,
        create_ous=create_ous,
        create_groups=create_groups,
        welcome=welcome,
        dry_run=dry_run,
    )

    async def work() -> list[Result]:
        async with open_services(loaded) as services:
            directory = await services.directory.tenant(tenant)
            importer = Importer(services, directory, rules)
            journal = None if dry_run else Journal(file, directory.tenant.id)
            if journal and restart:
                journal.forget()
            with _progress(count) as progress:
                task = progress.add_task("", total=count)
                run = ImportRun(importer, journal, jobs, lambda: progress.advance(task))
                return await run.finish(rows())

    try:
        results = operator.run(work)
    except FileError as error:
        raise fail(str(error)) from error
    _tell(results, count, dry_run, as_json)


def _tell(results: list[Result], count: int, dry_run: bool, as_json: bool) -> None:
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    if as_json:
        write_json([asdict(result) for result in results])
    else:
        console = screen()
        for result in failed[:_NAMED]:
            told = f"row {result.row} ({result.login}): {result.detail}"
            console.print(f"[red]failed[/] {escape(told)}", soft_wrap=True)
        if len(failed) > _NAMED:
            console.print(f"... and {len(failed) - _NAMED} more; --json tells all")
        counts = Counter(result.outcome for result in results)
        before = count - len(results)
        parts = [f"{counts[outcome]} {outcome}" for outcome in Outcome]
        parts += [f"{before} done before"] if before else []
        console.print(f"{'Would be: ' if dry_run else ''}{', '.join(parts)}")
    if failed:
        raise typer.Exit(Exit.FINDINGS)


def _progress(count: int) -> Progress:
    return Progress(
        TextColumn("Users"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen(),
        transient=True,
        disable=count == 0,
    )


def _by_name(file: Path) -> Format:
    with suppress(ValueError):
        return Format(file.suffix.removeprefix(".").lower())
    raise fail(f"{file}: what format is it? Say --format csv, jsonl or ldif")


def _base(text: str | None) -> Dn | None:
    try:
        return None if text is None else Dn.parse(text)
    except InvalidDn as error:
        raise fail(f"--base: {error}") from error
