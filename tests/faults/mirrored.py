"""The whole product as processes of its own: slapd, Redis, feeds, and workers of the API."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import RedisError

from adapters.redis.keys import Keys
from adapters.redis.settings import RedisSettings
from gateway.config import Settings, load_settings
from gateway.devstack.processes import ChildProcess, free_port
from gateway.devstack.redis import RedisServer
from gateway.devstack.slapd import SlapdServer
from gateway.feeding import open_feeding
from gateway.mirror.apply.comparison import Comparison
from gateway.ports.feed import PLATFORM
from gateway.ports.mirror import NotMirrored
from gateway.ports.truth import STALENESS
from tests.e2e.live import settings_file, super_admin
from tests.faults.cable import Cable
from tests.stack.native import ADMIN_PASSWORD, SERVICE_PASSWORD, private_slapd, started
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools, admin_tools
from tests.stack.waiting import eventually

PREFIX = "live"
KEYS = Keys(PREFIX)
START = 60
_READ = re.compile(
    r'^gateway_mirror_read_total\{answered="(\w+)",reason="(\w*)"\} (\S+)$', re.MULTILINE
)
_KEPT = re.compile(r'^gateway_kept_answers_total\{event="hit"\} (\S+)$', re.MULTILINE)
_LIVE = re.compile(r"^gateway_mirror_live (\S+)$", re.MULTILINE)
_NOT_MEANT = ("never_mirrored", "scim_token")
"""Why the directory is read even where all is well."""
_SHORT = {"GATEWAY_LDAP__CONNECT_TIMEOUT": "1", "GATEWAY_LDAP__OPERATION_TIMEOUT": "2"}


class Process:
    """A process of the product, of this Python."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self._child = ChildProcess(
            name,
            [sys.executable, "-m", "gateway", *arguments],
            log=folder / f"{name}.log",
            environment={**os.environ, **environment},
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._child.running

    def start(self) -> None:
        """Start it; what it does is seen elsewhere."""
        self._child.start(lambda: True)

    def stop(self) -> None:
        """End it in order."""
        self._child.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.kill()

    def halt(self) -> None:
        """Let it stand still."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)


@dataclass(slots=True)
class Worker:
    """One process of the API, and who asks it.

    `late` is how many seconds it may take until news reach it: on a cable they are under way for
    as long as the cable's thread has to wait, and believed no longer than any.
    """

    process: Process
    url: str
    headers: Mapping[str, str]
    late: float = 0.0

    def client(self) -> httpx.Client:
        """A client of this worker alone, as super admin."""
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=30, trust_env=False)

    def figures(self) -> "Figures":
        """How it has answered so far. Raises httpx.HTTPError."""
        text = httpx.get(f"{self.url}/metrics", timeout=30, trust_env=False).text
        reads = [(by, why, float(number)) for by, why, number in _READ.findall(text)]
        return Figures(
            live=_LIVE.findall(text) == ["1.0"],
            mirrored=sum(number for by, _, number in reads if by != "directory")
            + sum(map(float, _KEPT.findall(text))),
            direct={why: n for by, why, n in reads if by == "directory" and why not in _NOT_MEANT},
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What a worker says: whether it believes the mirror, and who answered how often."""

    live: bool
    mirrored: float
    direct: Mapping[str, float]


@dataclass(slots=True)
class World:
    """All of it. The first worker reaches Redis, and the first feed slapd, on a cable."""

    folder: Path
    slapd: SlapdServer
    redis: RedisServer
    settings: Settings
    tools: LdapTools
    to_redis: Cable
    to_slapd: Cable
    workers: list[Worker] = field(default_factory=list)
    feeds: list[Process] = field(default_factory=list)

    @contextmanager
    def admin(self) -> Iterator[Redis]:
        """An administrator of Redis."""
        with Redis.from_url(self.redis.url, decode_responses=True) as admin:
            yield admin

    def leader(self) -> Process | None:
        """The feed that has the lease."""
        with self.admin() as admin:
            held = admin.get(KEYS.feed("lease"))
        pid = int(str(held).rpartition(":")[2]) if held else None
        return next((feed for feed in self.feeds if feed.running and feed.pid == pid), None)

    def standby(self) -> Process:
        """A feed that runs and does not lead."""
        leader = self.leader()
        return next(feed for feed in self.feeds if feed.running and feed is not leader)

    def live(self) -> bool:
        """Whether all workers believe the mirror."""
        try:
            return all(worker.figures().live for worker in self.workers)
        except httpx.HTTPError:
            return False

    def differences(self, tenant_ids: Sequence[str]) -> list[str]:
        """What differs between mirror and directory, as `gateway mirror verify` finds it."""
        return asyncio.run(_differences(self.settings, (PLATFORM, *tenant_ids)))

    def restore(self, feeds: int = 2) -> None:
        """Let all run as at first, so many feeds, and wait until the mirror is believed."""
        self.to_redis.let_go()
        self.to_slapd.let_go()
        for server in (self.slapd, self.redis):
            if server.running:
                os.kill(server.pid or 0, signal.SIGCONT)
            else:
                server.start()
        for process in (*self.feeds, *(worker.process for worker in self.workers)):
            if process.running:
                process.go_on()
        with self.admin() as admin:
            admin.config_set("maxmemory", "0")
        for worker in self.workers:
            if not worker.process.running:
                worker.process.start()
        for number, feed in enumerate(self.feeds):
            if feed.running and number >= feeds:
                feed.stop()
            elif not feed.running and number < feeds:
                feed.start()
        eventually(self.live, seconds=START)


