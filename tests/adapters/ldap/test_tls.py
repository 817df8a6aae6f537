"""LDAP over TLS: the certificate and its name are checked, in both ways of starting it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.errors import Unavailable
from adapters.ldap.settings import LdapSettings
from gateway.devstack.processes import ChildProcess, find_binary, free_port
from tests.adapters.certificates import Certificates, make_certificates

pytestmark = pytest.mark.native_only

_CONFIG = """\
pidfile {folder}/slapd.pid
TLSCACertificateFile {tls.authority}
TLSCertificateFile {tls.certificate}
TLSCertificateKeyFile {tls.key}
database config
rootdn cn=config
rootpw secret
"""


class Servers:
    """A slapd that can speak TLS, and one URL for each way."""

    def __init__(self, plain: int, tls: int, authority: Path) -> None:
        self.plain = f"ldap://127.0.0.1:{plain}"
        self.tls = f"ldaps://127.0.0.1:{tls}"
        self.authority = authority

    async def answer(self, **settings: object) -> bool:
        """Whether the directory can be used with these settings."""
        client = LdapClient(
            LdapSettings.model_validate(
                {"bind_dn": "cn=config", "bind_password": "secret", **settings}
            )
        )
        try:
            await client.ping()
        except Unavailable:
            return False
        finally:
            await client.close()
        return True


def start(folder: Path, certificates: Certificates) -> tuple[ChildProcess, Servers]:
    """Start slapd with these certificates."""
    plain, tls = free_port(), free_port()
    config = folder / "slapd.conf"
    config.write_text(_CONFIG.format(folder=folder, tls=certificates))
    listen = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"
    binary = find_binary("slapd", "slapd")
    log = folder / "slapd.log"
    server = ChildProcess("slapd", [binary, "-d", "256", "-f", str(config), "-h", listen], log=log)
    server.start(lambda: b"slapd starting" in log.read_bytes())
    return server, Servers(plain, tls, certificates.authority)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """A slapd with a certificate for 127.0.0.1."""
    process, servers = start(tmp_path, make_certificates(tmp_path))
    yield servers
    process.kill()


@pytest.fixture
def misnamed(tmp_path: Path) -> Iterator[Servers]:
    """A slapd with a certificate for another address."""
    process, servers = start(tmp_path, make_certificates(tmp_path, address="127.0.0.2"))
    yield servers
    process.kill()


async def test_a_trusted_server_is_used(servers: Servers) -> None:
    """With the authority that signed it, ldaps and StartTLS both work."""
    assert await servers.answer(url=servers.tls, ca_file=servers.authority)
    assert await servers.answer(url=servers.plain, start_tls=True, ca_file=servers.authority)


async def test_an_unknown_authority_is_refused(servers: Servers) -> None:
    """Unless told otherwise, nobody sends a password to a server that nobody vouches for."""
    assert not await servers.answer(url=servers.tls)
    assert not await servers.answer(url=servers.plain, start_tls=True)
    assert await servers.answer(url=servers.tls, verify=False)


async def test_another_servers_certificate_is_refused(misnamed: Servers) -> None:
    """A certificate has to be for the name in the URL."""
    assert not await misnamed.answer(url=misnamed.tls, ca_file=misnamed.authority)
    assert not await misnamed.answer(url=misnamed.plain, start_tls=True, ca_file=misnamed.authority)
    assert await misnamed.answer(url=misnamed.tls, ca_file=misnamed.authority, verify=False)
