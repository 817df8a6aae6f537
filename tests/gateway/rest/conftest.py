"""The application over the directory in memory, asked in process."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.gateway.rest.house import House, open_house


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    """A fresh application and who lives in its directory."""
    async with open_house() as house:
        yield house
