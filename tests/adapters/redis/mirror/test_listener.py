"""The mirror's news over real servers: what is believed, what is told, and what is lost."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
import pytest_asyncio
from redis import Redis

from adapters.redis.keys import Keys
from adapters.redis.settings import RedisSettings
from gateway.devstack.processes import ChildProcess, find_binary, free_port
from gateway.devstack.redis import RedisServer
from gateway.domain.ids import Kind
from gateway.ports.news import Told
from gateway.ports.truth import STALENESS
from tests.adapters.certificates import make_certificates
from tests.adapters.redis.mirror.listening import Site, site, until
from tests.adapters.redis.mirror.mirrors import FORM, TENANT

pytestmark = pytest.mark.native_only
_STALE = STALENESS.total_seconds()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    server = RedisServer(tmp_path / "redis", free_port())
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    """A look at that server from outside."""
    with Redis.from_url(server.url) as redis:
        yield redis


def clock(redis: Redis) -> int:
    """What Redis's clock says, in milliseconds."""
    seconds, micros = redis.time()
    return seconds * 1000 + micros // 1000


@pytest_asyncio.fixture
async def here(server: RedisServer) -> AsyncIterator[Site]:
    """A site on that server."""
    settings = RedisSettings(url=server.url, backoff_seconds=0.05)
    async with site(settings, Keys(f"test-{token_hex(6)}")) as made:
        yield made


async def test_a_beat_is_believed_until_it_is_stale(here: Site) -> None:
    """Belief begins with a beat, ends by itself, and the pulse stays for who asks."""
    async with here.listener() as (listener, _):
        assert listener.believed() is None
        assert listener.pulse() is None
        await here.believed(listener)
        await here.beat(applied=7, a="1")
        await here.client.ping()
        last = time.monotonic()
        assert listener.believed() == here.epoch
        pulse = listener.pulse()
        assert pulse is not None
        assert (pulse.epoch, pulse.covers, pulse.applied) == (here.epoch, {"a": "1"}, 7)
        await until(lambda: listener.believed() is None)
        assert 0.5 * _STALE < time.monotonic() - last < _STALE + 0.1
        assert listener.pulse() == pulse


async def test_an_empty_beat_ends_belief_at_once(here: Site) -> None:
    """When the feed gives its lease back, the very next look says so."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        assert here.lease is not None
        await here.truth.release(here.lease)
        await here.client.ping()
        assert listener.believed() is None


async def test_changes_are_told_in_order_with_their_fields(here: Site) -> None:
    """Who watches hears tenant, kind, ids and fields; also that something is not settled."""
    async with here.listener() as (listener, book):
        await here.believed(listener)
        del book.lines[:]
        await here.change("usr_1")
        await here.change("usr_1", "2", "email", "username")
        head = f"{TENANT} grp {here.epoch} 7\n"
        with Redis.from_url(here.settings.url) as redis:
            redis.publish(here.keys.news("changes"), head + "* memberships\nusr_2 \nusr_3 a")
        await here.client.ping()
        listener.believed()
        assert book.lines == [
            Told(TENANT, Kind.USER, {"usr_1": frozenset({"*"})}),
            Told(TENANT, Kind.USER, {"usr_1": frozenset({"email", "username"})}),
            Told(
                TENANT,
                Kind.GROUP,
                {
                    "*": frozenset({"memberships"}),
                    "usr_2": frozenset(),
                    "usr_3": frozenset({"a"}),
                },
            ),
        ]


async def test_a_tenant_that_is_dropped_is_a_loss(here: Site) -> None:
    """What changes in it afterwards is not told, so nothing of it may be remembered."""
    async with here.listener() as (listener, book):
        await here.believed(listener)
        before = book.losses
        assert here.lease is not None
        await here.store.drop(TENANT, fence=here.lease.fence)
        await here.client.ping()
        assert listener.believed() == here.epoch
        assert book.losses == before + 1


async def test_what_a_writer_applied_is_in_the_next_look_of_everybody(here: Site) -> None:
    """After the apply and one round trip the change has reached every listener: 2,000 times."""
    async with here.listener() as (one, first), here.listener() as (other, second):
        await here.believed(one)
        await here.believed(other)
        for number in range(2000):
            await here.change(f"usr_{number}")
            # No await from here on: nothing but the look itself can bring the news.
            other.believed()
            assert f"usr_{number}" in second.lines[-1].changed  # type: ignore[union-attr]
            one.believed()
            assert f"usr_{number}" in first.lines[-1].changed  # type: ignore[union-attr]


async def test_a_stopped_redis_is_not_believed_afterwards(here: Site, server: RedisServer) -> None:
    """A beat that waited in a server that stood still says nothing about now."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            waiting = asyncio.create_task(here.beat())
            asked = time.monotonic()
            await until(lambda: time.monotonic() > asked + _STALE + 0.01)
            assert listener.believed() is None
        finally:
            os.kill(server.pid, signal.SIGCONT)
        await asyncio.gather(waiting, return_exceptions=True)
        assert listener.believed() is None
        await here.believed(listener)


