"""Passwords, binds, locks."""

import asyncio
from datetime import timedelta

import pytest

from gateway.domain.model import User
from gateway.domain.query import StatusIs
from gateway.domain.status import FOREVER, OWN_STATUSES, UserStatus
from gateway.ports import BindOutcome, TenantDirectory
from tests.contract.people import OTHER_PASSWORD, PASSWORD, Clock, invalid, names, person, second

LIMIT = 5


async def ann(tenant: TenantDirectory, **values: object) -> User:
    """A user who can bind."""
    return await tenant.users.add(person("ann", password=PASSWORD, **values))


async def fail(tenant: TenantDirectory, user: User, times: int) -> None:
    """Bind with a wrong password so many times."""
    for _ in range(times):
        assert await tenant.users.bind(user, "wrong") is BindOutcome.WRONG


async def test_the_right_password_binds(tenant: TenantDirectory, clock: Clock) -> None:
    """It is OK, and the time of it is the last login."""
    user = await ann(tenant)
    before = second(clock())
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK
    after = await tenant.users.get(user.id)
    assert after.last_login_at is not None
    assert before <= after.last_login_at <= clock()


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD + " ", PASSWORD.lower(), "é\0", "*"])
async def test_a_wrong_password_does_not(tenant: TenantDirectory, password: str) -> None:
    """Nothing but the password itself; the empty one (an anonymous bind in LDAP) neither."""
    user = await ann(tenant)
    assert await tenant.users.bind(user, password) is BindOutcome.WRONG
    assert (await tenant.users.get(user.id)).last_login_at is None


@pytest.mark.parametrize("password", [PASSWORD, "", "wrong"])
async def test_nobody_binds_as_nobody(tenant: TenantDirectory, password: str) -> None:
    """An unknown login is WRONG, whatever the password."""
    assert await tenant.users.bind(None, password) is BindOutcome.WRONG


async def test_a_user_without_a_password_cannot_bind(tenant: TenantDirectory) -> None:
    """Neither one that never had one, nor one that lost it."""
    bob = await tenant.users.add(person("bob"))
    user = await ann(tenant)
    assert await tenant.users.bind(bob, PASSWORD) is BindOutcome.WRONG
    await tenant.users.update(user.id, {"password": None})
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.WRONG


@pytest.mark.parametrize("own", sorted(OWN_STATUSES))
async def test_disabled_and_pending_users_cannot_bind(
    tenant: TenantDirectory, own: UserStatus
) -> None:
    """The right password is WRONG until the status is taken away, and a new one changes nothing."""
    user = await ann(tenant, own_status=own)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.WRONG
    changed = await tenant.users.update(user.id, {"password": OTHER_PASSWORD})
    assert changed.status is own
    assert await tenant.users.bind(user, OTHER_PASSWORD) is BindOutcome.WRONG
    await tenant.users.update(user.id, {"own_status": None})
    assert await tenant.users.bind(user, OTHER_PASSWORD) is BindOutcome.OK


async def test_a_new_password_takes_the_place_of_the_old_one(
    tenant: TenantDirectory, clock: Clock
) -> None:
    """Only the new one binds then, and the time of the change is known."""
    user = await ann(tenant)
    before = second(clock())
    changed = await tenant.users.update(user.id, {"password": OTHER_PASSWORD})
    assert changed.password_changed_at is not None
    assert before <= changed.password_changed_at <= clock()
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.WRONG
    assert await tenant.users.bind(user, OTHER_PASSWORD) is BindOutcome.OK


@pytest.mark.parametrize("password", ["pässwörd 日本語 😀", "a" * 256, "  spaces  ", "*()\\\"'<>&"])
async def test_any_text_can_be_a_password(tenant: TenantDirectory, password: str) -> None:
    """Unicode, length and special characters come through to the bind."""
    user = await tenant.users.add(person("ann", password=password))
    assert await tenant.users.bind(user, password) is BindOutcome.OK


