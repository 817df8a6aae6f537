"""Federated identities: links of users to accounts at identity providers."""

import asyncio
from dataclasses import replace

import pytest

from gateway.domain.errors import Conflict, Invalid, NotFound, StaleVersion
from gateway.domain.model import IdentityProvider, IdentitySource, ProviderType
from gateway.services.identities import LinkedIdentity
from tests.gateway.services.world import World

LIST = "admin.users.federated_identities.list"
LINK = "admin.users.federated_identities.link"
UNLINK = "admin.users.federated_identities.unlink"


async def _provider(world: World, name: str = "sso", slug: str = "alpha") -> IdentityProvider:
    tenant = await world.tenant(slug)
    return await tenant.identity_providers.add({"name": name, "type": ProviderType.OIDC})


async def _link(
    world: World,
    user_id: str,
    provider_id: str,
    external_id: str = "ann-1",
    *,
    primary: bool = False,
    version: str | None = None,
) -> LinkedIdentity:
    return await world.services.identities.link(
        world.call(LINK),
        user_id,
        identity_provider_id=provider_id,
        external_id=external_id,
        primary=primary,
        version=version,
    )


async def _listed(world: World, user_id: str) -> list[tuple[str, str, bool]]:
    links = await world.services.identities.list(world.call(LIST), user_id)
    return [
        (x.identity.identity_provider_id, x.identity.external_id, x.identity.primary) for x in links
    ]


async def test_link_and_list(world: World) -> None:
    """A link is listed with its provider's type; the user's source stays."""
    user, provider = await world.user(), await _provider(world)
    linked = await _link(world, user.id, provider.id.upper(), "Ann Lee/1", primary=True)
    assert linked.type is ProviderType.OIDC
    assert linked.identity.linked_at == world.clock().replace(microsecond=0)
    assert await world.services.identities.list(world.call(LIST), user.id) == (linked,)
    after = await (await world.tenant()).users.get(user.id)
    assert after.identity_source is IdentitySource.LOCAL


async def test_linking_twice_is_linking_once(world: World) -> None:
    """The same account again is success; it changes at most `primary`, and nothing else."""
    user, provider = await world.user(), await _provider(world)
    first = await _link(world, user.id, provider.id)
    version = (await (await world.tenant()).users.get(user.id)).version
    world.clock.advance(hours=1)
    assert await _link(world, user.id, provider.id) == first
    assert (await (await world.tenant()).users.get(user.id)).version == version
    second = await _link(world, user.id, provider.id, primary=True)
    assert second.identity == replace(first.identity, primary=True)
    assert await _link(world, user.id, provider.id) == second


async def test_one_primary_at_most(world: World) -> None:
    """A new primary link takes the place of the old one."""
    user = await world.user()
    one, two = await _provider(world, "one"), await _provider(world, "two")
    await _link(world, user.id, one.id, "1", primary=True)
    await _link(world, user.id, two.id, "2", primary=True)
    assert await _listed(world, user.id) == [(two.id, "2", True), (one.id, "1", False)]


async def test_one_account_a_provider(world: World) -> None:
    """Another account at the same provider is refused until the first is unlinked."""
    user, provider = await world.user(), await _provider(world)
    await _link(world, user.id, provider.id, "ann-1")
    with pytest.raises(Conflict) as refused:
        await _link(world, user.id, provider.id, "ann-2")
    assert refused.value.code == "identity_provider_linked"
    await world.services.identities.unlink(world.call(UNLINK), user.id, provider.id)
    await _link(world, user.id, provider.id, "ann-2")
    assert await _listed(world, user.id) == [(provider.id, "ann-2", False)]


async def test_one_user_an_account(world: World) -> None:
    """An account that is linked to somebody is nobody else's, but exact spelling counts."""
    ann, bob, provider = await world.user(), await world.user("bob"), await _provider(world)
    await _link(world, ann.id, provider.id, "X1")
    with pytest.raises(Conflict) as refused:
        await _link(world, bob.id, provider.id, "X1")
    assert refused.value.code == "external_id_taken"
    await _link(world, bob.id, provider.id, "x1")
    other = await _provider(world, "other")
    await _link(world, bob.id, other.id, "X1")


async def test_two_at_once_never_share_an_account(world: World) -> None:
    """When two users are linked to one account at the same time, at most one keeps it."""
    ann, bob, provider = await world.user(), await world.user("bob"), await _provider(world)
    await asyncio.gather(
        *(_link(world, user.id, provider.id, "X1") for user in (ann, bob)), return_exceptions=True
    )
    linked = await (await world.tenant()).users.linked_to(provider.id, "X1")
    assert len(linked) <= 1


@pytest.mark.parametrize("external_id", ["", " ", "a\0b", "a\nb", " x", "\ud800", "x" * 257])
async def test_external_ids_that_are_none(world: World, external_id: str) -> None:
    """An external id is printable text without blanks at its ends."""
    user, provider = await world.user(), await _provider(world)
    with pytest.raises(Invalid) as refused:
        await _link(world, user.id, provider.id, external_id)
    assert [p.loc for p in refused.value.problems] == [("body", "external_id")]


async def test_unknown_providers(world: World) -> None:
    """A provider of another tenant is as unknown as any."""
    user, foreign = await world.user(), await _provider(world, slug="beta")
    for unknown in (foreign.id, "nonsense", f"idp_{'0' * 32}"):
        with pytest.raises(Invalid) as refused:
            await _link(world, user.id, unknown)
        assert [p.loc for p in refused.value.problems] == [("body", "identity_provider_id")]


async def test_stale_versions(world: World) -> None:
    """An older version changes no link, also where the link conflicts anyway."""
    user, provider = await world.user(), await _provider(world)
    await _link(world, user.id, provider.id)
    with pytest.raises(StaleVersion):
        await _link(world, user.id, provider.id, "other", version="stale")
    with pytest.raises(StaleVersion):
        await world.services.identities.unlink(
            world.call(UNLINK), user.id, provider.id, version="stale"
        )
    assert await _listed(world, user.id) == [(provider.id, "ann-1", False)]


async def test_unlink(world: World) -> None:
    """Unlinking removes the one link, also to a provider that is gone; what is not there is 404."""
    user = await world.user()
    one, two = await _provider(world, "one"), await _provider(world, "two")
    await _link(world, user.id, one.id, "1")
    await _link(world, user.id, two.id, "2")
    await (await world.tenant()).identity_providers.delete(one.id)
    [gone] = [
        x
        for x in await world.services.identities.list(world.call(LIST), user.id)
        if x.identity.identity_provider_id == one.id
    ]
    assert gone.type is None
    await world.services.identities.unlink(world.call(UNLINK), user.id, one.id.upper())
    assert await _listed(world, user.id) == [(two.id, "2", False)]
    for absent in (one.id, "nonsense", ""):
        with pytest.raises(NotFound) as error:
            await world.services.identities.unlink(world.call(UNLINK), user.id, absent)
        assert error.value.code == "federated_identity_not_found"
