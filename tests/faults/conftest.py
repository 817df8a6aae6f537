"""Servers of a test's own, to be killed, stopped and started again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.devstack.processes import free_port
from gateway.devstack.redis import RedisServer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running Redis that nobody else uses."""
    server = RedisServer(tmp_path / "redis", free_port())
    server.start()
    yield server
    server.kill()
