"""The ways a mail can leave (`gateway.ports.Mailer`)."""

import logging
import ssl

import aiosmtplib
from jinja2 import TemplateError

from adapters.mail.address import parse_address, parse_mailbox
from adapters.mail.message import compose
from adapters.mail.settings import MailSettings
from adapters.mail.templates import Templates
from gateway.domain.errors import Unavailable
from gateway.ports import Clock, Mail

_log = logging.getLogger(__name__)


class SmtpMailer:
    """Hands mails to a mail server, a connection each."""

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._sender = parse_mailbox(settings.sender)
        self._templates = Templates(settings.templates_dir)
        self._tls = ssl.create_default_context(cafile=settings.ca_file)

    async def send(self, mail: Mail) -> None:
        """Render and hand over.

        Raises:
            Unavailable: the address cannot be written to, the server is away or refuses.
        """
        settings, secret = self._settings, self._settings.password
        try:
            to = parse_address(mail.to)
            content = self._templates.render(mail.template, mail.values)
            await aiosmtplib.send(
                compose(self._sender, to, content, self._clock()),
                hostname=settings.host,
                port=settings.effective_port,
                username=settings.username,
                password=secret.get_secret_value() if secret else None,
                timeout=settings.timeout_seconds,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                tls_context=self._tls,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            _log.warning("A mail (%s) could not be sent: %s", mail.template, error)
            raise Unavailable("The mail could not be sent", code="mail_unavailable") from error


class LogMailer:
    """Catches mails in the log, text and links and all: for a developer's machine."""

    def __init__(self, settings: MailSettings) -> None:
        self._templates = Templates(settings.templates_dir)

    async def send(self, mail: Mail) -> None:
        """Render, and log instead of sending."""
        content = self._templates.render(mail.template, mail.values)
        _log.warning(
            "Mail to %s (caught, not sent)\nSubject: %s\n\n%s",
            mail.to,
            content.subject,
            content.text,
        )


class MailerError(Exception):
    """The mailer cannot be made as the settings want it; the message says why."""


def mailer(settings: MailSettings, clock: Clock) -> SmtpMailer | LogMailer:
    """The mailer that the settings ask for.

    Raises:
        MailerError: a template of the operator's is broken.
    """
    try:
        Templates(settings.templates_dir).check()
    except TemplateError as error:
        msg = f"templates_dir: {error}"
        raise MailerError(msg) from error
    return LogMailer(settings) if settings.transport == "log" else SmtpMailer(settings, clock)
