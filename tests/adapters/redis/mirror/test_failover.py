"""A shard of a Redis Cluster is taken over by a replica that lacks the last changes."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.mirror.truth import RedisTruth
from adapters.redis.settings import RedisSettings
from gateway.domain.errors import Unavailable
from gateway.ports.truth import Progress
from tests.adapters.redis.mirror.mirrors import FORM
from tests.adapters.redis.waiting import comes_about
from tests.stack.cluster import Shards, replicated_cluster

pytestmark = [pytest.mark.native_only, pytest.mark.soak]

KEYS = Keys("dgw")


@pytest.fixture
def shards(tmp_path: Path) -> Iterator[Shards]:
    """A Cluster that this test may maltreat."""
    with replicated_cluster(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def truth(shards: Shards) -> AsyncIterator[RedisTruth]:
    """The feed's, of that Cluster."""
    settings = RedisSettings(
        url=shards.shards[0].url, cluster=True, backoff_seconds=0, timeout_seconds=5
    )
    client = RedisClient(settings, binary=True)
    yield RedisTruth(client, KEYS, FORM)
    await client.close()


async def test_an_epoch_ends_where_another_server_takes_over(
    shards: Shards, truth: RedisTruth
) -> None:
    """The cookie is kept elsewhere, and knows of changes that the new server has not heard of.

    It is noticed without asking for any key of that server, which is there all along.
    """
    lease = await truth.acquire("a", lifetime=timedelta(minutes=1))
    assert lease is not None
    epoch = await truth.begin(lease)
    assert epoch is not None
    kept = Progress(epoch, b"cookie")
    assert await truth.advance(lease, kept)
    assert await truth.progress() == kept
    before = await truth.incarnation()

    feeds = shards.of(KEYS.feed("progress"))
    other = next(shard for shard in shards.shards if shard is not feeds)
    with other.second.admin() as admin:
        admin.execute_command("CLUSTER", "FAILOVER", "TAKEOVER")

    async def noticed() -> bool:
        try:
            return await truth.incarnation() != before
        except Unavailable:
            return False

    await comes_about(noticed)
    assert await truth.progress() is None
