"""A mail as a message (RFC 5322): text with an HTML alternative, and honest headers."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from adapters.mail.templates import Rendered


def compose(sender: Address, to: Address, content: Rendered, now: datetime) -> EmailMessage:
    """The message, ready to be handed over."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = _as_text(content.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notes in return
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return message


def _as_text(subject: str) -> str:
    """The subject with a zero-width space in what would be read as an encoded word (RFC 2047)."""
    return subject.replace("=?", "=\u200b?")
