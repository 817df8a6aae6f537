"""Calls are bounded and end when they are told to, on a server and on a Cluster."""

import asyncio

import pytest

from adapters.redis.client import RedisClient
from adapters.redis.settings import RedisSettings
from tests.stack.stack import Stack


@pytest.fixture(params=["server", pytest.param("cluster", marks=pytest.mark.native_only)])
def settings(request: pytest.FixtureRequest) -> RedisSettings:
    """A server and a Cluster in turn."""
    clustered = request.param == "cluster"
    if clustered:
        url = request.getfixturevalue("cluster_url")
    else:
        stack: Stack = request.getfixturevalue("stack")
        url = stack.redis_url
    return RedisSettings(
        url=url,
        cluster=clustered,
        max_connections=2,
        connect_timeout_seconds=20,
        timeout_seconds=20,
    )


async def test_more_callers_than_connections_wait_their_turn(settings: RedisSettings) -> None:
    """A burst does not look like a server that is away."""
    client = RedisClient(settings)
    await asyncio.gather(*(client.time(f"key{n}") for n in range(200)))
    await client.close()


async def test_a_call_that_is_cancelled_at_any_step_is_not_answered(
    settings: RedisSettings,
) -> None:
    """Whoever waits for its end would wait for ever if the call went on instead."""
    for steps in range(60):
        client = RedisClient(settings)
        call = asyncio.create_task(client.time("key"))
        for _ in range(steps):
            await asyncio.sleep(0)
        done = call.done()
        call.cancel()
        await asyncio.wait((call,))
        assert call.cancelled() is not done, steps
        await client.close()
