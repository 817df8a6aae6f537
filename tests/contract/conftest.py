"""Every implementation of the directory's ports, under one suite.

Each test makes a tenant of its own, so tests neither see each other nor need an order.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from adapters.memory import MemoryDirectory
from gateway.ports import Directory, TenantDirectory
from mappings.loader import load
from tests.contract.people import Clock
from tests.stack.stack import Stack


@pytest.fixture(scope="session")
def clock() -> Clock:
    """The directory's clock."""
    return Clock()


@pytest_asyncio.fixture(scope="session", params=["memory", "default", "posix"])
async def directory(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Directory]:
    """A directory: in memory, or in LDAP under one of the shipped mappings."""
    if request.param == "memory":
        yield MemoryDirectory(clock)
        return
    stack: Stack = request.getfixturevalue("stack")
    settings = LdapSettings.model_validate(
        {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
            "mapping": request.param,
        }
    )
    mappings = load(request.param)
    client = LdapClient(settings)
    yield LdapDirectory(client, mappings, Layout(settings, mappings), clock)
    await client.close()


@pytest_asyncio.fixture
async def tenant(directory: Directory) -> TenantDirectory:
    """A new tenant without anything in it."""
    return await new_tenant(directory)


async def new_tenant(directory: Directory, **values: object) -> TenantDirectory:
    """One more tenant."""
    added = await directory.tenants.add({"slug": f"t{uuid4().hex[:12]}", **values})
    return await directory.tenant(added.id)
