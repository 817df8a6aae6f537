"""The derived status."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.status import (
    FOREVER,
    OWN_STATUSES,
    LockoutPolicy,
    UserStatus,
    derive,
    locked_until,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
times = st.integers(0, 2**33).map(lambda second: datetime.fromtimestamp(second, UTC))
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650))
policies = st.builds(
    LockoutPolicy,
    enabled=st.booleans(),
    max_failures=st.integers(0, 10),
    window=durations,
    duration=durations,
)
own_statuses = st.sampled_from(sorted(OWN_STATUSES))


@given(own_statuses, st.none() | times, times)
def test_an_own_status_comes_before_a_lock(
    own: UserStatus, until: datetime | None, now: datetime
) -> None:
    """Who is disabled or pending is shown so, locked or not."""
    assert derive(own, until, now) is own


@given(times, times)
def test_a_lock_holds_until_its_end(until: datetime, now: datetime) -> None:
    """LOCKED before the end of the lock, ACTIVE from that moment on."""
    expected = UserStatus.LOCKED if now < until else UserStatus.ACTIVE
    assert derive(None, until, now) is expected


@given(times, policies)
def test_a_lock_by_policy_runs_for_the_duration(locked_at: datetime, policy: LockoutPolicy) -> None:
    """The end follows from the policy: none when it is off, never without a duration."""
    until = locked_until(locked_at, policy)
    if not policy.enabled:
        assert until is None
    elif not policy.duration:
        assert until == FOREVER
    else:
        assert until is not None
        assert until - locked_at == policy.duration


@given(policies)
def test_the_permanent_lock_outlasts_any_duration(policy: LockoutPolicy) -> None:
    """A permanent lock holds for good under every policy that locks at all."""
    assert locked_until(FOREVER, policy) == (FOREVER if policy.enabled else None)


@given(policies)
def test_no_lock_is_no_lock(policy: LockoutPolicy) -> None:
    """Without a lock in the directory nobody is locked."""
    assert locked_until(None, policy) is None
    assert derive(None, None, NOW) is UserStatus.ACTIVE


@pytest.mark.parametrize("own", [UserStatus.ACTIVE, UserStatus.LOCKED])
def test_derived_statuses_are_not_taken_from_storage(own: UserStatus) -> None:
    """ACTIVE or LOCKED as a stored word says nothing: the lock alone decides."""
    assert derive(own, None, NOW) is UserStatus.ACTIVE
    assert derive(own, NOW + timedelta(seconds=1), NOW) is UserStatus.LOCKED


@given(policies)
def test_a_policy_locks_when_on_and_counting(policy: LockoutPolicy) -> None:
    """Failures lock only where lockout is on and a limit is set."""
    assert policy.locks == (policy.enabled and policy.max_failures > 0)