async def test_waiting_ends_with_the_beat_that_covers(here: Site) -> None:
    """Not with one that does not; and where none does, when nobody believes an older one."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        waiting = asyncio.create_task(listener.covered({"a": "5"}))
        await here.beat(a="4", b="9")
        await here.client.ping()
        assert listener.believed()
        await asyncio.sleep(0)
        assert not waiting.done()
        started = time.monotonic()
        await here.beat(a="5")
        await waiting
        assert time.monotonic() - started < _STALE / 2
        await listener.covered({"a": "3"})
        started = time.monotonic()
        await listener.covered({"a": "6"})
        assert _STALE <= time.monotonic() - started < _STALE + 0.3


async def test_without_a_feed_nobody_waits(here: Site, redis: Redis) -> None:
    """As soon as it is certain that nobody believes anything; a flush alone is not."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        redis.flushall()
        started = time.monotonic()
        await until(lambda: listener.believed() is None)
        await listener.covered({"a": "6"})
        assert time.monotonic() - started >= 0.5 * _STALE
        await until(lambda: time.monotonic() - started > _STALE + 0.1)
        started = time.monotonic()
        await listener.covered({"a": "7"})
        assert time.monotonic() - started < _STALE / 2


async def test_a_late_beat_is_not_believed(here: Site, redis: Redis) -> None:
    """Neither one from before, nor one that claims to count longer than any can."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        for not_after in (-1, 5000):
            now = clock(redis)
            redis.publish(here.keys.news("beats"), f"{FORM}-other {now + not_after} {now} 0 0 ")
            redis.ping()  # one round trip later it has been handed to all that listen
            assert listener.believed() is None
        await here.believed(listener)


_SLEEPER = """
import asyncio, sys, time
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.listener import Listener
from adapters.redis.settings import RedisSettings

async def main() -> None:
    settings = RedisSettings(url=sys.argv[1])
    client = RedisClient(settings, binary=True)
    listener = Listener(settings, client, Keys(sys.argv[2]), sys.argv[3])
    async with listener.listening():
        while listener.believed() is None:
            await asyncio.sleep(0.01)
        print("believed", flush=True)
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            if time.monotonic() - before > 1:
                print(listener.believed(), flush=True)
                break
    await client.close()

asyncio.run(main())
"""


async def test_a_stopped_worker_believes_nothing_from_before(here: Site) -> None:
    """Beats that waited in the socket of a worker that stood still are not believed."""
    command = [sys.executable, "-c", _SLEEPER, here.settings.url, here.keys.prefix, FORM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:  # noqa: ASYNC220 - a moment
        try:
            assert worker.stdout is not None
            line = asyncio.create_task(asyncio.to_thread(worker.stdout.readline))
            while not line.done():
                await here.beat()
                await asyncio.sleep(0.05)
            assert line.result() == "believed\n"
            worker.send_signal(signal.SIGSTOP)
            for _ in range(10):
                await here.beat()
            await asyncio.sleep(1.5)
            worker.send_signal(signal.SIGCONT)
            assert await asyncio.to_thread(worker.stdout.readline) == "None\n"
        finally:
            worker.kill()


async def test_a_killed_connection_is_a_loss_and_comes_back(here: Site, redis: Redis) -> None:
    """Who watches hears that something may be missing; then all is as before."""
    async with here.listener() as (listener, book):
        await here.believed(listener)
        before = book.losses
        redis.client_kill_filter(_type="pubsub")
        assert listener.believed() is None
        assert book.losses > before
        await here.believed(listener)
        await here.change("usr_9")
        assert listener.believed() == here.epoch
        assert "usr_9" in book.ids()


async def test_a_restarted_redis_is_heard_again(here: Site, server: RedisServer) -> None:
    """With the epoch that is begun then."""
    async with here.listener() as (listener, book):
        await here.believed(listener)
        server.kill()
        await until(lambda: listener.believed() is None)
        assert book.losses
        server.start()
        await asyncio.sleep(here.settings.backoff_seconds)
        old = here.epoch
        await here.begin()
        await here.believed(listener)
        assert listener.believed() == here.epoch != old


async def test_a_flushed_redis_ends_belief(here: Site, redis: Redis) -> None:
    """Without its lease the feed cannot beat, and silence is not believed."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        redis.flushall()
        await here.beat()
        await until(lambda: listener.believed() is None, seconds=_STALE + 0.2)


