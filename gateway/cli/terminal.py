"""How commands speak: to people on the terminal, to programs as JSON and exit codes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated

import typer
from rich.console import Console

from gateway.config import SettingsError
from gateway.devstack.processes import DevStackError
from gateway.domain.errors import GatewayError, Unavailable


class Exit(IntEnum):
    """What a script can tell from a command's end."""

    OK = 0
    FINDINGS = 1
    """It ran, and found something wrong, or could not do all of it."""
    USAGE = 2
    """Options or settings are wrong; nothing was done."""
    UNAVAILABLE = 3
    """A server that it needs does not answer."""


AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]


def screen() -> Console:
    """What a person reads; standard error, so that standard output stays for results."""
    return Console(stderr=True, highlight=False)


def write(text: str) -> None:
    """Write a result to standard output, as it is."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def write_json(value: object) -> None:
    """Write a result as JSON to standard output."""
    write(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def fail(message: str, code: Exit = Exit.USAGE) -> typer.Exit:
    """Say what is wrong; raise what comes back to end the command."""
    screen().print(f"[bold red]Error:[/] {_escaped(message)}", soft_wrap=True)
    return typer.Exit(code)


@contextmanager
def told() -> Iterator[None]:
    """Turn errors that a person can do something about into one sentence and an exit code."""
    try:
        yield
    except SettingsError as error:
        raise fail(str(error)) from error
    except Unavailable as error:
        raise fail(error.detail, Exit.UNAVAILABLE) from error
    except GatewayError as error:
        raise fail(error.detail, Exit.FINDINGS) from error
    except DevStackError as error:
        raise fail(str(error), Exit.FINDINGS) from error


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
