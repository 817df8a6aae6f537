"""Distinct things in sliding windows: the same rule in Redis and in memory."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from adapters.memory import MemoryTally
from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.settings import RedisSettings
from adapters.redis.tally import RedisTally
from gateway.domain.errors import Unavailable
from gateway.ports import Tally
from tests.adapters.redis.waiting import comes_about

HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "redis"])
def tally(request: pytest.FixtureRequest, client: RedisClient, keys: Keys) -> Tally:
    """Each tally in turn."""
    if request.param == "memory":
        return MemoryTally(lambda: datetime.now(UTC))
    return RedisTally(client, keys)


async def _count(tally: Tally, thing: str, name: str = "a", limit: int = 3) -> bool:
    return await tally.count(name, thing, window=HOUR, limit=limit)


async def test_so_many_and_no_more(tally: Tally) -> None:
    """Also when all come at once; another name has a count of its own."""
    counted = await asyncio.gather(*(_count(tally, f"usr_{n}") for n in range(20)))
    assert sum(counted) == 3
    assert not await _count(tally, "usr_20")
    assert await _count(tally, "usr_20", "b")


async def test_one_thing_counts_once(tally: Tally) -> None:
    """What was counted is fine again, also when there is no more room, and takes none."""
    for _ in range(5):
        assert await _count(tally, "usr_1", limit=2)
    assert await _count(tally, "usr_2", limit=2)
    assert await _count(tally, "usr_1", limit=2)
    assert not await _count(tally, "usr_3", limit=2)
    assert await _count(tally, "usr_3", limit=3)


async def test_a_limit_of_none_counts_nothing(tally: Tally) -> None:
    """Not even the first fits."""
    assert not await _count(tally, "usr_1", limit=0)
    assert not await tally.clear("a")


async def test_large_limits_hold(tally: Tally) -> None:
    """Counts go as far as the limit says, beyond what other sets are trimmed to."""
    counted = [await _count(tally, f"usr_{n}", limit=1500) for n in range(1501)]
    assert counted == [True] * 1500 + [False]


async def test_clearing_makes_room(tally: Tally) -> None:
    """All is forgotten at once, and whether there was anything is told."""
    assert await _count(tally, "usr_1", limit=1)
    assert not await _count(tally, "usr_2", limit=1)
    assert await tally.clear("a")
    assert not await tally.clear("a")
    assert await _count(tally, "usr_2", limit=1)


async def test_time_makes_room(tally: Tally) -> None:
    """Things leave the window; counting one again does not keep it there, nor do refusals."""
    window = timedelta(milliseconds=200)
    assert await tally.count("a", "usr_1", window=window, limit=1)
    assert await tally.count("a", "usr_1", window=window, limit=1)
    assert not await tally.count("a", "usr_2", window=window, limit=1)
    await comes_about(lambda: tally.count("a", "usr_2", window=window, limit=1))


async def test_counts_end_by_themselves(client: RedisClient, keys: Keys, redis: Redis) -> None:
    """Nothing stays in Redis longer than its window."""
    await RedisTally(client, keys).count("a", "usr_1", window=HOUR, limit=1)
    left = redis.pttl(keys.tally("a"))
    assert isinstance(left, int)
    assert 0 < left <= HOUR // timedelta(milliseconds=1)


async def test_a_redis_that_is_away(keys: Keys) -> None:
    """Whoever counts is told, quickly."""
    away = RedisClient(RedisSettings(url="redis://127.0.0.1:1/0"))
    for call in (_count(RedisTally(away, keys), "usr_1"), RedisTally(away, keys).clear("a")):
        with pytest.raises(Unavailable):
            await call
    await away.close()
