"""Failed logins in sliding windows (`gateway.ports.FailureCounter`)."""

from datetime import datetime, timedelta
from secrets import token_hex

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.scripts import BOUND, RECORD, WAIT
from gateway.domain.lockout import Failures, Limits

_MICROSECOND = timedelta(microseconds=1)


class RedisFailures:
    """Counts over all workers, one script an operation, by the clock of Redis."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def blocked(self, tenant_id: str, address: str, limits: Limits) -> timedelta | None:
        """How long that address must wait; None when it need not. Raises Unavailable."""
        if not limits.address:
            return None
        key = self._keys.address_failures(tenant_id, address)
        wait = int(
            await self._client.run(WAIT, [key], [limits.address, _microseconds(limits.window)])
        )
        return timedelta(microseconds=wait) if wait else None

    async def record(
        self,
        tenant_id: str,
        user_id: str | None,
        address: str,
        limits: Limits,
        *,
        since: datetime | None = None,
    ) -> Failures:
        """Count one failure for the address, and for the account unless the login is unknown.

        `retry_after` is how long the address must wait now, zero while it need not. Raises
        Unavailable.
        """
        keys = [self._keys.address_failures(tenant_id, address)]
        if user_id is not None:
            keys.append(self._keys.account_failures(tenant_id, user_id))
        for_address, for_account, wait = await self._client.run(
            RECORD,
            keys,
            [
                token_hex(8),
                _microseconds(limits.window),
                limits.address,
                max(BOUND, limits.address, limits.account),
                round(since.timestamp() * 1_000_000) if since else 0,
            ],
        )
        return Failures(
            account=for_account,
            address=for_address,
            retry_after=timedelta(microseconds=int(wait)),
        )

    async def clear(self, tenant_id: str, user_id: str) -> None:
        """Forget the account's failures. Raises Unavailable."""
        await self._client.delete(self._keys.account_failures(tenant_id, user_id))


def _microseconds(window: timedelta) -> int:
    return max(1, window // _MICROSECOND)
