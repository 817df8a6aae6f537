"""`gateway dev`: the whole thing on this machine, for trying and for scripts."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from gateway.cli.terminal import screen, told
from gateway.devstack.dev import Options, run
from gateway.devstack.ready import Facts

EPILOG = "Example: gateway dev --port 9000 --users 1000"
_SEEN = "ada.young"


def dev(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 is any free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="API processes.")] = 1,
    state_dir: Annotated[
        Path, typer.Option(help="Folder that keeps all data for the next start.")
    ] = Path(".state"),
    users: Annotated[
        int, typer.Option(min=0, max=10_000_000, help="Synthetic users beside the sample data.")
    ] = 0,
    reset: Annotated[bool, typer.Option("--reset", help="Empty the state folder first.")] = False,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="JSON file that appears when everything answers: URLs, tokens, pids."),
    ] = None,
) -> None:
    """Run a private slapd and Redis with sample data, and the API on top.

    Ctrl-C or SIGTERM ends all of it; the data stays in the state folder.
    """
    options = Options(
        host=host,
        port=port,
        workers=workers,
        state_dir=state_dir,
        users=users,
        reset=reset,
        ready_file=ready_file,
    )
    with told():
        run(options, _Screen(screen()))


class _Screen:
    """Tells a person how it goes, and what to paste."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def doing(self, what: str) -> None:
        """One line a step."""
        self._console.print(f"[dim]{escape(what)} ...[/]")

    def trouble(self, what: str) -> None:
        """One line, in a colour that is seen."""
        self._console.print(f"[bold yellow]{escape(what)}[/]")

    def ready(self, facts: Facts, settings: Path) -> None:
        """The URLs, a token, and lines that work as pasted."""
        table = Table.grid(padding=(0, 2))
        table.add_row("API", f"{facts.base_url}  (documentation: {facts.base_url}/docs)")
        table.add_row("LDAP", f"{facts.ldap_url}  (suffix {facts.ldap_suffix})")
        table.add_row("Redis", facts.redis_url)
        table.add_row("Users", ", ".join(f"{t.slug}: {t.users:,}" for t in facts.tenants))
        table.add_row("Mails", "are shown below instead of being sent")
        self._console.print(Panel(table, title="directory-gateway", expand=False))
        tenant = facts.tenants[0] if facts.tenants else None
        self._lines("A token that may do everything", f"export TOKEN={facts.tokens['super_admin']}")
        if tenant is not None:
            self._lines(
                "Read a page of users over REST, and the same tree over LDAP",
                f'curl -s -H "Authorization: Bearer $TOKEN" '
                f"'{facts.base_url}/api/v1/tenants/{tenant.slug}/users?per_page=3'",
                f"ldapsearch -x -H {facts.ldap_url} -D '{facts.ldap_admin_dn}' "
                f"-w '{facts.ldap_admin_password}' -b '{tenant.base_dn}' "
                f"'(uid={_SEEN})' '*' memberOf",
            )
        self._lines(
            "Other commands on this directory",
            f"export GATEWAY_CONFIG={settings}",
            "gateway doctor",
        )
        self._console.print("[dim]Ctrl-C ends all of it.[/]")

    def _lines(self, title: str, *commands: str) -> None:
        self._console.print(f"\n[bold]{escape(title)}[/]")
        for command in commands:
            # Unwrapped and without markup: to be pasted.
            self._console.print(command, soft_wrap=True, markup=False, highlight=False)
        self._console.print()
