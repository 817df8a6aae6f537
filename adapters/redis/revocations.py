"""Copies of 'tokens valid from' times (`gateway.ports.Revocations`)."""

from datetime import datetime

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys


class RedisRevocations:
    """Copies that expire soon, so that none outlives a change that Redis did not hear of."""

    def __init__(self, client: RedisClient, keys: Keys, *, seconds: int) -> None:
        self._client = client
        self._keys = keys
        self._seconds = seconds

    async def get(self, subject: str) -> tuple[bool, datetime | None]:
        """(known, time): known is False where there is no copy. Raises Unavailable."""
        copy = await self._client.get(self._keys.valid_from(subject))
        if copy is None:
            return False, None
        return True, datetime.fromisoformat(copy) if copy else None

    async def put(self, subject: str, valid_from: datetime | None) -> None:
        """Keep a copy for the time that the settings bound. Raises Unavailable."""
        copy = valid_from.isoformat() if valid_from else ""
        await self._client.put(self._keys.valid_from(subject), copy, seconds=self._seconds)
