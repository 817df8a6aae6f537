"""The table of ratios, with what is needed to judge and repeat it."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.load import Speed
from gateway.devstack.processes import find_binary

RESULTS = Path(__file__).with_name("RESULTS.md")

_PACKAGES = ("fastapi", "uvicorn", "uvloop", "ldap3", "redis", "pydantic", "pyjwt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measurement of the gateway beside what it is compared with.

    `target` is the least ratio that is promised.
    """

    what: str
    gateway: Speed
    against: str
    other: Speed
    target: float | None = None

    @property
    def ratio(self) -> float:
        """How much of the other's speed the gateway reaches."""
        return self.gateway.per_second / self.other.per_second


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that is compared with nothing."""

    what: str
    value: str


def render(lines: Sequence[Line], facts: Sequence[Fact], setting: str) -> str:
    """A section of the page."""
    heads = ("What", "Connections", "Gateway, 1/s", "p50, ms", "p99, ms", "Against", "1/s", "Ratio",
             "Goal")  # fmt: skip
    return "\n".join(
        [
            f"- Command: `{command('benchmarks')}`",
            f"- Setting: {setting}",
            f"- Machine: {os.cpu_count()} cores, shared by all processes, the load generator too",
            f"- Versions: {_versions()}",
            f"- Date: {datetime.now(UTC):%Y-%m-%d}",
            "",
            table(heads, map(_row, lines)),
            "",
            table(("What", ""), ([fact.what, fact.value] for fact in facts)),
        ]
    )


def command(module: str) -> str:
    """How this process was started."""
    return " ".join(("python -m", module, *sys.argv[1:]))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replace_section(page: Path, title: str, text: str) -> None:
    """Put a text in place of that section of the page, or at its end; the rest stays."""
    head = f"## {title}"
    before, found, rest = page.read_text(encoding="utf-8").partition(f"{head}\n")
    _, following, after = rest.partition("\n## ")
    tail = f"\n## {after}" if following else ""
    parts = before if found else f"{before.rstrip()}\n\n"
    page.write_text(f"{parts}{head}\n\n{text}\n{tail}", encoding="utf-8")


def _row(line: Line) -> list[str]:
    speed, other = line.gateway, line.other
    return [
        line.what,
        str(speed.connections),
        _speed(speed.per_second),
        _milliseconds(speed.p50),
        _milliseconds(speed.p99),
        line.against,
        _speed(other.per_second),
        f"{line.ratio:.3g}",
        "" if line.target is None else f"{line.target:.2g}",
    ]


def _speed(per_second: float) -> str:
    return f"{per_second:,.1f}" if per_second < 100 else f"{per_second:,.0f}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"


def _versions() -> str:
    packages = [f"{name} {version(name)}" for name in _PACKAGES]
    servers = [_server("slapd", "-VV"), _server("redis-server", "--version")]
    return ", ".join([f"Python {platform.python_version()}", *servers, *packages])


def _server(name: str, option: str) -> str:
    done = subprocess.run(
        [find_binary(name, name), option], capture_output=True, text=True, check=False
    )
    found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
    return f"{name} {found[0] if found else '?'}"
