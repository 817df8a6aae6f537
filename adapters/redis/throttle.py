"""What may not happen too often (`gateway.ports.Throttle`)."""

from datetime import timedelta
from secrets import token_hex

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.scripts import ALLOW, BOUND


class RedisThrottle:
    """Sliding windows over all workers, by the clock of Redis."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def allow(self, what: str, *, times: int, window: timedelta) -> bool:
        """Whether it may happen once more; if so, it counts. Raises Unavailable."""
        answer = await self._client.run(
            ALLOW,
            [self._keys.throttle(what)],
            [token_hex(8), window // timedelta(microseconds=1), times, max(BOUND, times)],
        )
        return bool(answer)
