"""Every implementation of the directory's ports, under one suite.

Each test makes a tenant of its own, so tests neither see each other nor need an order.
"""

from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.memory import MemoryDirectory
from gateway.ports import Directory, TenantDirectory
from tests.contract.people import Clock


@pytest.fixture(scope="session")
def clock() -> Clock:
    """The directory's clock."""
    return Clock()


@pytest.fixture(scope="session", params=["memory"])
def directory(request: pytest.FixtureRequest, clock: Clock) -> Directory:
    """A directory."""
    return MemoryDirectory(clock)


@pytest_asyncio.fixture
async def tenant(directory: Directory) -> TenantDirectory:
    """A new tenant without anything in it."""
    return await new_tenant(directory)


async def new_tenant(directory: Directory, **values: object) -> TenantDirectory:
    """One more tenant."""
    added = await directory.tenants.add({"slug": f"t{uuid4().hex[:12]}", **values})
    return await directory.tenant(added.id)
