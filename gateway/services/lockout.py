"""Failed logins: counted beside the directory, never instead of it.

The directory's own count decides alone whenever the counter is away, and the counter never
locks where the directory's count would not: a good bind, an unlock, a lock cleared by anybody
clears it, since failures from before the directory's oldest one are forgotten.
"""

import logging
import math
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.errors import TooManyAttempts, Unavailable
from gateway.domain.lockout import Limits, limits
from gateway.domain.model import User
from gateway.domain.status import LockoutPolicy
from gateway.ports import FailureCounter, Metrics, TenantDirectory

_log = logging.getLogger(__name__)
FALLBACK_WINDOW = timedelta(minutes=15)
"""Counts where the policy's failures never age out; the directory remembers the rest."""


class Lockout:
    """Holds back addresses, locks accounts, and goes on without its counter."""

    def __init__(self, *, failures: FailureCounter, metrics: Metrics) -> None:
        self._failures = failures
        self._metrics = metrics

    async def hold_back(self, tenant_id: str, address: str, policy: LockoutPolicy) -> None:
        """Refuse an address that failed too often in this tenant. It never locks an account.

        Raises:
            TooManyAttempts: with the seconds to wait.
        """
        try:
            wait = await self._failures.blocked(tenant_id, address, limits(policy, FALLBACK_WINDOW))
        except Unavailable:
            self._missing("blocked")
            return
        if wait is not None:
            self._metrics.count("address_held_back")
            raise TooManyAttempts(max(1, math.ceil(wait.total_seconds())))

    async def failed_unknown(self, tenant_id: str, address: str, policy: LockoutPolicy) -> None:
        """Count a failure of a login that nobody has: for the address alone."""
        try:
            counted = limits(policy, FALLBACK_WINDOW)
            await self._failures.record(tenant_id, None, address, counted)
        except Unavailable:
            self._missing("record")

    async def failed(
        self,
        directory: TenantDirectory,
        user: User,
        address: str,
        *,
        tenant_policy: LockoutPolicy,
        policy: LockoutPolicy,
        since: datetime,
    ) -> bool:
        """Count a wrong password; lock the account at its limit. Tells whether it locked.

        `policy` is in force for the user, `tenant_policy` for the address. `since` is the
        directory's oldest counted failure; it is asked again before the account is locked.
        """
        counted = _for_account(policy, tenant_policy)
        try:
            failures = await self._failures.record(
                directory.tenant.id, user.id, address, counted, since=since
            )
        except Unavailable:
            self._missing("record")
            return False
        if not counted.account or failures.account < counted.account:
            return False
        still = await directory.users.failing_since(user.id)
        if still is None or still > since:
            return False
        await directory.users.lock_by_policy(user.id)
        self._metrics.count("lockout")
        _log.warning("Account %s is locked after %d failures", user.id, failures.account)
        return True

    async def forget(self, tenant_id: str, user_id: str) -> None:
        """Forget an account's failures."""
        try:
            await self._failures.clear(tenant_id, user_id)
        except Unavailable:
            self._missing("clear")

    def _missing(self, what: str) -> None:
        _log.warning("Failure counts cannot be reached (%s); the directory counts alone", what)
        self._metrics.count("redis_unavailable", use="lockout")


def _for_account(policy: LockoutPolicy, tenant_policy: LockoutPolicy) -> Limits:
    own = limits(policy, FALLBACK_WINDOW)
    return replace(own, address=limits(tenant_policy, FALLBACK_WINDOW).address)
