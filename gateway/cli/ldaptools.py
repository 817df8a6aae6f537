"""ldapsearch and ldapmodify, for what needs another identity than the gateway's own.

The gateway's client binds as its account alone; setting up a server takes its administrator,
over the local socket (SASL EXTERNAL, RFC 4422) or by a DN with its password in a file.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from tempfile import NamedTemporaryFile

from adapters.ldap.ldif import Record, parse
from gateway.devstack.processes import find_binary

_PACKAGE = "ldap-utils"
_SECONDS = 120
_RESULT = re.compile(r"^ldap_\w+: (?P<name>[^(]+) \((?P<code>-?\d+)\)")
_THERE = frozenset({20, 68})
"""attributeOrValueExists, entryAlreadyExists (RFC 4511, 4.1.9): as it should be."""
_REFUSED = frozenset({8, 48, 49, 50})


class ToolError(Exception):
    """The server does not answer, or refuses; the message says what and why."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks: nobody in particular but the local user, or a DN."""

    url: str
    dn: str | None = None
    password: str = field(default="", repr=False)


def search(identity: Identity, base: str, filter_: str, *attributes: str) -> list[Record]:
    """Entries of a subtree. Raises ToolError."""
    options = ["-LLL", "-o", "ldif-wrap=no", "-b", base, filter_, *attributes]
    done = _run("ldapsearch", identity, options)
    if done.returncode == 32:  # noSuchObject
        return []
    if done.returncode:
        raise _error(done)
    return list(parse(done.stdout))


def modify(identity: Identity, ldif: str) -> None:
    """Apply changes one after another; what is there already is success.

    Raises:
        ToolError: one was refused for another reason; those after it were tried, too.
    """
    done = _run("ldapmodify", identity, ["-c"], ldif)
    results = [match for line in done.stderr.splitlines() if (match := _RESULT.match(line))]
    if done.returncode and not all(int(match["code"]) in _THERE for match in results):
        raise _error(done)
    if done.returncode and not results:
        raise _error(done)


def _run(
    tool: str, identity: Identity, options: Sequence[str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    with NamedTemporaryFile("w", encoding="utf-8") as secret:  # readable by its owner alone
        secret.write(identity.password)
        secret.flush()
        who = ["-Y", "EXTERNAL", "-Q"]
        if identity.dn is not None:
            who = ["-x", "-D", identity.dn, "-y", secret.name]
        command = [find_binary(tool, _PACKAGE), "-H", identity.url, *who, *options]
        try:
            return subprocess.run(  # noqa: S603  the program is found on this machine, no shell
                command, input=stdin, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            msg = f"{tool} did not end within {_SECONDS} s"
            raise ToolError(msg) from error


def _error(done: subprocess.CompletedProcess[str]) -> ToolError:
    text = " ".join(line.strip() for line in done.stderr.splitlines() if line.strip())
    return ToolError(text or f"status {done.returncode}", refused=done.returncode in _REFUSED)
