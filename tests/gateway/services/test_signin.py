"""The credential check: who gets in, who is told what, and who is locked out when."""

import asyncio
from datetime import timedelta

import pytest

from adapters.memory import PasswordPolicy
from gateway.domain.access import Role
from gateway.domain.errors import (
    AccountLocked,
    Forbidden,
    GatewayError,
    TooManyAttempts,
    Unauthenticated,
)
from gateway.domain.status import OWN_STATUSES, LockoutPolicy, UserStatus
from gateway.services.audit import Audit
from gateway.services.lockout import Lockout
from gateway.services.signin import Authenticated, SignIn
from tests.gateway.services.world import PASSWORD, CountsAway, World, make_world

LIMIT = 5


async def _try(
    world: World, login: str = "ann", password: str = PASSWORD, slug: str = "alpha"
) -> Authenticated:
    call = world.call("tenant.users.authenticate", slug)
    return await world.services.credentials.authenticate(call, login, password)


async def _answer(world: World, login: str = "ann", tried: str = "wrong") -> type[GatewayError]:
    with pytest.raises(GatewayError) as refused:
        await _try(world, login, tried)
    return type(refused.value)


async def _locked(world: World, user_id: str) -> bool:
    return (await (await world.tenant()).users.get(user_id)).status is UserStatus.LOCKED


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@alpha.example", "Ann@Alpha.Example"])
async def test_right_password(world: World, login: str) -> None:
    """E-mail and username are logins, in any case, and the answer shows this very login."""
    user = await world.user(password=PASSWORD)
    found = await _try(world, login)
    assert found.details.user.id == user.id
    assert found.details.user.last_login_at == world.clock().replace(microsecond=0)
    assert not found.password_change_required


async def test_password_that_must_be_changed(world: World) -> None:
    """A password that is only good for setting another one says so."""
    await world.user(password=PASSWORD, password_change_required=True)
    assert (await _try(world)).password_change_required


async def test_application_tokens_may_check(world: World) -> None:
    """An application checks users of its tenant, assigned or not."""
    user = await world.user(password=PASSWORD)
    call = world.call("tenant.users.authenticate", "alpha", role=Role.APPLICATION)
    found = await world.services.credentials.authenticate(call, "ann", PASSWORD)
    assert found.details.user.id == user.id


@pytest.mark.parametrize(
    "login", ["nobody", "", " ", "a\0b", "\ud800", "*", "ann)(uid=*", "x" * 9999]
)
async def test_unknown_logins_read_as_wrong_passwords(world: World, login: str) -> None:
    """Nobody learns from the answer whether somebody has a login."""
    await world.user(password=PASSWORD)
    answers = set()
    for tried in (login, "ann"):
        with pytest.raises(Unauthenticated) as refused:
            await _try(world, tried, "wrong")
        answers.add((refused.value.detail, refused.value.code, refused.value.presented))
    assert len(answers) == 1


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "x" * 100_000])
async def test_odd_passwords_are_wrong(world: World, password: str) -> None:
    """What no directory could compare is wrong, above all an empty password (RFC 4513, 5.1.2)."""
    await world.user(password=PASSWORD)
    assert await _answer(world, "ann", password) is Unauthenticated
    assert await _answer(world, "nobody", password) is Unauthenticated


@pytest.mark.parametrize("status", sorted(OWN_STATUSES))
@pytest.mark.parametrize("password", [PASSWORD, "wrong", ""])
async def test_inactive_accounts(world: World, status: UserStatus, password: str) -> None:
    """Disabled and pending accounts say so whatever the password."""
    await world.user(password=PASSWORD, own_status=status)
    assert await _answer(world, "ann", password) is Forbidden


async def test_locked_accounts(world: World) -> None:
    """A locked account says so whatever the password."""
    user = await world.user(password=PASSWORD)
    await (await world.tenant()).users.lock(user.id)
    for password in (PASSWORD, "wrong"):
        assert await _answer(world, "ann", password) is AccountLocked


async def test_lockout(world: World) -> None:
    """At the policy's limit the account is locked in the directory, for its duration."""
    user = await world.user(password=PASSWORD)
    for _ in range(LIMIT):
        assert not await _locked(world, user.id)
        assert await _answer(world) is Unauthenticated
    assert await _locked(world, user.id)
    assert await _answer(world, "ann", PASSWORD) is AccountLocked
    world.clock.advance(minutes=15, seconds=1)
    assert (await _try(world)).details.user.status is UserStatus.ACTIVE


async def test_a_good_login_starts_from_nothing(world: World) -> None:
    """Failures before a good login never add to those after it."""
    user = await world.user(password=PASSWORD)
    for _ in range(3):
        for _ in range(LIMIT - 1):
            assert await _answer(world) is Unauthenticated
        await _try(world)
    assert not await _locked(world, user.id)


async def test_the_window_slides(world: World) -> None:
    """Failures that are older than the policy's window count no longer."""
    user = await world.user(password=PASSWORD)
    for _ in range(LIMIT * 2):
        assert await _answer(world) is Unauthenticated
        world.clock.advance(minutes=4)
    assert not await _locked(world, user.id)


async def test_another_policy_counts_otherwise() -> None:
    """Limit and window are those of the policy in force."""
    policy = LockoutPolicy(
        enabled=True, max_failures=2, window=timedelta(hours=1), duration=timedelta(0)
    )
    world = await make_world(PasswordPolicy(lockout=policy))
    user = await world.user(password=PASSWORD)
    assert await _answer(world) is Unauthenticated
    world.clock.advance(minutes=50)
    assert await _answer(world) is Unauthenticated
    world.clock.advance(days=999)
    assert await _locked(world, user.id)


