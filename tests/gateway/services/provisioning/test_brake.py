"""The brake on what one client takes away."""

from dataclasses import replace

import pytest

from gateway.domain.access import Role
from gateway.domain.errors import TooManyAttempts
from gateway.domain.model import User
from gateway.domain.status import UserStatus
from gateway.services.brake import BrakeRules
from gateway.services.provisioning import WantedUser
from tests.gateway.services.provisioning.client import TOKEN, Client
from tests.gateway.services.world import TallyAway, World

OFF = WantedUser(active=False)


async def _people(world: World, many: int) -> list[User]:
    return [await world.user(f"u{n:03}") for n in range(many)]


async def _taken_away(client: Client, users: list[User], *, delete: bool = False) -> int:
    """How many go before one is held."""
    for gone, user in enumerate(users):
        try:
            await (client.delete(user) if delete else client.update(user, OFF))
        except TooManyAttempts:
            return gone
    return len(users)


@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.parametrize(("many", "go"), [(49, 49), (50, 12), (60, 15), (100, 25)])
async def test_a_quarter_may_go(world: World, many: int, go: int, delete: bool) -> None:
    """Deactivated or deleted, in all but small tenants; what is held is not done."""
    client = Client(world=world, token_id=TOKEN)
    users = await _people(world, many)
    assert await _taken_away(client, users, delete=delete) == go
    if go == many:
        return
    assert (await client.get(users[go])).status is UserStatus.ACTIVE
    assert world.metrics.counts["scim_brake_held", ()] == 1
    [told] = [c for c in world.audit.changes if c.action == "scim.brake.hold"]
    action = "scim.users.delete" if delete else "scim.users.update"
    assert (told.target, told.reason) == (users[go].id, action)


async def test_everything_else_goes_on(world: World) -> None:
    """Held clients change and activate users, and take the same ones away once more."""
    client = Client(world=world, token_id=TOKEN)
    users = await _people(world, 60)
    assert await _taken_away(client, users) == 15
    await client.update(users[20], WantedUser(values={"first_name": "A"}))
    await client.update(users[0], WantedUser(active=True))
    await client.update(users[0], OFF)
    await client.delete(users[1])
    await client.create("new", active=False)


async def test_only_of_one_token(world: World) -> None:
    """Another token has a count of its own, and administrators have none."""
    one, other = Client(world=world, token_id=TOKEN), Client(world=world, token_id="tok_2")
    users = await _people(world, 60)
    assert await _taken_away(one, users) == 15
    assert await _taken_away(other, users[15:]) == 15
    call = replace(world.call("scim.users.update", "alpha", role=Role.TENANT_ADMIN))
    for user in users[30:]:
        await one.service.update_user(call, user.id, lambda _: OFF)


async def test_time_releases(world: World) -> None:
    """After an hour the next quarter may go."""
    client = Client(world=world, token_id=TOKEN)
    users = await _people(world, 60)
    assert await _taken_away(client, users) == 15
    world.clock.advance(minutes=59)
    assert await _taken_away(client, users[15:]) == 0
    world.clock.advance(minutes=1)
    assert await _taken_away(client, users[15:]) == 15


async def test_an_operator_releases(world: World) -> None:
    """All tokens of the tenant begin anew, and it is told; nothing counted is nothing told."""
    tenant = await world.tenant()
    client, jwt = Client(world=world), Client(world=world)
    users = await _people(world, 60)
    call = world.call("scim_tokens.delete")
    assert not await world.services.brake.release(call, tenant)
    assert await _taken_away(client, users) == 15
    assert await world.services.brake.release(call, tenant)
    assert await _taken_away(jwt, users[15:]) == 15
    told = [c for c in world.audit.changes if c.action == "scim.brake.release"]
    assert [c.target for c in told] == [tenant.tenant.id]


async def test_another_tenant_is_another_matter(world: World) -> None:
    """What is held in one tenant goes on in another."""
    for slug in ("alpha", "beta"):
        client = Client(world=world, slug=slug)
        users = [await world.user(f"u{n}", slug) for n in range(60)]
        assert await _taken_away(client, users) == 15


async def test_without_counters_all_goes(world: World) -> None:
    """Redis is no condition for deprovisioning; that it was away is counted."""
    client = Client(world=world.without(tally=TallyAway()))
    users = await _people(world, 60)
    assert await _taken_away(client, users) == 60
    assert world.metrics.counts["redis_unavailable", (("use", "brake"),)] == 60


@pytest.mark.parametrize(
    ("rules", "go"), [(BrakeRules(share=None), 20), (BrakeRules(share=0.1, minimum=10), 2)]
)
async def test_other_rules(world: World, rules: BrakeRules, go: int) -> None:
    """Operators choose the share, or that there is none."""
    client = Client(world=world.without(brake_rules=rules))
    assert await _taken_away(client, await _people(world, 20)) == go


async def test_whoever_is_held_is_told_what_to_do(world: World) -> None:
    """The answer says why, who can help, and when to ask again."""
    client = Client(world=world)
    users = await _people(world, 60)
    await _taken_away(client, users)
    with pytest.raises(TooManyAttempts) as held:
        await client.delete(users[-1])
    assert held.value.retry_after > 0
    assert "25%" in held.value.detail
    assert "gateway scim release" in held.value.detail
