"""A fresh world for each test."""

import pytest_asyncio

from tests.gateway.services.world import World, make_world


@pytest_asyncio.fixture
async def world() -> World:
    """All services over the directory in memory."""
    return await make_world()
