"""The whole product on a Redis Cluster, and on servers that a Sentinel watches over."""

from pathlib import Path

import pytest
from redis import RedisCluster

from adapters.redis.settings import RedisSettings
from tests.faults.mirrored import KEYS, PREFIX, world
from tests.faults.sentinel import watched_servers
from tests.faults.strain import strain
from tests.stack.cluster import cluster, replicated_cluster

pytestmark = [pytest.mark.native_only, pytest.mark.soak]


def test_a_cluster_of_three(tmp_path: Path) -> None:
    """All is mirrored in it, and again after all its nodes were flushed."""
    with cluster(tmp_path) as url:
        settings = RedisSettings(url=url, cluster=True, prefix=PREFIX)
        with world(tmp_path, settings) as made, strain(made) as under:
            with under.breaking("Redis Cluster, undisturbed"):
                under.recovers()
            with under.breaking("Redis Cluster flushed"):
                with RedisCluster.from_url(url) as admin:
                    admin.flushall(target_nodes=RedisCluster.PRIMARIES)
                under.recovers()


def test_a_shard_of_a_cluster_is_taken_over(tmp_path: Path) -> None:
    """What its replica never heard of is told again, though the cookie is kept elsewhere."""
    with replicated_cluster(tmp_path) as shards:
        feeds = shards.of(KEYS.feed("progress"))
        settings = RedisSettings(url=feeds.url, cluster=True, prefix=PREFIX)
        with (
            world(tmp_path, settings) as made,
            strain(made) as under,
            under.breaking("Shard of a Redis Cluster taken over"),
        ):
            tenants = [shards.of(KEYS.mirror(each.tenant_id)) for each in under.histories]
            shard = next(each for each in (*tenants, *shards.shards) if each is not feeds)
            shard.part()
            under.goes_on(2)
            shard.fail_over()
            under.recovers(seconds=60)


def test_another_server_takes_over(tmp_path: Path) -> None:
    """What it has not heard of yet is told again before anybody believes it."""
    with watched_servers(tmp_path) as servers:
        settings = RedisSettings(sentinels=(servers.sentinel,), prefix=PREFIX)
        with (
            world(tmp_path, settings) as made,
            strain(made) as under,
            under.breaking("Sentinel fails over"),
        ):
            servers.first.kill()
            under.recovers(seconds=30)
