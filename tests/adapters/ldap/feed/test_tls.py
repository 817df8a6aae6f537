"""The feed goes through TLS as all else does."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.ldap.dn import Dn
from adapters.ldap.feed.events import Lost
from adapters.ldap.feed.follower import Follower
from adapters.ldap.feed.line import Followed
from adapters.ldap.provision import MODULE_PATH
from adapters.ldap.settings import LdapSettings
from gateway.devstack.processes import ChildProcess, find_binary, free_port
from tests.adapters.certificates import make_certificates
from tests.adapters.ldap.feed.following import QUICK, listening
from tests.stack.entries import change, done
from tests.stack.tools import LdapTools

pytestmark = pytest.mark.native_only

_CONFIG = """\
pidfile {folder}/slapd.pid
include /etc/ldap/schema/core.schema
modulepath {modules}
moduleload back_mdb
moduleload syncprov
TLSCACertificateFile {tls.authority}
TLSCertificateFile {tls.certificate}
TLSCertificateKeyFile {tls.key}
database mdb
suffix dc=example,dc=org
rootdn cn=admin,dc=example,dc=org
rootpw secret
directory {folder}/data
index entryUUID,entryCSN eq
overlay syncprov
"""


@dataclass(frozen=True, slots=True)
class Secured:
    """A slapd that can speak TLS: its tools, and the settings for each way."""

    tools: LdapTools
    ways: tuple[LdapSettings, ...]


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    """A server with one entry."""
    plain, tls = free_port(), free_port()
    certificates = make_certificates(tmp_path)
    (tmp_path / "data").mkdir()
    config = tmp_path / "slapd.conf"
    config.write_text(_CONFIG.format(folder=tmp_path, modules=MODULE_PATH, tls=certificates))
    urls = f"ldap://127.0.0.1:{plain}", f"ldaps://127.0.0.1:{tls}"
    log = tmp_path / "slapd.log"
    command = [find_binary("slapd", "slapd"), "-d", "256", "-f", str(config), "-h", " ".join(urls)]
    server = ChildProcess("slapd", command, log=log)
    server.start(lambda: b"slapd starting" in log.read_bytes())
    admin = {"bind_dn": "cn=admin,dc=example,dc=org", "bind_password": "secret"}
    trusted = {**admin, "ca_file": certificates.authority}
    tools = LdapTools(url=urls[0], dn=admin["bind_dn"], password=admin["bind_password"])
    try:
        done(
            tools.add(
                "dn: dc=example,dc=org\nobjectClass: organization\nobjectClass: dcObject\no: e\n"
            )
        )
        yield Secured(
            tools,
            (
                LdapSettings.model_validate({**trusted, "url": urls[1]}),
                LdapSettings.model_validate({**trusted, "url": urls[0], "start_tls": True}),
            ),
        )
    finally:
        server.kill()


async def test_changes_come_through_tls(secured: Secured) -> None:
    """Over ldaps and StartTLS, with pauses in which nothing comes but the server's own CSNs."""
    followed = Followed(base=Dn.parse("dc=example,dc=org"), attributes=["description"])
    for number, settings in enumerate(secured.ways):
        async with listening(Follower(settings, followed, QUICK)) as listener:
            await listener.caught_up()
            for text in (f"{number} a", f"{number} b"):
                await listener.caught_up()
                secured.tools.modify(change("dc=example,dc=org", "replace", "description", text))
                await listener.caught_up()
                (entry,) = listener.entries.values()
                assert entry.text("description") == text
            assert listener.count(Lost) == 0
