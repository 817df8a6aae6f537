"""slapd and Redis in containers, from the images that `docker/` describes."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.image import DockerImage

from adapters.ldap.provision import Site
from gateway.devstack.redis import answers as redis_answers
from gateway.devstack.slapd import answers as ldap_answers
from tests.stack.native import ADMIN_PASSWORD, SERVICE_PASSWORD, SUFFIX
from tests.stack.stack import Stack
from tests.stack.waiting import eventually

_ROOT = Path(__file__).resolve().parents[2]
_LDAP_PORT, _REDIS_PORT = 1389, 6379
_SECONDS = 60
_USUAL_SOCKET = Path("/var/run/docker.sock")


def engine_answers() -> bool:
    """Whether a container engine is there and answers."""
    if not os.environ.get("DOCKER_HOST") and not _USUAL_SOCKET.exists():
        return False
    try:
        return bool(DockerClient().client.ping())
    except Exception:  # whatever it is, there is no engine to be had
        return False


class ContainerProvider:
    """Builds the images, which is quick when nothing changed, and runs one container each."""

    @contextmanager
    def run(self, folder: Path) -> Iterator[Stack]:
        """Start both containers and remove them afterwards."""
        site = Site(suffix=SUFFIX)
        slapd = (
            DockerContainer(_image("openldap"))
            .with_env("LDAP_SUFFIX", SUFFIX)
            .with_env("LDAP_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .with_env("LDAP_SERVICE_PASSWORD", SERVICE_PASSWORD)
            .with_env("LDAP_MAXSIZE", str(4 * 2**30))
            .with_env("LDAP_NOSYNC", "1")
            .with_exposed_ports(_LDAP_PORT)
        )
        redis = DockerContainer(_image("redis")).with_exposed_ports(_REDIS_PORT)
        with ExitStack() as ends:
            ldap_at = _started(ends, slapd, _LDAP_PORT, ldap_answers)
            redis_at = _started(ends, redis, _REDIS_PORT, redis_answers)
            yield Stack(
                ldap_url=f"ldap://{ldap_at}",
                suffix=SUFFIX,
                admin_dn=site.rootdn,
                admin_password=ADMIN_PASSWORD,
                service_dn=site.service_dn,
                service_password=SERVICE_PASSWORD,
                redis_url=f"redis://{redis_at}/0",
            )


def _image(name: str) -> str:
    image = DockerImage(
        path=_ROOT,
        dockerfile_path=f"docker/{name}/Dockerfile",
        tag=f"directory-gateway-{name}:tests",
        clean_up=False,
    )
    return str(image.build())


def _started(
    ends: ExitStack, container: DockerContainer, port: int, answers: Callable[..., bool]
) -> str:
    """Start a container and return the address of its port, once the server answers there."""
    ends.enter_context(container)
    host, mapped = container.get_container_host_ip(), int(container.get_exposed_port(port))

    def ready() -> bool:
        try:
            return answers(mapped, host=host)
        except OSError:
            return False

    eventually(ready, seconds=_SECONDS)
    return f"{host}:{mapped}"
