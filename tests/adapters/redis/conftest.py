"""The Redis of the stack, with keys of the test's own."""

from collections.abc import AsyncIterator, Iterator
from secrets import token_hex

import pytest
from redis import Redis

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.settings import RedisSettings
from tests.stack.cluster import cluster
from tests.stack.stack import Stack


@pytest.fixture
def keys() -> Keys:
    """Keys that no other test uses."""
    return Keys(f"test-{token_hex(6)}")


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[RedisClient]:
    """A client of the stack's Redis, patient with a busy machine."""
    client = RedisClient(
        RedisSettings(url=stack.redis_url, connect_timeout_seconds=20, timeout_seconds=20)
    )
    yield client
    await client.close()


@pytest.fixture
def redis(stack: Stack) -> Iterator[Redis]:
    """A look at the server from outside."""
    with Redis.from_url(stack.redis_url, decode_responses=True) as redis:
        yield redis


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node of a Redis Cluster that runs here."""
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url
