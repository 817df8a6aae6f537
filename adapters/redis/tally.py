"""Distinct things in sliding windows (`gateway.ports.Tally`)."""

from datetime import timedelta

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.scripts import ALLOW, BOUND


class RedisTally:
    """One sorted set a name, of the things themselves, by the clock of Redis."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def count(self, name: str, thing: str, *, window: timedelta, limit: int) -> bool:
        """Count a thing unless that makes too many; whether it is counted. Raises Unavailable."""
        answer = await self._client.run(
            ALLOW,
            [self._keys.tally(name)],
            [thing, window // timedelta(microseconds=1), limit, max(BOUND, limit)],
        )
        return bool(answer)

    async def clear(self, name: str) -> bool:
        """Forget a name; whether anything was counted under it. Raises Unavailable."""
        return await self._client.delete(self._keys.tally(name))
