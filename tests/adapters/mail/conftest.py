"""Mail servers that tests start as they need them."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from gateway.devstack.processes import ChildProcess, free_port
from tests.adapters.certificates import Certificates, make_certificates


@dataclass(frozen=True)
class Caught:
    """One mail as the server took it."""

    message: EmailMessage
    raw: bytes
    envelope: dict[str, Any]

    def part(self, kind: str) -> str:
        """The text of one alternative, `plain` or `html`."""
        body = self.message.get_body((kind,))
        assert body is not None
        content: str = body.get_content()
        return content


@dataclass(frozen=True)
class MailServer:
    """A running server and its folder."""

    port: int
    folder: Path

    def mails(self) -> list[Caught]:
        """What it took so far, in order."""
        files = sorted(self.folder.glob("*.json"), key=lambda file: int(file.stem))
        return [_caught(file) for file in files]

    def mail(self) -> Caught:
        """The only mail so far."""
        (mail,) = self.mails()
        return mail


Start = Callable[..., MailServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a mail server with the options of `tests.adapters.mail.sink`."""
    with ExitStack() as ends:

        def start(**options: Any) -> MailServer:
            port = free_port()
            folder = tmp_path / f"mails-{port}"
            folder.mkdir()
            settings = json.dumps({"port": port, "folder": str(folder), **options})
            command = [sys.executable, "-m", "tests.adapters.mail.sink", settings]
            process = ChildProcess("mail sink", command, log=tmp_path / f"sink-{port}.log")
            process.start(lambda: _listens(port))
            ends.callback(process.kill)
            return MailServer(port, folder)

        yield start


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """An authority, and a certificate for 127.0.0.1."""
    return make_certificates(tmp_path)


def _listens(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port)).close()
    return True


def _caught(file: Path) -> Caught:
    raw = file.with_suffix(".eml").read_bytes()
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    return Caught(message, raw, json.loads(file.read_text()))
