"""Counting failed logins: which counts lock an account, which hold back an address."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.status import LockoutPolicy

ADDRESS_FACTOR = 20
"""An address may fail this many times as often as one account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many failures, within which sliding window, an account and an address may have.

    Zero as a limit means that nothing is ever held back by it.
    """

    account: int
    address: int
    window: timedelta


def limits(policy: LockoutPolicy, fallback_window: timedelta) -> Limits:
    """The limits that follow from the policy in force.

    A policy without a window (failures never age out) is counted within `fallback_window`,
    since the directory itself remembers the rest.
    """
    account = policy.max_failures if policy.locks else 0
    return Limits(
        account=account,
        address=(account or policy.max_failures or 5) * ADDRESS_FACTOR,
        window=policy.window or fallback_window,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Counts after a failure was recorded, within the window."""

    account: int
    address: int
    retry_after: timedelta
