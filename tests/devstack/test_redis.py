"""The private Redis: reachable, local, keeping nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from gateway.devstack.processes import free_port
from gateway.devstack.redis import RedisServer

pytestmark = pytest.mark.native_only


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of its own, started."""
    made = RedisServer(tmp_path / "redis", free_port())
    made.start()
    yield made
    made.stop()


def test_it_answers_and_ends(server: RedisServer) -> None:
    """It is up after start and gone after stop."""
    with Redis.from_url(server.url) as redis:
        assert redis.ping()
    server.stop()
    assert not server.running


def test_a_restart_keeps_nothing(server: RedisServer, tmp_path: Path) -> None:
    """After a restart, in order or not, it is empty, and nothing but the log is on the disk."""
    with Redis.from_url(server.url) as redis:
        redis.set("key", "value")
    server.stop()
    server.start()
    with Redis.from_url(server.url) as redis:
        assert redis.get("key") is None
        redis.set("key", "value")
    server.kill()
    server.start()
    with Redis.from_url(server.url) as redis:
        assert redis.dbsize() == 0
    assert [path.name for path in (tmp_path / "redis").iterdir()] == ["redis.log"]


def test_only_loopback_is_bound(server: RedisServer) -> None:
    """Nobody else on the network reaches it."""
    with Redis.from_url(server.url, decode_responses=True) as redis:
        assert redis.config_get("bind") == {"bind": "127.0.0.1"}
