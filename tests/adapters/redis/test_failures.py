"""Failed logins in sliding windows: the same rules in Redis and in memory."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from adapters.memory.around import MemoryFailureCounter
from adapters.redis.client import RedisClient
from adapters.redis.failures import RedisFailures
from adapters.redis.keys import Keys
from adapters.redis.scripts import BOUND
from gateway.domain.lockout import Limits
from gateway.ports import FailureCounter
from tests.adapters.redis.waiting import comes_about

TENANT, OTHER = "tnt_" + "1" * 32, "tnt_" + "2" * 32
USER, ADDRESS = "usr_" + "3" * 32, "192.0.2.7"
MINUTE = timedelta(minutes=1)


def limits(account: int = 3, address: int = 5, window: timedelta = MINUTE) -> Limits:
    """Limits of a test."""
    return Limits(account=account, address=address, window=window)


@pytest.fixture(params=["memory", "redis"])
def counter(request: pytest.FixtureRequest, client: RedisClient, keys: Keys) -> FailureCounter:
    """Each counter in turn."""
    if request.param == "memory":
        return MemoryFailureCounter(lambda: datetime.now(UTC))
    return RedisFailures(client, keys)


async def test_failures_are_counted_for_account_and_address(counter: FailureCounter) -> None:
    """Each failure counts once for both; another account shares the address alone."""
    first = await counter.record(TENANT, USER, ADDRESS, limits())
    second = await counter.record(TENANT, USER, ADDRESS, limits())
    other = await counter.record(TENANT, "usr_other", ADDRESS, limits())
    assert (first.account, first.address) == (1, 1)
    assert (second.account, second.address) == (2, 2)
    assert (other.account, other.address) == (1, 3)
    assert other.retry_after == timedelta(0)


async def test_an_unknown_login_counts_for_the_address_alone(counter: FailureCounter) -> None:
    """Nobody's account gets any closer to its lock."""
    seen = await counter.record(TENANT, None, ADDRESS, limits())
    assert (seen.account, seen.address) == (0, 1)
    assert (await counter.record(TENANT, USER, ADDRESS, limits())).account == 1


async def test_tenants_do_not_share_counts(counter: FailureCounter) -> None:
    """One tenant's attackers do not lock out the people of another."""
    await counter.record(TENANT, USER, ADDRESS, limits())
    seen = await counter.record(OTHER, USER, ADDRESS, limits())
    assert (seen.account, seen.address) == (1, 1)


async def test_an_address_is_held_back_at_its_limit(counter: FailureCounter) -> None:
    """It has to wait until the oldest failure leaves the window, not longer."""
    assert await counter.blocked(TENANT, ADDRESS, limits(address=2)) is None
    await counter.record(TENANT, USER, ADDRESS, limits(address=2))
    assert await counter.blocked(TENANT, ADDRESS, limits(address=2)) is None
    seen = await counter.record(TENANT, USER, ADDRESS, limits(address=2))
    wait = await counter.blocked(TENANT, ADDRESS, limits(address=2))
    assert wait is not None
    assert MINUTE - timedelta(seconds=20) < wait <= MINUTE
    assert MINUTE - timedelta(seconds=20) < seen.retry_after <= MINUTE
    assert await counter.blocked(TENANT, "192.0.2.8", limits(address=2)) is None
    assert await counter.blocked(OTHER, ADDRESS, limits(address=2)) is None


async def test_the_wait_goes_by_the_failure_that_makes_room(counter: FailureCounter) -> None:
    """With more failures than the limit, more than one has to leave the window."""
    for _ in range(3):
        await counter.record(TENANT, None, ADDRESS, limits(address=9))
    three = await counter.blocked(TENANT, ADDRESS, limits(address=3))
    one = await counter.blocked(TENANT, ADDRESS, limits(address=1))
    assert three is not None
    assert one is not None
    assert three < one


async def test_a_limit_of_zero_holds_nothing_back(counter: FailureCounter) -> None:
    """Where the policy never locks, addresses may have no limit, too."""
    for _ in range(4):
        seen = await counter.record(TENANT, USER, ADDRESS, limits(account=0, address=0))
    assert seen.retry_after == timedelta(0)
    assert await counter.blocked(TENANT, ADDRESS, limits(address=0)) is None


