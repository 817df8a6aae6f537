"""Servers of a test's own, to be killed, stopped and started again."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.devstack.processes import free_port
from gateway.devstack.redis import RedisServer
from tests.faults.mirrored import World, world
from tests.faults.strain import Pairs, Strain


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running Redis that nobody else uses."""
    server = RedisServer(tmp_path / "redis", free_port())
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mirrored_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The whole product as processes, for all tests of this process."""
    with world(tmp_path_factory.mktemp("mirrored")) as made:
        yield made


@pytest.fixture(scope="session")
def strains(mirrored_world: World) -> Iterator[Pairs]:
    """The tenants that are written and read; one pair serves until a test fails."""
    with ExitStack() as ends:
        yield Pairs(mirrored_world, ends)


@pytest.fixture
def mirrored(mirrored_world: World) -> Iterator[World]:
    """The same, as at first: two workers and two feeds, and the mirror is believed."""
    mirrored_world.restore()
    yield mirrored_world
    mirrored_world.restore()


@pytest.fixture
def under(mirrored: World, strains: Pairs) -> Strain:
    """Two tenants of it, to be written and read while something breaks."""
    return strains.usable()
