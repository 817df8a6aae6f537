"""Tokens of provisioning clients, found by what they hash to."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from gateway.domain.errors import NotFound, StaleVersion, Taken
from gateway.domain.ids import Kind
from gateway.domain.model import ProviderType, ScimToken
from gateway.domain.query import Compare, Query
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import Clock, invalid, second

PROVIDER = f"idp_{'0a' * 16}"


def digest() -> str:
    """What a token that nobody else has hashes to."""
    return hashlib.sha256(uuid4().bytes).hexdigest()


async def token(
    tenant: TenantDirectory, name: str = "okta", hashed: str | None = None, **values: object
) -> ScimToken:
    """A new token."""
    given = {"name": name, "digest": hashed or digest(), "identity_provider_id": PROVIDER}
    return await tenant.scim_tokens.add({**given, **values})


async def test_a_token_is_found_by_its_digest(
    tenant: TenantDirectory, directory: Directory, clock: Clock
) -> None:
    """With its tenant, its provider and its end, until it is deleted."""
    provider = await tenant.identity_providers.add({"name": "Okta", "type": ProviderType.SCIM})
    until, hashed = second(clock()) + timedelta(days=30), digest()
    made = await token(tenant, hashed=hashed, identity_provider_id=provider.id, expires_at=until)
    assert (made.tenant_id, made.name, made.identity_provider_id, made.expires_at) == (
        *(tenant.tenant.id, "okta", provider.id, until),
    )
    assert made.id.startswith(f"{Kind.SCIM_TOKEN}_")
    assert await directory.scim_token(hashed) == made
    assert await tenant.scim_tokens.get(made.id) == made
    await tenant.scim_tokens.delete(made.id)
    for call in (directory.scim_token(hashed), tenant.scim_tokens.get(made.id)):
        with pytest.raises(NotFound) as absent:
            await call
        assert absent.value.code == "scim_token_not_found"


@pytest.mark.parametrize("text", ["", "*", "\0", "0" * 63, "0" * 64, f"{'0' * 63}*", "é" * 64])
async def test_what_no_token_hashes_to_finds_nothing(
    tenant: TenantDirectory, directory: Directory, text: str
) -> None:
    """Nor is any part of a digest one."""
    await token(tenant)
    with pytest.raises(NotFound):
        await directory.scim_token(text)


async def test_tokens_belong_to_their_tenant(tenant: TenantDirectory, directory: Directory) -> None:
    """Names are free in another one, which neither lists nor changes them; gone with it."""
    elsewhere, hashed = await new_tenant(directory), digest()
    mine, theirs = await token(tenant), await token(elsewhere, hashed=hashed)
    assert (await tenant.scim_tokens.find(Query())).items == (mine,)
    with pytest.raises(NotFound):
        await tenant.scim_tokens.delete(theirs.id)
    reader = directory.scim_tokens(frozenset({tenant.tenant.id, elsewhere.tenant.id}))
    assert {item.id for item in (await reader.find(Query())).items} == {mine.id, theirs.id}
    assert await reader.get(theirs.id) == theirs
    assert (await directory.scim_token(hashed)).tenant_id == elsewhere.tenant.id
    await directory.tenants.delete(elsewhere.tenant.id)
    with pytest.raises(NotFound):
        await directory.scim_token(hashed)


async def test_a_digest_that_two_tokens_claim_is_nobodys(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """It cannot be told which one is meant, and neither may be taken for the other."""
    elsewhere, hashed = await new_tenant(directory), digest()
    await token(tenant, hashed=hashed)
    twin = await token(elsewhere, hashed=hashed)
    with pytest.raises(NotFound):
        await directory.scim_token(hashed)
    await elsewhere.scim_tokens.delete(twin.id)
    assert (await directory.scim_token(hashed)).tenant_id == tenant.tenant.id


async def test_names_are_unique_and_can_be_changed(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """In a tenant, and without regard to case; a renamed token is the same one."""
    hashed = digest()
    made = await token(tenant, hashed=hashed)
    with pytest.raises(Taken):
        await token(tenant, "OKTA")
    renamed = await tenant.scim_tokens.update(made.id, {"name": "Entra ID"}, version=made.version)
    assert (await directory.scim_token(hashed)) == renamed
    with pytest.raises(StaleVersion):
        await tenant.scim_tokens.delete(made.id, version=made.version)
    found = await tenant.scim_tokens.find(Query(filter=Compare("name", "sw", "entra")))
    assert found.items == (renamed,)


@pytest.mark.parametrize("missing", ["name", "digest", "identity_provider_id"])
async def test_a_token_needs_all_that_tells_whose_it_is(
    tenant: TenantDirectory, missing: str
) -> None:
    """What is not given is named, and nothing is added."""
    given = {"name": "okta", "digest": digest(), "identity_provider_id": PROVIDER}
    with invalid(missing):
        await tenant.scim_tokens.add({k: v for k, v in given.items() if k != missing})
    assert (await tenant.scim_tokens.find(Query())).total == 0
