"""Redis goes away in every way, and comes back: calls fail fast, then work again by themselves."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import ResponseError

from adapters.redis.client import RedisClient
from adapters.redis.failures import RedisFailures
from adapters.redis.keys import Keys
from adapters.redis.revocations import RedisRevocations
from adapters.redis.settings import RedisSettings
from gateway.devstack.processes import free_port
from gateway.devstack.redis import RedisServer
from gateway.domain.errors import Unavailable
from gateway.domain.lockout import Limits
from tests.adapters.redis.waiting import comes_about

pytestmark = pytest.mark.native_only

KEYS = Keys("dgw")
LIMITS = Limits(account=3, address=9, window=timedelta(minutes=1))
TIMEOUT = 1.0


def settings(url: str, **changes: object) -> RedisSettings:
    """Short limits, so that tests are."""
    return RedisSettings.model_validate(
        {
            "url": url,
            "connect_timeout_seconds": 10,
            "timeout_seconds": TIMEOUT,
            "backoff_seconds": 0.5,
            **changes,
        }
    )


@pytest.fixture
def seen() -> list[str]:
    """Outcomes of calls, as the client tells them."""
    return []


@pytest.fixture
async def client(redis_server: RedisServer, seen: list[str]) -> AsyncIterator[RedisClient]:
    """A client of the server."""
    client = RedisClient(settings(redis_server.url), seen.append)
    yield client
    await client.close()


async def works(client: RedisClient) -> bool:
    """Whether a call succeeds now."""
    try:
        await client.ping()
    except Unavailable:
        return False
    return True


async def fails(client: RedisClient) -> float:
    """A call fails as it should; how long that took, in seconds."""
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await client.get("key")
    assert caught.value.code == "redis_unavailable"
    return time.monotonic() - started


async def test_a_killed_server_is_missed_at_once_and_found_again(
    redis_server: RedisServer, client: RedisClient, seen: list[str]
) -> None:
    """Calls fail without waiting while it is gone; restarted and empty, it is used again."""
    counter = RedisFailures(client, KEYS)
    assert (await counter.record("tnt_1", "usr_1", "::1", LIMITS)).account == 1
    redis_server.kill()
    assert await fails(client) < TIMEOUT
    assert await fails(client) < TIMEOUT / 2
    with pytest.raises(Unavailable):
        await counter.record("tnt_1", "usr_1", "::1", LIMITS)
    assert seen[1:] == ["failed", "refused", "refused"]
    redis_server.start()
    await comes_about(lambda: works(client))
    assert (await counter.record("tnt_1", "usr_1", "::1", LIMITS)).account == 1


async def test_a_restart_between_two_calls_is_not_noticed(
    redis_server: RedisServer, client: RedisClient, seen: list[str]
) -> None:
    """Connections that broke meanwhile are replaced; scripts are loaded again."""
    counter = RedisFailures(client, KEYS)
    await asyncio.gather(*(counter.record("tnt_1", "usr_1", "::1", LIMITS) for _ in range(5)))
    redis_server.kill()
    redis_server.start()
    answers = await asyncio.gather(
        *(counter.record("tnt_1", "usr_1", "::1", LIMITS) for _ in range(5))
    )
    assert sorted(answer.account for answer in answers) == [1, 2, 3, 4, 5]
    assert set(seen) == {"ok"}


async def test_a_server_that_hangs_costs_one_call_in_a_while_its_time_limit(
    redis_server: RedisServer, client: RedisClient, seen: list[str]
) -> None:
    """SIGSTOP: the first call waits, all others fail at once; SIGCONT: it is used again."""
    assert await works(client)
    pid = redis_server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert TIMEOUT * 0.9 < await fails(client) < TIMEOUT * 3
        for _ in range(20):
            assert await fails(client) < TIMEOUT / 2
        assert seen.count("failed") == 1

        async def tried_again() -> bool:
            started = time.monotonic()
            waits = await asyncio.gather(*(fails(client) for _ in range(10)))
            assert time.monotonic() - started < TIMEOUT * 3
            assert sum(wait > 0.1 for wait in waits) <= 1
            return any(wait > 0.1 for wait in waits)

        await comes_about(tried_again)
    finally:
        os.kill(pid, signal.SIGCONT)
    await comes_about(lambda: works(client))


async def test_a_server_that_was_never_there(seen: list[str]) -> None:
    """A client can be made and used before the server is: it only fails."""
    client = RedisClient(settings(f"redis://127.0.0.1:{free_port()}"), seen.append)
    assert await fails(client) < TIMEOUT
    await client.close()
    assert seen == ["failed"]


async def test_an_address_that_swallows_packets_is_given_up_soon(seen: list[str]) -> None:
    """Nobody answers at all: the time limit to connect holds."""
    with ExitStack() as ends:
        listener = ends.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(3):  # its queue is full then, and the kernel drops who comes next
            waiting = ends.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        limits = settings(f"redis://127.0.0.1:{address[1]}", connect_timeout_seconds=0.3)
        client = RedisClient(limits, seen.append)
        assert 0.25 < await fails(client) < TIMEOUT * 3
        assert await fails(client) < TIMEOUT / 2
        await client.close()


async def test_a_server_that_refuses_counts_as_away(
    redis_server: RedisServer, client: RedisClient
) -> None:
    """Out of memory, read-only: the caller goes on without, as with no server at all."""
    revocations = RedisRevocations(client, KEYS, seconds=60)
    await revocations.put("usr_1", None)
    with Redis.from_url(redis_server.url) as admin:
        admin.config_set("maxmemory", "1")
        with pytest.raises(Unavailable):
            await revocations.put("usr_1", None)
        admin.config_set("maxmemory", "0")
        await comes_about(lambda: works(client))
        admin.replicaof("127.0.0.1", str(free_port()))
        with pytest.raises(Unavailable):
            await revocations.put("usr_1", None)
        admin.replicaof("NO", "ONE")
    await comes_about(lambda: works(client))
    await revocations.put("usr_1", None)


async def test_a_server_that_refuses_one_call_is_not_away_for_others(
    redis_server: RedisServer, client: RedisClient, seen: list[str]
) -> None:
    """Out of memory, or without a right, it answers at once: what it can do, it does."""
    await client.put("key", "value", seconds=600)
    with Redis.from_url(redis_server.url) as admin:
        admin.config_set("maxmemory", "1")
        for _ in range(3):
            for refused in (
                client.put("key", "other", seconds=600),
                client.run("return redis.call('SET', KEYS[1], '')", ["key"], []),
                client.together(("SET", "key", "other"), ("GET", "key")),
                client.each(("SET", "key", "other"), ("GET", "key")),
            ):
                with pytest.raises(Unavailable):
                    await refused
                assert await client.get("key") == "value"
    assert "refused" not in seen
    assert seen.count("failed") == 12


async def test_a_server_that_refuses_after_it_was_away_is_back(
    redis_server: RedisServer, client: RedisClient
) -> None:
    """Whoever answers is there, whatever the answer is."""
    redis_server.kill()
    assert await fails(client) < TIMEOUT
    redis_server.start()
    with Redis.from_url(redis_server.url) as admin:
        admin.config_set("maxmemory", "1")

    async def refused() -> bool:
        with pytest.raises(Unavailable) as caught:
            await client.put("key", "value", seconds=60)
        return isinstance(caught.value.__cause__, ResponseError)

    await comes_about(refused)
    assert await client.get("key") is None


async def test_the_clock_of_the_server_is_told(
    redis_server: RedisServer, client: RedisClient
) -> None:
    """In seconds, as precisely as it says it."""
    with Redis.from_url(redis_server.url) as admin:
        times = [admin.time(), await client.time("any"), admin.time()]
    before, told, after = (
        each[0] + each[1] / 1e6 if isinstance(each, tuple) else each for each in times
    )
    assert before <= told <= after


async def test_a_wrong_password_counts_as_away_and_a_right_one_works(
    redis_server: RedisServer,
) -> None:
    """Also once somebody sets a password on a running server."""
    with Redis.from_url(redis_server.url) as admin:
        admin.config_set("requirepass", "right")
    for password, good in (("wrong", False), ("right", True)):
        client = RedisClient(settings(redis_server.url, password=SecretStr(password)))
        assert await works(client) is good
        await client.close()


async def test_a_cancelled_call_harms_no_later_one(
    redis_server: RedisServer, client: RedisClient
) -> None:
    """A client that went away mid-call leaves no half-read answer to the next."""
    revocations = RedisRevocations(client, KEYS, seconds=60)
    await revocations.put("usr_1", None)
    for _ in range(50):
        task = asyncio.create_task(client.get("missing"))
        await asyncio.sleep(0)
        task.cancel()
    for _ in range(50):
        assert await revocations.get("usr_1") == (True, None)
