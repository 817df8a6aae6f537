"""The audit log: every change is told, refused ones are not, secrets never."""

from collections.abc import Awaitable, Callable

import pytest

from gateway.domain.errors import GatewayError
from gateway.domain.status import UserStatus
from gateway.services.creation import NewUser
from tests.gateway.services.world import ADDRESS, PASSWORD, World

Change = Callable[[World, str], Awaitable[object]]

CHANGES: dict[str, Change] = {
    "admin.users.update": lambda w, u: w.services.users.update(
        w.call("admin.users.update"), u, {"first_name": "New"}
    ),
    "admin.users.delete": lambda w, u: w.services.users.delete(w.call("admin.users.delete"), u),
    "admin.users.unlock": lambda w, u: w.services.users.unlock(w.call("admin.users.unlock"), u),
    "admin.users.mfa.disable": lambda w, u: w.services.users.disable_mfa(
        w.call("admin.users.mfa.disable"), u
    ),
    "admin.users.reset_password": lambda w, u: w.services.credentials.set_password(
        w.call("admin.users.reset_password"), u, PASSWORD
    ),
    "tenant.users.status": lambda w, u: w.services.users.set_status(
        w.call("tenant.users.status", "alpha"), u, UserStatus.LOCKED
    ),
    "tenant.users.password_reset": lambda w, u: w.services.credentials.send_reset_link(
        w.call("tenant.users.password_reset", "alpha"), u
    ),
}


@pytest.mark.parametrize("action", CHANGES)
async def test_each_change_is_told(world: World, action: str) -> None:
    """One line a change: who, what, to whom, from where, in which request; never a password."""
    user = await world.user(first_name="Old", password="Original-1", mfa_enabled=True)
    await CHANGES[action](world, user.id)
    [change] = world.audit.changes
    assert (change.action, change.target) == (action, user.id)
    assert change.actor == "super_admin-of-alpha"
    assert change.tenant_id == world.tenants["alpha"].id
    assert (change.request_id, change.address) == ("request-1", ADDRESS)
    assert PASSWORD not in repr(change)


async def test_before_and_after(world: World) -> None:
    """An update tells what differs, and nothing else."""
    user = await world.user(first_name="Old", last_name="Same")
    await CHANGES["admin.users.update"](world, user.id)
    [change] = world.audit.changes
    assert (change.before, change.after) == ({"first_name": "Old"}, {"first_name": "New"})


async def test_creation_tells_all_but_the_password(world: World) -> None:
    """A new user is told as it is then, without its password."""
    call = world.call("tenant.users.create", "alpha")
    values = {"email": "ann@alpha.example"}
    await world.services.users.create(call, NewUser(values=values, password=PASSWORD))
    [change] = world.audit.changes
    assert change.before is None
    assert change.after is not None
    assert change.after["email"] == "ann@alpha.example"
    assert PASSWORD not in repr(change)


async def test_custom_attributes_that_sound_secret(world: World) -> None:
    """A custom attribute can be called like a secret: its value stays out of the log."""
    user = await world.user(custom_attributes={"userPassword": "old-one", "team": "a"})
    values = {"custom_attributes": {"team": "b", "api_token": "new-one"}}
    await world.services.users.update(world.call("admin.users.update"), user.id, values)
    [change] = world.audit.changes
    assert "old-one" not in repr(change)
    assert "new-one" not in repr(change)
    assert change.after is not None
    told = change.after["custom_attributes"]
    assert told == {"userPassword": "(not told)", "api_token": "(not told)", "team": "b"}


@pytest.mark.parametrize("action", CHANGES)
async def test_what_was_refused_is_not_told(world: World, action: str) -> None:
    """A change that did not happen is no line of the log."""
    with pytest.raises(GatewayError):
        await CHANGES[action](world, f"usr_{'0' * 32}")
    assert world.audit.changes == []


async def test_lockouts_are_told(world: World) -> None:
    """A user that the counter locked is a line, with the caller who tried."""
    user = await world.user(password=PASSWORD)
    users = (await world.tenant()).users
    call = world.call("tenant.users.authenticate", "alpha")
    policy = await users.lockout_policy(user.id)
    for _ in range(policy.max_failures * 2):
        with pytest.raises(GatewayError):
            await world.services.credentials.authenticate(call, "ann", "wrong")
    told = [(c.action, c.target) for c in world.audit.changes]
    assert told == [("users.lockout", user.id)]
