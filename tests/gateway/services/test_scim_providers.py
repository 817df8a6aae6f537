"""Which identity provider a provisioning client acts for."""

import pytest

from gateway.domain.errors import NotFound
from gateway.domain.model import IdentityProvider, ProviderType
from gateway.domain.query import Query
from gateway.services.scim_providers import scim_provider
from tests.gateway.services.world import World


async def _add(world: World, name: str, type_: ProviderType = ProviderType.SCIM) -> str:
    directory = await world.tenant()
    return (await directory.identity_providers.add({"name": name, "type": type_})).id


async def test_the_only_one_is_it(world: World) -> None:
    """Providers of other types do not count, and none is made."""
    await _add(world, "okta", ProviderType.SAML)
    only = await _add(world, "entra")
    for make in (False, True):
        found = await scim_provider(await world.tenant(), None, make=make)
        assert found is not None
        assert found.id == only


async def test_where_there_is_none_it_is_made_once(world: World) -> None:
    """Readers make none; the first who needs it does, tells of it, and the next finds it."""
    directory = await world.tenant()
    told: list[IdentityProvider] = []
    assert await scim_provider(directory, None, make=False, made=told.append) is None
    first = await scim_provider(directory, None, make=True, made=told.append)
    assert first is not None
    assert (first.name, first.type) == ("SCIM", ProviderType.SCIM)
    assert await scim_provider(directory, None, make=True, made=told.append) == first
    assert told == [first]
    assert await scim_provider(await world.tenant("beta"), None, make=False) is None


async def test_a_taken_name_is_not_in_the_way(world: World) -> None:
    """Another type may have the name; the new provider gets the next one."""
    await _add(world, "scim", ProviderType.OIDC)
    made = await scim_provider(await world.tenant(), None, make=True)
    assert made is not None
    assert made.name == "SCIM 2"


async def test_several_leave_it_open(world: World) -> None:
    """With several nobody can tell, and none is made."""
    await _add(world, "entra")
    await _add(world, "okta")
    directory = await world.tenant()
    assert await scim_provider(directory, None, make=True) is None
    assert (await directory.identity_providers.find(Query())).total == 2


async def test_a_named_one_must_be_there_and_of_the_type(world: World) -> None:
    """One of another type, of another tenant, or a text that is no id, is as good as none."""
    scim, saml = await _add(world, "entra"), await _add(world, "okta", ProviderType.SAML)
    await _add(world, "second")
    directory = await world.tenant()
    named = await scim_provider(directory, scim.upper(), make=False)
    assert named is not None
    assert named.id == scim
    for wrong in (saml, "nonsense", f"idp_{'0' * 32}"):
        with pytest.raises(NotFound):
            await scim_provider(directory, wrong, make=True)
    with pytest.raises(NotFound):
        await scim_provider(await world.tenant("beta"), scim, make=True)