async def _differences(of: Settings, tenant_ids: Sequence[str]) -> list[str]:
    async with open_feeding(of) as feeding:
        room = feeding.room
        epoch = await room.truth.believed()
        if epoch is None:
            return ["the mirror is not live"]
        comparison = Comparison(feeding.directory, room, epoch)
        try:
            return [str(one) for t in tenant_ids async for one in comparison.differences(t)]
        except NotMirrored as error:
            return [f"not mirrored: {error}"]


@contextmanager
def world(folder: Path, elsewhere: RedisSettings | None = None) -> Iterator[World]:
    """Start all of it, and end it; Redis, and the second feed, unless that is `elsewhere`."""
    with ExitStack() as ends:
        redis = RedisServer(folder / "redis", free_port())
        if elsewhere is None:
            redis = started(lambda: RedisServer(folder / "redis", free_port()))
            ends.callback(redis.kill)
        slapd = started(lambda: private_slapd(folder / "slapd"))
        ends.callback(slapd.kill)
        to_redis = ends.enter_context(Cable(_port(redis.url)).laid())
        to_slapd = ends.enter_context(Cable(_port(slapd.url)).laid())
        stack = Stack(
            ldap_url=slapd.url,
            suffix=slapd.site.suffix,
            admin_dn=slapd.site.rootdn,
            admin_password=ADMIN_PASSWORD,
            service_dn=slapd.site.service_dn,
            service_password=SERVICE_PASSWORD,
            redis_url=redis.url,
        )
        file = settings_file(stack, folder, "http://gateway.test")
        chosen = load_settings(file)
        plain = {"GATEWAY_CONFIG": str(file), **_SHORT}
        squeezed = {"GATEWAY_REDIS__URL": f"redis://127.0.0.1:{to_redis.port}/0"}
        if elsewhere is not None:
            chosen = chosen.model_copy(update={"redis": elsewhere})
            squeezed = {}
            plain |= {
                "GATEWAY_REDIS__URL": elsewhere.url,
                "GATEWAY_REDIS__CLUSTER": str(elsewhere.cluster).lower(),
                "GATEWAY_REDIS__SENTINELS": json.dumps(elsewhere.sentinels),
            }
        made = World(folder, slapd, redis, chosen, admin_tools(stack), to_redis, to_slapd)
        headers = super_admin(chosen)
        cabled = {"GATEWAY_LDAP__URL": f"ldap://127.0.0.1:{to_slapd.port}"}
        for number, special in enumerate((squeezed, {})):
            port = free_port()
            arguments = ("serve", "--port", str(port))
            process = Process(f"worker{number}", arguments, {**plain, **special}, folder)
            late = STALENESS.total_seconds() if special else 0.0
            made.workers.append(Worker(process, f"http://127.0.0.1:{port}", headers, late))
        for number, special in enumerate((cabled, {})):
            made.feeds.append(Process(f"feed{number}", ("feed",), {**plain, **special}, folder))
        ends.callback(lambda: end((*made.feeds, *(worker.process for worker in made.workers))))
        for process in (
            *(worker.process for worker in made.workers),
            *made.feeds[: 2 if elsewhere is None else 1],
        ):
            process.start()
        eventually(made.live, seconds=START)
        yield made


def end(processes: Sequence[Process]) -> None:
    """End all of them, whatever state they are in."""
    for process in processes:
        if process.running:
            process.kill()


def serves(redis: RedisServer) -> bool:
    """Whether Redis answers."""
    try:
        with Redis.from_url(redis.url) as admin:
            return bool(admin.ping())
    except RedisError:
        return False


def _port(url: str) -> int:
    return httpx.URL(url).port or 0
