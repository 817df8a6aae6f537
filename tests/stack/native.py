"""slapd and redis-server as child processes on free ports."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from gateway.devstack.processes import DevStackError, free_port
from gateway.devstack.redis import RedisServer
from gateway.devstack.slapd import SlapdServer
from tests.stack.stack import Stack

SUFFIX = "dc=example,dc=org"
ADMIN_PASSWORD = "the-admin-of-tests"
SERVICE_PASSWORD = "the-gateway-of-tests"

_Server = TypeVar("_Server", RedisServer, SlapdServer)


class NativeProvider:
    """Starts the servers of `gateway dev` without syncing to the disk."""

    @contextmanager
    def run(self, folder: Path) -> Iterator[Stack]:
        """Start both servers and end them afterwards."""
        with ExitStack() as ends:
            redis = started(lambda: RedisServer(folder / "redis", free_port()))
            ends.callback(redis.stop)
            slapd = started(lambda: private_slapd(folder / "slapd"))
            ends.callback(slapd.stop)
            yield Stack(
                ldap_url=slapd.url,
                suffix=slapd.site.suffix,
                admin_dn=slapd.site.rootdn,
                admin_password=ADMIN_PASSWORD,
                service_dn=slapd.site.service_dn,
                service_password=SERVICE_PASSWORD,
                redis_url=redis.url,
            )


def private_slapd(folder: Path) -> SlapdServer:
    """Return a slapd of its own, not started, on a free port."""
    return SlapdServer(
        folder,
        free_port(),
        SUFFIX,
        ADMIN_PASSWORD,
        SERVICE_PASSWORD,
        nosync=True,
        maxsize=4 * 2**30,
    )


def started(make: Callable[[], _Server]) -> _Server:
    """Make and start a server; with another port where the first was taken meanwhile."""
    for _ in range(3):
        server = make()
        try:
            server.start()
        except DevStackError as error:
            failure = error
        else:
            return server
    raise failure
