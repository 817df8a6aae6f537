"""`gateway mappings`: does the mapping fit the server's schema?"""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from adapters.ldap.schema import Finding
from adapters.ldap.schema import check as check_schema
from adapters.ldap.subschema import read_subschema
from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, Exit, fail, screen, write_json
from mappings.loader import MappingError, load

EPILOG = "Example: gateway mappings check --mapping ./our-mapping"

app = typer.Typer(help="Mappings between fields and attributes.", no_args_is_help=True)


@app.command(epilog=EPILOG)
def check(
    mapping: Annotated[
        str | None, typer.Option(help="A shipped mapping or a folder; by default the configured.")
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Hold each row against the attribute types and object classes of the live server.

    Ends with 1 where a row does not fit, 2 where the files themselves are wrong.
    """
    loaded = operator.settings(config)
    try:
        rows = load(mapping or loaded.ldap.mapping)
    except MappingError as error:
        raise fail(str(error)) from error

    async def work() -> list[Finding]:
        async with operator.ldap_client(loaded) as client:
            return check_schema(rows, await read_subschema(client))

    findings = operator.run(work)
    if as_json:
        write_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            screen().print(f"[red]{escape(str(finding))}[/]", soft_wrap=True)
        screen().print(f"{rows.name}: {len(findings)} problems")
    if findings:
        raise typer.Exit(Exit.FINDINGS)
