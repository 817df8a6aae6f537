"""Copies of 'tokens valid from' times."""

from datetime import UTC, datetime

import pytest
from redis import Redis

from adapters.redis.client import RedisClient
from adapters.redis.keys import Keys
from adapters.redis.revocations import RedisRevocations

TIME = datetime(2027, 1, 15, 8, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def revocations(client: RedisClient, keys: Keys) -> RedisRevocations:
    """Copies that live for half a minute."""
    return RedisRevocations(client, keys, seconds=30)


async def test_a_copy_is_what_was_kept(revocations: RedisRevocations) -> None:
    """A time, or that there is none; unknown is neither."""
    assert await revocations.get("usr_a") == (False, None)
    await revocations.put("usr_a", TIME)
    await revocations.put("usr_b", None)
    assert await revocations.get("usr_a") == (True, TIME)
    assert await revocations.get("usr_b") == (True, None)
    await revocations.put("usr_a", None)
    assert await revocations.get("usr_a") == (True, None)


async def test_copies_expire(revocations: RedisRevocations, keys: Keys, redis: Redis) -> None:
    """None outlives the bound."""
    await revocations.put("usr_a", TIME)
    assert 0 < redis.pttl(keys.valid_from("usr_a")) <= 30_000


@pytest.mark.parametrize("subject", ["", "a b", "~" + "0" * 64, "x" * 9000, "é", "*\n\x00"])
async def test_any_subject_has_a_copy_of_its_own(
    revocations: RedisRevocations, subject: str
) -> None:
    """Subjects are what foreign issuers say they are."""
    await revocations.put(subject, TIME)
    assert await revocations.get(subject) == (True, TIME)
    assert await revocations.get(subject + "x") == (False, None)
