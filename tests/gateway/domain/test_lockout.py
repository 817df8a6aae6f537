"""Limits of failed logins."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.lockout import ADDRESS_FACTOR, limits
from gateway.domain.status import LockoutPolicy

FALLBACK = timedelta(minutes=10)
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1))
policies = st.builds(
    LockoutPolicy,
    enabled=st.booleans(),
    max_failures=st.integers(0, 50),
    window=durations,
    duration=durations,
)


@given(policies)
def test_an_account_is_held_back_only_where_the_directory_would_lock(policy: LockoutPolicy) -> None:
    """The account's limit is the policy's, and none where the policy never locks."""
    assert limits(policy, FALLBACK).account == (policy.max_failures if policy.locks else 0)


@given(policies)
def test_an_address_may_fail_more_often_than_an_account(policy: LockoutPolicy) -> None:
    """The address has its own limit, always: the account's, many times."""
    found = limits(policy, FALLBACK)
    assert found.address >= ADDRESS_FACTOR
    assert found.address % ADDRESS_FACTOR == 0
    if found.account:
        assert found.address == found.account * ADDRESS_FACTOR


@given(policies)
def test_the_window_is_the_policys_or_the_fallback(policy: LockoutPolicy) -> None:
    """A policy whose failures never age out is counted within the fallback window."""
    assert limits(policy, FALLBACK).window == (policy.window or FALLBACK)