async def test_failures_age_out_one_by_one(counter: FailureCounter) -> None:
    """The window slides: a failure counts for as long as the window, whatever follows it."""
    short = limits(address=2, window=timedelta(milliseconds=300))
    await counter.record(TENANT, USER, ADDRESS, short)
    blocked = await counter.record(TENANT, USER, ADDRESS, short)
    assert blocked.account == 2
    assert timedelta(0) < blocked.retry_after <= short.window

    async def free() -> bool:
        return await counter.blocked(TENANT, ADDRESS, short) is None

    await comes_about(free)
    again = await counter.record(TENANT, USER, ADDRESS, short)
    assert again.account <= 2


async def test_clearing_forgets_the_account_and_not_the_address(counter: FailureCounter) -> None:
    """A good bind or an unlock gives the account a new start."""
    await counter.record(TENANT, USER, ADDRESS, limits())
    await counter.record(TENANT, "usr_other", ADDRESS, limits())
    await counter.clear(TENANT, USER)
    await counter.clear(TENANT, "usr_never-seen")
    seen = await counter.record(TENANT, USER, ADDRESS, limits())
    assert (seen.account, seen.address) == (1, 3)
    assert (await counter.record(TENANT, "usr_other", ADDRESS, limits())).account == 2


async def test_failures_that_the_directory_forgot_are_forgotten(counter: FailureCounter) -> None:
    """`since` is the directory's oldest failure: what is older was cleared there."""
    for _ in range(2):
        await counter.record(TENANT, USER, ADDRESS, limits())
    past = datetime.now(UTC) - MINUTE
    kept = await counter.record(TENANT, USER, ADDRESS, limits(), since=past)
    later = datetime.now(UTC)
    cleared = await counter.record(TENANT, USER, ADDRESS, limits(), since=later)
    assert (kept.account, cleared.account) == (3, 1)
    assert cleared.address == 4


async def test_no_failure_is_lost_when_many_come_at_once(counter: FailureCounter) -> None:
    """Whoever comes at once with others gets a count of its own: the limit is met once."""
    seen = await asyncio.gather(
        *(counter.record(TENANT, USER, ADDRESS, limits()) for _ in range(40))
    )
    assert sorted(each.account for each in seen) == list(range(1, 41))


@pytest.mark.parametrize(
    "address", ["2001:db8::1", "fe80::1%eth0", "unknown", "x" * 5000, "{tnt}:\r\n*", "", "é\x00"]
)
async def test_any_address_is_counted(counter: FailureCounter, address: str) -> None:
    """Whatever stands for an address has counts of its own."""
    await counter.record(TENANT, None, address, limits())
    seen = await counter.record(TENANT, None, address, limits())
    assert seen.address == 2
    assert (await counter.record(TENANT, None, address + "'", limits())).address == 1


async def test_keys_of_a_tenant_share_a_slot_and_expire(
    client: RedisClient, keys: Keys, redis: Redis
) -> None:
    """The tenant is the hash tag (Redis Cluster), and nothing stays for ever."""
    counter = RedisFailures(client, keys)
    await counter.record(TENANT, USER, ADDRESS, limits())
    made = list(redis.scan_iter(f"{keys.prefix}:*"))
    assert sorted(made) == [
        f"{keys.prefix}:{{{TENANT}}}:failures:account:{USER}",
        f"{keys.prefix}:{{{TENANT}}}:failures:address:{ADDRESS}",
    ]
    assert all(0 < redis.pttl(key) <= 60_000 for key in made)


async def test_sets_are_bounded(client: RedisClient, keys: Keys, redis: Redis) -> None:
    """An endless attack takes a bounded amount of memory, and still counts to its limit."""
    counter = RedisFailures(client, keys)
    key = keys.address_failures(TENANT, ADDRESS)
    now = datetime.now(UTC).timestamp() * 1_000_000
    redis.zadd(key, {f"old-{number}": now - number for number in range(BOUND + 50)})
    seen = await counter.record(TENANT, None, ADDRESS, limits(address=100))
    assert seen.address == BOUND
    assert redis.zcard(key) == BOUND
    assert seen.retry_after > timedelta(seconds=50)


async def test_flushing_loses_counts_and_nothing_else(
    client: RedisClient, keys: Keys, redis: Redis
) -> None:
    """Scripts and keys that are gone are made again."""
    counter = RedisFailures(client, keys)
    await counter.record(TENANT, USER, ADDRESS, limits())
    for key in redis.scan_iter(f"{keys.prefix}:*"):
        redis.delete(key)
    redis.script_flush()
    assert (await counter.record(TENANT, USER, ADDRESS, limits())).account == 1
