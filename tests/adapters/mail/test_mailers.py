"""Mails through a real mail server."""

import logging
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.mail.mailers import MailerError, mailer
from adapters.mail.settings import MailSettings
from gateway.domain.errors import Unavailable
from gateway.ports import Mail, Mailer
from tests.adapters.certificates import Certificates
from tests.adapters.mail.conftest import MailServer, Start

NOW = datetime(2027, 1, 15, 8, 30, tzinfo=UTC)
LINK = "https://gateway.example/auth/tenants/acme/links/a1B2-c3_d4?x=1&y=2"
VALUES = {"name": "Zoë", "tenant": "Acme", "link": LINK, "expires": "2027-01-16 08:30 UTC"}


def to(server: MailServer, **changes: object) -> Mailer:
    """A mailer that hands over to that server."""
    plain = {"port": server.port, "security": "none", "sender": "Gateway <no-reply@acme.example>"}
    return mailer(MailSettings.model_validate({**plain, **changes}), lambda: NOW)


def mail(to: str = "zoe@acme.example", template: str = "welcome", **changes: str) -> Mail:
    """A mail of a test."""
    return Mail(to=to, template=template, values={**VALUES, **changes})


async def refused(mailer: Mailer, mail: Mail) -> None:
    """The mail cannot be sent, and the caller is told in the one way."""
    with pytest.raises(Unavailable) as caught:
        await mailer.send(mail)
    assert caught.value.code == "mail_unavailable"


@pytest.mark.parametrize(
    ("template", "subject"),
    [("welcome", "Welcome to Acme"), ("reset", "Your new password for Acme")],
)
async def test_a_mail_has_a_text_and_a_page_with_the_link(
    start: Start, template: str, subject: str
) -> None:
    """Both alternatives say the same; headers are complete and honest."""
    server = start()
    await to(server).send(mail(template=template))
    caught = server.mail()
    message = caught.message
    assert caught.envelope["sender"] == "no-reply@acme.example"
    assert caught.envelope["recipients"] == ["zoe@acme.example"]
    assert message["Subject"] == subject
    assert message["From"] == "Gateway <no-reply@acme.example>"
    assert message["To"] == "zoe@acme.example"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"].endswith("@acme.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    text, page = caught.part("plain"), caught.part("html")
    for value in ("Zoë", "Acme", "2027-01-16 08:30 UTC"):
        assert value in text
        assert value in page
    assert LINK in text.splitlines()
    assert f'href="{LINK.replace("&", "&amp;")}"' in page


async def test_values_are_text_in_the_page(start: Start) -> None:
    """Whoever chooses a name cannot put elements into other people's mail."""
    server = start()
    await to(server).send(mail(name='<img src=x onerror="a()">', tenant="A & B's <b>"))
    caught = server.mail()
    assert '<img src=x onerror="a()">' in caught.part("plain")
    assert "<img" not in caught.part("html")
    assert "&lt;img" in caught.part("html")
    assert caught.message["Subject"] == "Welcome to A & B's <b>"


@pytest.mark.parametrize(
    "tenant",
    [
        "Acme\r\nBcc: all@acme.example",
        "Acme\nX-Evil: 1\n\nbody",
        "Acme\r\n\r\n<html>",
        "Acme\x0b\x0c\x1c\x85\u2028Bcc: all@acme.example",
    ],
)
async def test_values_cannot_begin_a_header(start: Start, tenant: str) -> None:
    """A name with line ends makes a subject of one line, and nothing else."""
    server = start()
    await to(server).send(mail(tenant=tenant))
    caught = server.mail()
    assert caught.envelope["recipients"] == ["zoe@acme.example"]
    assert not {"bcc", "x-evil"} & {name.lower() for name in caught.message}
    assert caught.message["Subject"].startswith("Welcome to Acme ")


@pytest.mark.parametrize("tenant", ["Bär & Söhne", "株式会社" * 40, "x" * 5000, "🦊"])
async def test_any_text_makes_a_subject(start: Start, tenant: str) -> None:
    """Other scripts and long names arrive as they were."""
    server = start()
    await to(server).send(mail(tenant=tenant))
    assert server.mail().message["Subject"] == f"Welcome to {tenant}"
    assert max(len(line) for line in server.mail().raw.splitlines()) <= 998


async def test_what_looks_encoded_is_not_decoded(start: Start) -> None:
    """A name cannot hide what it says in an encoded word (RFC 2047)."""
    server = start()
    await to(server).send(mail(tenant="=?utf-8?q?x=0A?= =?utf-8?b?eA==?="))
    subject = server.mail().message["Subject"]
    assert subject.replace("\u200b", "") == "Welcome to =?utf-8?q?x=0A?= =?utf-8?b?eA==?="


