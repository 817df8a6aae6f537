"""What time does to accounts in memory; a real server's clock cannot be moved."""

from datetime import timedelta

import pytest

from adapters.memory import MemoryDirectory, PasswordPolicy
from gateway.domain.errors import Invalid
from gateway.domain.model import User
from gateway.domain.status import LockoutPolicy, UserStatus
from gateway.ports import BindOutcome, Directory, TenantDirectory
from tests.adapters.memory.hands import Hands

PASSWORD = "Correct-horse-7"
MINUTE = timedelta(minutes=1)
POLICY = PasswordPolicy(
    lockout=LockoutPolicy(enabled=True, max_failures=2, window=5 * MINUTE, duration=10 * MINUTE),
    min_length=3,
    history=1,
)


async def tenant_of(clock: Hands, policy: PasswordPolicy = POLICY) -> tuple[TenantDirectory, User]:
    """A tenant with one user."""
    directory: Directory = MemoryDirectory(clock, policy)
    added = await directory.tenants.add({"slug": "t"})
    tenant = await directory.tenant(added.id)
    ann = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}
    return tenant, await tenant.users.add(ann)


async def test_a_lock_by_failures_runs_out() -> None:
    """After its duration the right password binds again, and the lock is gone."""
    clock = Hands()
    tenant, ann = await tenant_of(clock)
    for _ in range(2):
        await tenant.users.bind(ann, "wrong")
    clock.forward(10 * MINUTE - timedelta(seconds=1))
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.LOCKED
    clock.forward(timedelta(seconds=1))
    assert (await tenant.users.get(ann.id)).status is UserStatus.ACTIVE
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.OK
    assert (await tenant.users.get(ann.id)).locked_until is None


async def test_failures_age_out_of_the_window() -> None:
    """Failures that are further apart than the window never lock."""
    clock = Hands()
    tenant, ann = await tenant_of(clock)
    for _ in range(5):
        assert await tenant.users.bind(ann, "wrong") is BindOutcome.WRONG
        clock.forward(5 * MINUTE)
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.OK


async def test_without_a_duration_a_lock_stays() -> None:
    """A policy without a duration locks until somebody unlocks."""
    clock = Hands()
    forever = LockoutPolicy(enabled=True, max_failures=1)
    tenant, ann = await tenant_of(clock, PasswordPolicy(lockout=forever))
    await tenant.users.bind(ann, "wrong")
    clock.forward(timedelta(days=999))
    assert (await tenant.users.get(ann.id)).status is UserStatus.LOCKED
    await tenant.users.unlock(ann.id)
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.OK


async def test_a_policy_that_is_off_never_locks() -> None:
    """Failures are remembered, and hold nobody back."""
    tenant, ann = await tenant_of(Hands(), PasswordPolicy(lockout=LockoutPolicy()))
    for _ in range(20):
        assert await tenant.users.bind(ann, "wrong") is BindOutcome.WRONG
    assert await tenant.users.bind(ann, PASSWORD) is BindOutcome.OK


async def test_the_policy_says_how_long_and_how_often() -> None:
    """Its length and its history judge new passwords."""
    tenant, ann = await tenant_of(Hands())
    with pytest.raises(Invalid):
        await tenant.users.update(ann.id, {"password": "ab"})
    await tenant.users.update(ann.id, {"password": "abc"})
    with pytest.raises(Invalid):
        await tenant.users.update(ann.id, {"password": PASSWORD})
    await tenant.users.update(ann.id, {"password": "abcd"})
    await tenant.users.update(ann.id, {"password": PASSWORD})


async def test_times_are_whole_seconds() -> None:
    """As Generalized Time in a directory, so that nobody relies on more."""
    clock = Hands()
    clock.forward(timedelta(milliseconds=1750))
    tenant, ann = await tenant_of(clock)
    await tenant.users.bind(ann, PASSWORD)
    after = await tenant.users.get(ann.id)
    assert after.last_login_at == ann.created_at == clock().replace(microsecond=0)