@pytest.mark.parametrize("lockout", [LockoutPolicy(), LockoutPolicy(enabled=True)])
async def test_no_lockout_where_the_policy_has_none(lockout: LockoutPolicy) -> None:
    """Where the directory would not lock, the counter does not either."""
    world = await make_world(PasswordPolicy(lockout=lockout))
    await world.user(password=PASSWORD)
    for _ in range(LIMIT * 3):
        assert await _answer(world) is Unauthenticated
    await _try(world)


@pytest.mark.parametrize("where", ["unlock", "bind"])
async def test_failures_cleared_in_the_directory_are_cleared_here(world: World, where: str) -> None:
    """Whoever clears the failures past this gateway clears the counter: it never locks alone."""
    user = await world.user(password=PASSWORD)
    users = (await world.tenant()).users
    for _ in range(LIMIT - 1):
        assert await _answer(world) is Unauthenticated
        world.clock.advance(seconds=1)
    if where == "unlock":
        await users.unlock(user.id)
    else:
        await users.bind(user, PASSWORD)
    for _ in range(LIMIT - 1):
        assert await _answer(world) is Unauthenticated
        assert not await _locked(world, user.id)
        world.clock.advance(seconds=1)
    await _try(world)


async def test_a_stale_counter_does_not_lock(world: World) -> None:
    """The directory is asked again before the counter's limit locks an account."""
    user = await world.user(password=PASSWORD)
    directory = await world.tenant()
    policy = await directory.users.lockout_policy(user.id)
    lockout = Lockout(failures=world.failures, metrics=world.metrics)
    since = world.clock()
    for _ in range(LIMIT * 2):
        world.clock.advance(seconds=1)
        locked = await lockout.failed(
            directory, user, "192.0.2.9", tenant_policy=policy, policy=policy, since=since
        )
        assert not locked
    assert not await _locked(world, user.id)


async def test_the_counter_locks_where_the_directory_counts(world: World) -> None:
    """At the limit, with the directory still counting from the same failure, it locks."""
    user = await world.user(password=PASSWORD)
    directory = await world.tenant()
    policy = await directory.users.lockout_policy(user.id)
    lockout = Lockout(failures=world.failures, metrics=world.metrics)
    await directory.users.bind(user, "wrong")
    since = await directory.users.failing_since(user.id)
    assert since is not None
    told = [
        await lockout.failed(
            directory, user, "192.0.2.9", tenant_policy=policy, policy=policy, since=since
        )
        for _ in range(LIMIT)
    ]
    assert told == [False] * (LIMIT - 1) + [True]
    assert await _locked(world, user.id)
    assert world.metrics.counts["lockout", ()] == 1


async def test_addresses_are_held_back_and_lock_nobody(world: World) -> None:
    """After 20 times the account's limit an address waits, for whatever login, locking nobody."""
    user = await world.user(password=PASSWORD)
    for number in range(LIMIT * 20):
        assert await _answer(world, f"nobody{number}") is Unauthenticated
    for login, password in (("ann", PASSWORD), ("ann", "wrong"), ("nobody", "wrong")):
        with pytest.raises(TooManyAttempts) as refused:
            await _try(world, login, password)
        assert refused.value.retry_after == 15 * 60
    assert not await _locked(world, user.id)
    other = await world.user(slug="beta", password=PASSWORD)
    assert (await _try(world, slug="beta")).details.user.id == other.id
    world.clock.advance(minutes=15)
    await _try(world)


async def test_without_the_counter(world: World) -> None:
    """Without the counter logins go on, the directory locks alone, and operators see it."""
    away = world.without(failures=CountsAway())
    user = await away.user(password=PASSWORD)
    await _try(away)
    for _ in range(LIMIT):
        assert await _answer(away) is Unauthenticated
    assert await _locked(away, user.id)
    assert await _answer(away) is AccountLocked
    assert world.metrics.counts["redis_unavailable", (("use", "lockout"),)] > LIMIT


async def test_refusals_keep_pace(world: World) -> None:
    """No refused login is answered before a full step of the pace; a good one does not wait."""
    await world.user(password=PASSWORD)
    pace = timedelta(milliseconds=300)
    access = world.services.access
    sign_in = SignIn(
        access=access,
        lockout=Lockout(failures=world.failures, metrics=world.metrics),
        audit=Audit(log=world.audit),
        clock=world.clock,
        pace=pace,
    )
    time = asyncio.get_running_loop().time
    call = world.call("tenant.users.authenticate", "alpha")
    for login in ("ann", "nobody"):
        started = time()
        with pytest.raises(Unauthenticated):
            await sign_in.authenticate(call, login, "wrong")
        assert time() - started >= pace.total_seconds()
    assert (await sign_in.authenticate(call, "ann", PASSWORD)).details.user.username == "ann"


async def test_many_at_once(world: World) -> None:
    """Attempts at the same time lock once the limit is reached, and none gets in after."""
    user = await world.user(password=PASSWORD)
    answers = await asyncio.gather(
        *(_try(world, "ann", "wrong") for _ in range(LIMIT * 3)), return_exceptions=True
    )
    assert {type(a) for a in answers} <= {Unauthenticated, AccountLocked}
    assert await _locked(world, user.id)
    assert await _answer(world, "ann", PASSWORD) is AccountLocked
