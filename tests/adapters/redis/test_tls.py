"""Redis over TLS: the server's certificate is checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.redis.client import RedisClient
from adapters.redis.settings import RedisSettings
from gateway.devstack.processes import ChildProcess, find_binary, free_port
from gateway.domain.errors import Unavailable
from tests.adapters.certificates import Certificates, make_certificates

pytestmark = pytest.mark.native_only


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """An authority, and a certificate for 127.0.0.1."""
    return make_certificates(tmp_path)


@pytest.fixture
def port(tmp_path: Path, certificates: Certificates) -> Iterator[int]:
    """A Redis that speaks TLS alone."""
    port, log = free_port(), tmp_path / "redis.log"
    options = {
        "port": "0",
        "tls-port": str(port),
        "bind": "127.0.0.1",
        "dir": str(tmp_path),
        "save": "",
        "tls-cert-file": str(certificates.certificate),
        "tls-key-file": str(certificates.key),
        "tls-ca-cert-file": str(certificates.authority),
        "tls-auth-clients": "no",
    }
    server = ChildProcess(
        "Redis",
        [
            find_binary("redis-server", "redis-server"),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ],
        log=log,
    )
    server.start(lambda: b"Ready to accept connections" in log.read_bytes())
    yield port
    server.kill()


async def answers(url: str, ca_file: Path | None) -> bool:
    """Whether Redis can be used so."""
    client = RedisClient(RedisSettings(url=url, ca_file=ca_file))
    try:
        await client.ping()
    except Unavailable:
        return False
    finally:
        await client.close()
    return True


async def test_the_certificate_and_its_name_are_checked(
    port: int, certificates: Certificates
) -> None:
    """A known authority and the right name: only then is anything sent."""
    assert await answers(f"rediss://127.0.0.1:{port}/0", certificates.authority)
    assert not await answers(f"rediss://127.0.0.1:{port}/0", None)
    assert not await answers(f"rediss://localhost:{port}/0", certificates.authority)
    assert not await answers(f"redis://127.0.0.1:{port}/0", None)
