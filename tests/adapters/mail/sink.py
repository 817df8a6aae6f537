"""A real mail server in a process of its own, which keeps what it takes in a folder.

`python -m tests.adapters.mail.sink '{"port": ..., "folder": ...}'`; see `Options`.
"""

import asyncio
import json
import ssl
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the server behaves; `certificate` and `key` switch TLS on, from the start or later."""

    port: int
    folder: str
    utf8: bool = True
    certificate: str | None = None
    key: str | None = None
    implicit_tls: bool = False
    login: tuple[str, str] | None = None


class Sink:
    """Keeps messages as `<n>.eml` and envelopes as `<n>.json`; refuses one recipient."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer RCPT TO."""
        if address.startswith("refused@"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer DATA."""
        number = next(self._numbers)
        facts = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "utf8": envelope.smtp_utf8,
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
        }
        content = envelope.original_content
        (self._folder / f"{number}.eml").write_bytes(content if isinstance(content, bytes) else b"")
        (self._folder / f"{number}.json").write_text(json.dumps(facts))
        return "250 OK"


async def main(options: Options) -> None:
    """Serve until killed."""
    tls = None
    if options.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate, options.key)
    sink = Sink(Path(options.folder))

    def authenticate(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        expected = [part.encode() for part in options.login or ()]
        good = isinstance(given, LoginPassword) and [given.login, given.password] == expected
        return AuthResult(success=good, handled=False)

    def session() -> SMTP:
        starttls = tls is not None and not options.implicit_tls
        return SMTP(
            sink,
            hostname="sink.example",
            enable_SMTPUTF8=options.utf8,
            tls_context=tls if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate,
            auth_required=options.login is not None,
            auth_require_tls=False,
        )

    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", options.port, ssl=tls if options.implicit_tls else None
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Options(**json.loads(sys.argv[1]))))
