"""What may not happen too often: the same rule in Redis and in memory."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.memory.around import MemoryThrottle
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.throttle import RedisThrottle
from gateway.ports import Throttle
from tests.adapters.redis.waiting import comes_about

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "redis"])
def throttle(request: pytest.FixtureRequest, client: RedisClient, keys: Keys) -> Throttle:
    """Each throttle in turn."""
    if request.param == "memory":
        return MemoryThrottle(lambda: datetime.now(UTC))
    return RedisThrottle(client, keys)


async def test_so_often_and_no_more(throttle: Throttle) -> None:
    """Also when all come at once; other things have a count of their own."""
    allowed = await asyncio.gather(
        *(throttle.allow("fetch", times=3, window=MINUTE) for _ in range(20))
    )
    assert sum(allowed) == 3
    assert not await throttle.allow("fetch", times=3, window=MINUTE)
    assert await throttle.allow("other", times=1, window=MINUTE)


async def test_room_is_made_by_time_alone(throttle: Throttle) -> None:
    """What was refused does not count, so that asking does not postpone."""
    window = timedelta(milliseconds=200)
    assert await throttle.allow("fetch", times=1, window=window)
    assert not await throttle.allow("fetch", times=1, window=window)
    await comes_about(lambda: throttle.allow("fetch", times=1, window=window))
