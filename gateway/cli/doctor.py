"""`gateway doctor`: is the directory fit for the gateway, and what mends it?"""

from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich.markup import escape

from adapters.ldap.doctor.examination import examine
from adapters.ldap.doctor.findings import Finding, Level
from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import AsJson, Exit, screen, write, write_json

EPILOG = "Example: gateway doctor > mend.ldif && less mend.ldif"

_SIGNS = {
    Level.OK: "[green]ok[/]",
    Level.WARNING: "[yellow]warning[/]",
    Level.PROBLEM: "[bold red]problem[/]",
}


def doctor(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Examine schema, overlays, indexes, limits, access rules, policies and entries.

    Findings go to the screen, the LDIF that mends them to standard output; nothing is changed.
    Ends with 1 where something must be mended, 3 where the directory does not answer.
    """
    loaded = operator.settings(config)
    places = operator.layout(loaded)

    async def work() -> list[Finding]:
        async with operator.ldap_client(loaded) as client:
            return await examine(client, places)

    findings = operator.run(work)
    if as_json:
        write_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(Exit.FINDINGS)


def _show(findings: Sequence[Finding]) -> None:
    console = screen()
    for finding in findings:
        console.print(
            f"{_SIGNS[finding.level]} [bold]{escape(finding.subject)}[/]: {escape(finding.detail)}",
            soft_wrap=True,
        )
    changes = [finding for finding in findings if finding.ldif]
    for finding in changes:
        write(f"# {finding.subject}: {finding.detail}\n{finding.ldif}")
    if changes:
        console.print("Apply with: ldapmodify -Y EXTERNAL -H ldapi:/// -f <file>, as root")
