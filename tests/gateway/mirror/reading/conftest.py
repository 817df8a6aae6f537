"""A mirrored directory of twins for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from gateway.ports import TenantDirectory
from tests.contract.people import Clock
from tests.gateway.mirror.reading.twins import Twin


@pytest_asyncio.fixture
async def twin() -> AsyncIterator[Twin]:
    """A directory with its mirror, both empty."""
    made = Twin(Clock())
    await made.feed()
    yield made
    await made.directory.close()


@pytest_asyncio.fixture
async def tenant(twin: Twin) -> TenantDirectory:
    """A new tenant, as the mirror answers it."""
    added = await twin.directory.tenants.add({"slug": "acme"})
    return await twin.directory.tenant(added.id)