@pytest.mark.parametrize(
    "address",
    [
        "zoe@acme.example\r\nBcc: all@acme.example",
        "zoe@acme.example, all@acme.example",
        "<zoe@acme.example>",
        "Zoe <zoe@acme.example>",
        "zoe@acme.example>\r\nRCPT TO:<all@acme.example",
        "zoe acme@acme.example",
        "zoe",
        "@acme.example",
        "zoe@",
        "a@b@acme.example",
        "zoe@acme.example\x00",
        "zoe@-.example\u2028",
        "",
    ],
)
async def test_what_is_no_single_address_is_written_to_by_nobody(
    start: Start, address: str
) -> None:
    """Directory tools can write any text as an address; none reaches the mail server."""
    server = start()
    await refused(to(server), mail(to=address))
    assert server.mails() == []


async def test_addresses_in_other_scripts(start: Start) -> None:
    """SMTPUTF8 for local parts (RFC 6531), ASCII for domains (RFC 5891)."""
    server = start()
    await to(server).send(mail(to="jörg@bücher.example"))
    await to(server).send(mail(to="joerg@BÜCHER.example"))
    both, domain = server.mails()
    assert both.envelope["recipients"] == ["jörg@xn--bcher-kva.example"]
    assert both.envelope["utf8"]
    assert domain.envelope["recipients"] == ["joerg@xn--bcher-kva.example"]
    assert not domain.envelope["utf8"]


async def test_a_server_without_smtputf8(start: Start) -> None:
    """It takes foreign domains in their ASCII form, and no foreign local parts."""
    server = start(utf8=False)
    await to(server).send(mail(to="joerg@bücher.example"))
    assert server.mail().envelope["recipients"] == ["joerg@xn--bcher-kva.example"]
    await refused(to(server), mail(to="jörg@acme.example"))


async def test_starttls_is_insisted_on(start: Start, certificates: Certificates) -> None:
    """Encrypted to a server whose certificate is right; to any other nothing is sent."""
    tls = {"certificate": str(certificates.certificate), "key": str(certificates.key)}
    server, plain = start(**tls), start()
    trusting = {"security": "starttls", "ca_file": certificates.authority}
    await to(server, **trusting).send(mail())
    assert server.mail().envelope["tls"]
    await refused(to(server, security="starttls"), mail())
    await refused(to(server, host="localhost", **trusting), mail())
    await refused(to(server), mail())
    await refused(to(plain, **trusting), mail())
    assert len(server.mails()) == 1
    assert plain.mails() == []


async def test_tls_from_the_start(start: Start, certificates: Certificates) -> None:
    """The other way of port 465 (RFC 8314)."""
    server = start(
        certificate=str(certificates.certificate), key=str(certificates.key), implicit_tls=True
    )
    await to(server, security="tls", ca_file=certificates.authority).send(mail())
    assert len(server.mails()) == 1
    await refused(to(server, security="tls"), mail())


async def test_the_server_may_want_a_login(start: Start) -> None:
    """The right one is let in; without, or with a wrong one, nothing is sent."""
    server = start(login=["gateway", "s3cret"])
    right = {"username": "gateway", "password": SecretStr("s3cret")}
    await to(server, **right).send(mail())
    assert server.mail().envelope["authenticated"]
    await refused(to(server, **{**right, "password": SecretStr("wrong")}), mail())
    await refused(to(server), mail())
    assert len(server.mails()) == 1


async def test_a_refused_recipient_is_told(start: Start) -> None:
    """A mailbox that does not exist is a mail that could not be sent."""
    server = start()
    await refused(to(server), mail(to="refused@acme.example"))
    assert server.mails() == []


async def test_a_server_that_is_away_or_hangs_is_given_up(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Within the time limit; the log says what happened, without the link."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hanging = MailServer(port, Path())
        started = time.monotonic()
        with caplog.at_level(logging.WARNING):
            await refused(to(hanging, timeout_seconds=0.3), mail())
        assert time.monotonic() - started < 3
    await refused(to(hanging), mail())
    assert "could not be sent" in caplog.text
    assert LINK not in caplog.text


async def test_in_dev_mails_are_caught_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Address, subject, text and link: what a developer needs to go on."""
    catching = mailer(MailSettings(transport="log"), lambda: NOW)
    with caplog.at_level(logging.WARNING):
        await catching.send(mail(to="anything at all"))
    assert "anything at all" in caplog.text
    assert "Welcome to Acme" in caplog.text
    assert LINK in caplog.text


async def test_own_templates_stand_before_the_shipped_ones(start: Start, tmp_path: Path) -> None:
    """One by one: what is not there is taken from the shipped ones."""
    (tmp_path / "reset.subject").write_text("Neues Passwort für {{ tenant }}")
    server = start()
    await to(server, templates_dir=tmp_path).send(mail(template="reset"))
    caught = server.mail()
    assert caught.message["Subject"] == "Neues Passwort für Acme"
    assert "Open this link" in caught.part("plain")


@pytest.mark.parametrize("text", ["{{ password }}", "{% if %}", "{{ link"])
def test_a_broken_template_is_found_at_the_start(tmp_path: Path, text: str) -> None:
    """Not when the first user waits for a mail."""
    (tmp_path / "reset.txt").write_text(text)
    with pytest.raises(MailerError, match="templates_dir"):
        mailer(MailSettings(templates_dir=tmp_path), lambda: NOW)