async def test_the_policy_refuses_passwords(tenant: TenantDirectory) -> None:
    """Short and former ones are Invalid, on adding and on changing; nothing is written then."""
    with invalid("password"):
        await tenant.users.add(person("bob", password="short"))
    assert await names(tenant) == []
    user = await ann(tenant)
    await tenant.users.update(user.id, {"password": OTHER_PASSWORD})
    before = await tenant.users.get(user.id)
    for password in ("short", PASSWORD, OTHER_PASSWORD):
        with invalid("password"):
            await tenant.users.update(user.id, {"password": password, "first_name": "x"})
    assert await tenant.users.get(user.id) == before
    assert await tenant.users.bind(user, OTHER_PASSWORD) is BindOutcome.OK


async def test_a_password_can_have_to_be_changed(tenant: TenantDirectory) -> None:
    """MUST_CHANGE until a new one is set, or until it need not be any more."""
    user = await ann(tenant, password_change_required=True)
    assert user.password_change_required
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.MUST_CHANGE
    changed = await tenant.users.update(user.id, {"password": OTHER_PASSWORD})
    assert not changed.password_change_required
    assert await tenant.users.bind(user, OTHER_PASSWORD) is BindOutcome.OK
    again = await tenant.users.update(
        user.id, {"password": "Third-time-lucky-9", "password_change_required": True}
    )
    assert again.password_change_required
    assert await tenant.users.bind(user, "Third-time-lucky-9") is BindOutcome.MUST_CHANGE
    done = await tenant.users.update(user.id, {"password_change_required": False})
    assert not done.password_change_required
    assert await tenant.users.bind(user, "Third-time-lucky-9") is BindOutcome.OK


async def test_failures_lock_by_policy(tenant: TenantDirectory, clock: Clock) -> None:
    """At the limit the account is locked, for as long as the policy says."""
    user = await ann(tenant)
    policy = await tenant.users.lockout_policy(user.id)
    assert (policy.locks, policy.max_failures) == (True, LIMIT)
    assert await tenant.users.lockout_policy(None) == policy
    await fail(tenant, user, LIMIT - 1)
    assert (await tenant.users.get(user.id)).status is UserStatus.ACTIVE
    await fail(tenant, user, 1)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.LOCKED
    assert await tenant.users.bind(user, "wrong") is BindOutcome.LOCKED
    locked = await tenant.users.get(user.id)
    assert locked.status is UserStatus.LOCKED
    assert locked.locked_until is not None
    assert timedelta(0) <= clock() + policy.duration - locked.locked_until < timedelta(seconds=30)
    assert await names(tenant, StatusIs(UserStatus.LOCKED)) == ["ann"]
    with clock.ahead(policy.duration + timedelta(seconds=5)):
        assert (await tenant.users.get(user.id)).status is UserStatus.ACTIVE
        assert await names(tenant, StatusIs(UserStatus.LOCKED)) == []
        assert await names(tenant, StatusIs(UserStatus.ACTIVE)) == ["ann"]


async def test_a_good_bind_clears_the_failures(tenant: TenantDirectory, clock: Clock) -> None:
    """The count starts anew after it; the oldest counted failure is told meanwhile."""
    user = await ann(tenant)
    assert await tenant.users.failing_since(user.id) is None
    before = second(clock())
    await fail(tenant, user, LIMIT - 1)
    since = await tenant.users.failing_since(user.id)
    assert since is not None
    assert before <= since <= clock()
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK
    assert await tenant.users.failing_since(user.id) is None
    await fail(tenant, user, LIMIT - 1)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK


async def test_unlocking_clears_lock_and_failures(tenant: TenantDirectory) -> None:
    """After it the right password binds, and one typo does not lock again."""
    user = await ann(tenant)
    await fail(tenant, user, LIMIT)
    unlocked = await tenant.users.unlock(user.id)
    assert (unlocked.status, unlocked.locked_until) == (UserStatus.ACTIVE, None)
    assert await tenant.users.failing_since(user.id) is None
    await fail(tenant, user, 1)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK


async def test_unlocking_clears_failures_that_locked_nothing(tenant: TenantDirectory) -> None:
    """Failures below the limit are gone, too; without any it is fine and changes nothing."""
    user = await ann(tenant)
    untouched = await tenant.users.unlock(user.id)
    assert untouched.status is UserStatus.ACTIVE
    await fail(tenant, user, LIMIT - 1)
    await tenant.users.unlock(user.id)
    assert await tenant.users.failing_since(user.id) is None
    await fail(tenant, user, LIMIT - 1)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK


