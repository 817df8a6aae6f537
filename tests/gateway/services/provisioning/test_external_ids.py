"""Whose external ids are shown and written, and that no account is two users."""

import asyncio

import pytest

from gateway.domain.errors import Invalid, Taken
from gateway.domain.model import User
from gateway.domain.query import Query
from gateway.ports import Users
from gateway.services.provisioning import WantedUser
from tests.gateway.services.provisioning.client import Client, connect, external_ids
from tests.gateway.services.world import World


async def test_whose_external_ids(world: World) -> None:
    """Without a provider of its own, a caller acts for the only one; it is made when needed."""
    client = Client(world=world)
    tenant = await world.tenant()
    call = client.call("users.read")
    assert await client.service.provider_id(call) is None
    user = await client.create(external_id="1")
    [made] = (await tenant.identity_providers.find(Query())).items
    assert (made.name, made.type) == ("SCIM", "SCIM")
    assert await client.service.provider_id(call) == made.id
    assert external_ids(user) == {made.id: "1"}
    second = await connect(world)
    assert await client.service.provider_id(call) is None
    with pytest.raises(Invalid) as refused:
        await client.update(user, WantedUser(external_id="2"))
    assert [p.loc for p in refused.value.problems] == [("body", "externalId")]
    assert await client.update(user, WantedUser(external_id=None)) == user
    assert second.provider is not None
    assert await second.service.provider_id(second.call("users.read")) == second.provider.id


async def test_a_provider_that_is_none(world: World) -> None:
    """A JWT that names a provider of another tenant shows none, and cannot link."""
    foreign = await connect(world, slug="beta")
    client = Client(world=world, provider=foreign.provider)
    assert await client.service.provider_id(client.call("users.read")) is None
    with pytest.raises(Invalid):
        await client.create(external_id="1")


class Hesitant:
    """Looks for accounts as the directory does, but lets others go first."""

    def __init__(self, users: Users) -> None:
        self._look = users.linked_to

    async def __call__(self, provider_id: str, external_id: str) -> tuple[User, ...]:
        """Look, when everybody else had a turn."""
        found = await self._look(provider_id, external_id)
        await asyncio.sleep(0)
        return found


async def test_no_account_is_two_users(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several created at once with one external id at most one stays."""
    client = await connect(world)
    assert client.provider is not None
    users = (await world.tenant()).users
    monkeypatch.setattr(users, "linked_to", Hesitant(users))
    done = await asyncio.gather(
        *(client.create(f"u{n}", external_id="1") for n in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, Taken) for one in done) >= 2
    left = await users.find(Query())
    assert left.total == sum(isinstance(one, User) for one in done) <= 1


async def test_a_change_that_lost_is_undone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cannot have the account keeps what it had before, all of it but the password."""
    client = await connect(world)
    assert client.provider is not None
    ann, bob = await client.create("ann", external_id="a"), await world.user("bob")
    users = (await world.tenant()).users
    monkeypatch.setattr(users, "linked_to", Hesitant(users))
    wanted = WantedUser(
        values={"first_name": "X"}, custom_attributes={"a": 1}, external_id="1", active=False
    )
    done = await asyncio.gather(
        *(client.update(user, wanted) for user in (ann, bob)), return_exceptions=True
    )
    lost = [user for user, one in zip((ann, bob), done, strict=True) if isinstance(one, Taken)]
    assert lost
    for user in lost:
        after = await client.get(user)
        told = ("first_name", "custom_attributes", "own_status", "federated_identities")
        assert [getattr(after, n) for n in told] == [getattr(user, n) for n in told]
        assert after.identity_source is user.identity_source
    assert len(await users.linked_to(client.provider.id, "1")) == 2 - len(lost)
