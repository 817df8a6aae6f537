"""The brake: no provisioning client takes away a large part of a tenant unseen.

A wrong assignment at an identity provider switches off thousands within minutes. What goes
beyond a share of the tenant's users within a window is held, until time or an operator
releases it.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.access import Role
from gateway.domain.errors import TooManyAttempts, Unavailable
from gateway.domain.query import Query
from gateway.ports import Clock, Metrics, Tally, TenantDirectory
from gateway.services.access import Call
from gateway.services.audit import Audit

_log = logging.getLogger(__name__)

HELD = "scim.brake.hold"
RELEASED = "scim.brake.release"
"""What the audit log calls it."""

_COUNT_AGAIN = timedelta(minutes=5)
_ASK_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeRules:
    """How many users one client may deactivate or delete within `window`.

    `share` of the tenant's users (None: there is no brake); tenants with fewer than `minimum`
    users have none.
    """

    share: float | None = 0.25
    minimum: int = 50
    window: timedelta = timedelta(hours=1)

    def limit(self, users: int) -> int:
        """The most that may go in a tenant of so many users."""
        return int((self.share or 0) * users)


class Brake:
    """Counts whom SCIM clients deactivate and delete, by tenant and token."""

    def __init__(
        self, *, tally: Tally, audit: Audit, metrics: Metrics, clock: Clock, rules: BrakeRules
    ) -> None:
        self._tally = tally
        self._audit = audit
        self._metrics = metrics
        self._rules = rules
        self._sizes = _Sizes(clock, rules.window)

    async def check(self, call: Call, directory: TenantDirectory, user_id: str) -> None:
        """Let one user be deactivated or deleted by a SCIM token, or not.

        A user counts once within the window. While the counters cannot be reached, all go.

        Raises:
            TooManyAttempts: that would be more than the share.
        """
        rules = self._rules
        if call.principal.role is not Role.SCIM or rules.share is None:
            return
        name = _name(directory.tenant.id, call.principal.token_id)
        await self._sizes.most(directory, no_older=rules.window)
        # So few may go in any tenant that has a brake at all.
        if await self._counted(name, user_id, rules.limit(rules.minimum)):
            return
        users = await self._sizes.most(directory, no_older=_COUNT_AGAIN)
        if users < rules.minimum or await self._counted(name, user_id, rules.limit(users)):
            return
        minutes = rules.window // timedelta(minutes=1)
        detail = (
            f"Held: more than {rules.share * 100:g}% of the tenant's users would be deactivated "
            f"or deleted within {minutes} minutes; `gateway scim release` lets it go on"
        )
        self._metrics.count("scim_brake_held")
        self._audit.told(
            call, user_id, tenant_id=directory.tenant.id, action=HELD, reason=call.action
        )
        raise TooManyAttempts(int(_ASK_AGAIN.total_seconds()), detail)

    async def release(self, call: Call, directory: TenantDirectory) -> bool:
        """Forget what was counted in a tenant; whether there was anything.

        Raises:
            Unavailable: the counters cannot be reached.
        """
        tokens = await directory.scim_tokens.find(Query(limit=None))
        names = [_name(directory.tenant.id, id_) for id_ in (None, *(t.id for t in tokens.items))]
        released = any([await self._tally.clear(name) for name in names])
        if released:
            tenant_id = directory.tenant.id
            self._audit.told(call, tenant_id, tenant_id=tenant_id, action=RELEASED)
        return released

    async def _counted(self, name: str, user_id: str, limit: int) -> bool:
        try:
            return await self._tally.count(name, user_id, window=self._rules.window, limit=limit)
        except Unavailable:
            _log.warning("The brake has no counters: all goes on")
            self._metrics.count("redis_unavailable", use="brake")
            return True


def _name(tenant_id: str, token_id: str | None) -> str:
    """One count for each token of the directory; one for all others of the tenant together."""
    return f"brake:{tenant_id}:{token_id or 'jwt'}"


class _Sizes:
    """How many users tenants had, the most within a window, as this process has seen it.

    The most, since those who were deleted within it belong to the whole. Counting a large
    tenant takes time: it is done when a window begins, and then once in a while.
    """

    def __init__(self, clock: Clock, window: timedelta) -> None:
        self._clock = clock
        self._window = window
        self._seen: dict[str, deque[tuple[datetime, int]]] = {}
        self._counting = asyncio.Lock()

    async def most(self, directory: TenantDirectory, *, no_older: timedelta) -> int:
        """The most, where the latest count is no older than that."""
        seen = self._seen.setdefault(directory.tenant.id, deque())
        async with self._counting:
            now = self._clock()
            while seen and seen[0][0] + self._window <= now:
                seen.popleft()
            if not seen or seen[-1][0] + no_older <= now:
                seen.append((now, (await directory.users.find(Query(limit=0))).total))
        return max(users for _, users in seen)