async def test_the_own_lock_holds_until_it_is_cleared(
    tenant: TenantDirectory, clock: Clock
) -> None:
    """LOCKED for good, and no time ends it; locking twice is fine."""
    user = await ann(tenant)
    for _ in range(2):
        locked = await tenant.users.lock(user.id)
        assert (locked.status, locked.locked_until) == (UserStatus.LOCKED, FOREVER)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.LOCKED
    with clock.ahead(timedelta(days=3650)):
        assert (await tenant.users.get(user.id)).status is UserStatus.LOCKED
        assert await names(tenant, StatusIs(UserStatus.LOCKED)) == ["ann"]
    await tenant.users.unlock(user.id)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK


async def test_a_lock_by_policy_can_be_set(tenant: TenantDirectory, clock: Clock) -> None:
    """It runs from now for the policy's duration."""
    user = await ann(tenant)
    policy = await tenant.users.lockout_policy(user.id)
    await tenant.users.lock_by_policy(user.id)
    locked = await tenant.users.get(user.id)
    assert locked.status is UserStatus.LOCKED
    assert locked.locked_until is not None
    assert timedelta(0) <= clock() + policy.duration - locked.locked_until < timedelta(seconds=30)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.LOCKED


async def test_disabled_comes_before_locked(tenant: TenantDirectory) -> None:
    """A locked user who is disabled shows as DISABLED, and as LOCKED again afterwards."""
    user = await ann(tenant)
    await tenant.users.lock(user.id)
    disabled = await tenant.users.update(user.id, {"own_status": UserStatus.DISABLED})
    assert disabled.status is UserStatus.DISABLED
    assert await names(tenant, StatusIs(UserStatus.LOCKED)) == []
    assert await names(tenant, StatusIs(UserStatus.DISABLED)) == ["ann"]
    back = await tenant.users.update(user.id, {"own_status": None})
    assert back.status is UserStatus.LOCKED


async def test_a_new_password_drops_the_lock(tenant: TenantDirectory) -> None:
    """Who gets a new password can use it at once."""
    user = await ann(tenant)
    await fail(tenant, user, LIMIT)
    changed = await tenant.users.update(user.id, {"password": OTHER_PASSWORD})
    assert changed.status is UserStatus.ACTIVE
    assert await tenant.users.bind(user, OTHER_PASSWORD) is BindOutcome.OK


async def test_concurrent_failures_are_all_counted(tenant: TenantDirectory) -> None:
    """Failures at the same time lock as those one after another do."""
    user = await ann(tenant)
    outcomes = await asyncio.gather(*(tenant.users.bind(user, f"wrong{n}") for n in range(12)))
    assert set(outcomes) <= {BindOutcome.WRONG, BindOutcome.LOCKED}
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.LOCKED


async def test_a_bind_follows_the_user(tenant: TenantDirectory) -> None:
    """A user that was renamed or moved since it was read binds all the same."""
    user = await ann(tenant)
    unit = await tenant.ous.add({"name": "A"})
    await tenant.users.update(user.id, {"username": "anna", "ou_id": unit.id})
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.OK
    await tenant.users.delete(user.id)
    assert await tenant.users.bind(user, PASSWORD) is BindOutcome.WRONG


async def test_a_second_password_has_to_be_changed_as_well(tenant: TenantDirectory) -> None:
    """Requiring a change together with a new password holds, also where it was required before."""
    user = await ann(tenant, password_change_required=True)
    for password in (OTHER_PASSWORD, "Third-time-lucky-9"):
        changed = await tenant.users.update(
            user.id, {"password": password, "password_change_required": True}
        )
        assert changed.password_change_required
        assert await tenant.users.bind(user, password) is BindOutcome.MUST_CHANGE


async def test_taking_a_password_away_changes_nothing_else(tenant: TenantDirectory) -> None:
    """Lock and required change stay as they are."""
    user = await ann(tenant, password_change_required=True)
    await tenant.users.lock(user.id)
    changed = await tenant.users.update(user.id, {"password": None})
    assert changed.password_change_required
    assert changed.status is UserStatus.LOCKED
