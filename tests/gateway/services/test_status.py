"""Status, locks and ended sessions."""

from itertools import product

import pytest

from adapters.memory import PasswordPolicy
from gateway.domain.errors import Conflict, StaleVersion, Unauthenticated
from gateway.domain.model import User
from gateway.domain.status import LockoutPolicy, UserStatus
from gateway.ports import BindOutcome
from tests.gateway.services.world import PASSWORD, CopiesAway, CountsAway, World, make_world

CAN_BIND = {UserStatus.ACTIVE}


async def _binds(world: World, user: User) -> bool:
    return await (await world.tenant()).users.bind(user, PASSWORD) is BindOutcome.OK


@pytest.mark.parametrize(("first", "second"), list(product(UserStatus, UserStatus)))
async def test_any_status_follows_any(world: World, first: UserStatus, second: UserStatus) -> None:
    """After each change the status is the one that was set, and logins agree with it."""
    user = await world.user(password=PASSWORD)
    call = world.call("tenant.users.status", "alpha")
    for status in (first, second):
        changed = await world.services.users.set_status(call, user.id, status)
        assert changed.user.status is status
        assert await _binds(world, user) == (status in CAN_BIND)


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.PENDING_APPROVAL])
async def test_a_lock_survives_other_states(world: World, status: UserStatus) -> None:
    """Disabling keeps a lock; unlocking keeps the own status; ACTIVE ends both."""
    user = await world.user(password=PASSWORD)
    call, users = world.call("tenant.users.status", "alpha"), world.services.users
    await users.set_status(call, user.id, UserStatus.LOCKED)
    disabled = await users.set_status(call, user.id, status)
    assert disabled.user.locked_until is not None
    unlocked = await users.unlock(world.call("admin.users.unlock"), user.id)
    assert (unlocked.user.status, unlocked.user.locked_until) == (status, None)
    await users.set_status(call, user.id, UserStatus.LOCKED)
    active = await users.set_status(call, user.id, UserStatus.ACTIVE)
    assert (active.user.own_status, active.user.locked_until) == (None, None)


async def test_unlock_of_what_is_not_locked(world: World) -> None:
    """Unlocking an active account is fine, and a stale version is told all the same."""
    user = await world.user()
    call = world.call("admin.users.unlock")
    unlocked = await world.services.users.unlock(call, user.id)
    assert unlocked.user.status is UserStatus.ACTIVE
    with pytest.raises(StaleVersion):
        await world.services.users.unlock(call, user.id, version="stale")


@pytest.mark.parametrize("how", ["unlock", "active"])
async def test_unlocking_forgets_failures_everywhere(world: World, how: str) -> None:
    """After an unlock the directory counts from nothing, and so does the counter."""
    user = await world.user(password=PASSWORD)
    check = world.call("tenant.users.authenticate", "alpha")
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            await world.services.credentials.authenticate(check, "ann", "wrong")
    if how == "unlock":
        await world.services.users.unlock(world.call("admin.users.unlock"), user.id)
    else:
        call = world.call("tenant.users.status", "alpha")
        await world.services.users.set_status(call, user.id, UserStatus.ACTIVE)
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            await world.services.credentials.authenticate(check, "ann", "wrong")
    found = await world.services.credentials.authenticate(check, "ann", PASSWORD)
    assert found.details.user.status is UserStatus.ACTIVE


@pytest.mark.parametrize("status", UserStatus)
async def test_status_of_a_stale_version(world: World, status: UserStatus) -> None:
    """A change that names an older version changes nothing."""
    user = await world.user()
    call = world.call("tenant.users.status", "alpha")
    with pytest.raises(StaleVersion):
        await world.services.users.set_status(
            call, user.id, status, version="stale", terminate_sessions=True
        )
    assert await (await world.tenant()).users.get(user.id) == user


async def test_locking_needs_a_policy_that_locks() -> None:
    """Where the directory would ignore a lock, the status is refused instead of pretended."""
    world = await make_world(PasswordPolicy(lockout=LockoutPolicy(enabled=False)))
    user = await world.user()
    call = world.call("tenant.users.status", "alpha")
    with pytest.raises(Conflict) as refused:
        await world.services.users.set_status(call, user.id, UserStatus.LOCKED)
    assert refused.value.code == "lockout_disabled"
    with pytest.raises(StaleVersion):
        await world.services.users.set_status(call, user.id, UserStatus.LOCKED, version="stale")


async def test_reason_goes_to_the_audit_log(world: World) -> None:
    """Who changed the status why, from what to what, is told; nothing else is."""
    user = await world.user()
    call = world.call("tenant.users.status", "alpha")
    await world.services.users.set_status(call, user.id, UserStatus.DISABLED, reason="left")
    [change] = world.audit.changes
    assert (change.actor, change.target) == (call.principal.subject, user.id)
    assert (change.action, change.reason) == ("tenant.users.status", "left")
    assert change.before == {"status": UserStatus.ACTIVE, "own_status": None}
    assert change.after == {"status": UserStatus.DISABLED, "own_status": UserStatus.DISABLED}


async def test_counter_away(world: World) -> None:
    """Without the counter a status changes all the same, with a count for the operators."""
    away = world.without(failures=CountsAway(), revocations=CopiesAway())
    user = await away.user()
    call = away.call("tenant.users.status", "alpha")
    changed = await away.services.users.set_status(
        call, user.id, UserStatus.ACTIVE, terminate_sessions=True
    )
    assert changed.user.tokens_valid_from is not None
    assert world.metrics.counts["redis_unavailable", (("use", "lockout"),)] == 1
    assert world.metrics.counts["redis_unavailable", (("use", "sessions"),)] == 1
