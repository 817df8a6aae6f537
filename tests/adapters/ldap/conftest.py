"""A client of the stack's directory, and a place in it that no other test uses."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.errors import NoSuchObject
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Scope
from mappings.loader import load
from mappings.table import Mappings
from tests.adapters.ldap.stores import Both, MeddledClient, RecordingClient, directory_of
from tests.stack.entries import handmade_tenant
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

REFINT = "olcOverlay={1}refint,olcDatabase={1}mdb,cn=config"


@pytest.fixture(scope="session")
def settings(stack: Stack) -> LdapSettings:
    """How the gateway's account reaches the stack's directory."""
    return LdapSettings.model_validate(
        {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
            "pool_size": 2,
            "bind_pool_size": 1,
        }
    )


@pytest_asyncio.fixture(scope="session")
async def client(settings: LdapSettings) -> AsyncIterator[LdapClient]:
    """A client, bound as the gateway's account."""
    client = LdapClient(settings)
    yield client
    await client.close()


@pytest_asyncio.fixture(scope="session")
async def place(client: LdapClient, stack: Stack) -> AsyncIterator[Dn]:
    """The DN of an entry below which this worker's tests put theirs."""
    dn = Dn.parse(stack.suffix).child("ou", f"test-{uuid4().hex}")
    await client.add(dn, {"objectClass": [b"organizationalUnit"]})
    yield dn
    await remove(client, dn)


@pytest_asyncio.fixture
async def meddled(settings: LdapSettings) -> AsyncIterator[MeddledClient]:
    """A client between whose looks and writes somebody else can act."""
    client = MeddledClient(settings)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def recording(settings: LdapSettings) -> AsyncIterator[RecordingClient]:
    """A client that can be asked what it did."""
    client = RecordingClient(settings)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def both(
    meddled: MeddledClient, settings: LdapSettings, stack: Stack, ldap_tools: LdapTools
) -> Both:
    """A tenant that the gateway has made."""
    admin = handmade_tenant(stack, ldap_tools)
    directory = directory_of(meddled, settings)
    await directory.tenants.add({"slug": admin.slug})
    return Both(await directory.tenant(admin.slug), admin)


async def remove(client: LdapClient, dn: Dn) -> None:
    """Delete an entry with all below it."""
    found = await client.search(dn, Scope.SUBTREE, "(objectClass=*)", ())
    for entry in sorted(found, key=lambda e: len(e.dn.rdns), reverse=True):
        await client.delete(entry.dn)


@asynccontextmanager
async def person(
    client: LdapClient, place: Dn, **attributes: bytes | tuple[bytes, ...]
) -> AsyncIterator[Dn]:
    """An entry for a person, with these attributes too, while the context lasts."""
    dn = place.child("uid", f"person-{uuid4().hex}")
    given = {k: v if isinstance(v, tuple) else (v,) for k, v in attributes.items()}
    defaults = {"objectClass": (b"inetOrgPerson", b"dgwUser"), "cn": (b"A",), "sn": (b"B",)}
    await client.add(dn, {**defaults, **given})
    try:
        yield dn
    finally:
        with suppress(NoSuchObject):  # the test may have moved or deleted it
            await client.delete(dn)


@pytest.fixture(scope="session")
def mappings() -> Mappings:
    """The mapping of the gateway's own tree."""
    return load("default")


def looked_after(tools: LdapTools, *attributes: str) -> None:
    """Let the server repair these attributes, and no other, when an entry is renamed."""
    values = "".join(f"olcRefintAttribute: {attribute}\n" for attribute in attributes)
    change = f"dn: {REFINT}\nchangetype: modify\nreplace: olcRefintAttribute\n{values}"
    assert tools.modify(change).code == 0


@pytest.fixture
def without_refint(ldap_tools: LdapTools) -> Iterator[None]:
    """The server as it is before its background task has run: members are not repaired."""
    before = ldap_tools.read(REFINT).texts("olcRefintAttribute")
    looked_after(ldap_tools, "dgwPartner")
    yield
    looked_after(ldap_tools, *before)