async def test_who_takes_nothing_in_is_dropped_and_knows_it(here: Site, redis: Redis) -> None:
    """A listener too slow for the server's buffers has lost something, and says so."""
    async with here.listener() as (listener, book):
        await here.believed(listener)
        redis.config_set("client-output-buffer-limit", "pubsub 1mb 1mb 1")
        before = book.losses
        head, line = f"{TENANT} usr {here.epoch} 1\n", "usr_1 " + "a" * 100_000
        for _ in range(400):  # without an await: nobody takes anything in
            redis.publish(here.keys.news("changes"), head + line)
        deadline = time.monotonic() + 10
        while book.losses == before:
            assert time.monotonic() < deadline
            # As long as not all was taken in, nothing is believed.
            assert listener.believed() is None
        await here.believed(listener)


async def test_a_burst_is_taken_in_by_and_by(here: Site, redis: Redis) -> None:
    """One look takes in a bounded part; until it is all in, nothing is believed."""
    async with here.listener() as (listener, book):
        await here.believed(listener)
        del book.lines[:]
        head = f"{TENANT} usr {here.epoch} 1\n"
        for number in range(200):
            lines = "\n".join(f"usr_{number}_{index} *" for index in range(200))
            redis.publish(here.keys.news("changes"), head + lines)
        longest, looks = 0.0, 0
        while listener.believed() is None and len(book.lines) < 200:
            await here.beat()
            started = time.perf_counter()
            listener.believed()
            longest = max(longest, time.perf_counter() - started)
            looks += 1
        assert len(book.ids()) == 200 * 200
        assert longest < 0.5
        await here.believed(listener)


async def test_over_tls_with_a_user_of_its_own(tmp_path: Path) -> None:
    """An encrypted connection is drained as a plain one is, whatever has been decoded already."""
    certificates, port = make_certificates(tmp_path), free_port()
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
            *("--user", "gateway", "on", ">secret", "~*", "&*", "+@all"),
        ],
        log=tmp_path / "redis.log",
    )
    log = tmp_path / "redis.log"
    server.start(lambda: b"Ready to accept connections" in log.read_bytes())
    settings = RedisSettings(
        url=f"rediss://127.0.0.1:{port}/0",
        ca_file=certificates.authority,
        username="gateway",
        password="secret",
    )
    try:
        async with (
            site(settings, Keys("tls")) as here,
            here.listener() as (listener, book),
        ):
            await here.believed(listener)
            for number in range(200):
                await here.change(f"usr_{number}")
                listener.believed()
                assert f"usr_{number}" in book.ids()
            await here.believed(listener)
    finally:
        server.kill()


async def test_in_a_cluster_the_node_of_the_feed_is_listened_to(cluster_url: str) -> None:
    """Beats come straight from where they are made; a node that is asked for others tells."""
    settings = RedisSettings(url=cluster_url, cluster=True)
    async with (
        site(settings, Keys(f"test-{token_hex(6)}")) as here,
        here.listener() as (listener, _),
    ):
        await here.believed(listener)


async def test_a_mirror_in_another_form_is_not_believed(here: Site, redis: Redis) -> None:
    """A program that keeps documents otherwise may feed the same Redis: its epochs are none."""
    async with here.listener() as (listener, _):
        await here.believed(listener)
        now = clock(redis)
        redis.publish(here.keys.news("beats"), f"other-1 {now + 500} {now} 0 0 ")
        redis.ping()  # one round trip later it has been handed to all that listen
        assert listener.believed() is None
