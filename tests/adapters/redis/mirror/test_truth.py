"""Lease, progress and pulse of the feed: the same rules in memory, Redis and Redis Cluster."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

from gateway.ports.truth import STALENESS, Beat, Lease, MirrorTruth, Progress
from tests.adapters.redis.mirror.mirrors import Mirror, version
from tests.adapters.redis.waiting import comes_about

MINUTE = timedelta(minutes=1)
SHORT = timedelta(milliseconds=150)


async def leased(truth: MirrorTruth, owner: str = "a", lifetime: timedelta = MINUTE) -> Lease:
    """The lease, once nobody else has it."""
    taken: list[Lease] = []

    async def free() -> bool:
        lease = await truth.acquire(owner, lifetime=lifetime)
        if lease is not None:
            taken.append(lease)
        return bool(taken)

    await comes_about(free)
    return taken[0]


async def begun(truth: MirrorTruth) -> tuple[Lease, str]:
    """A lease, and an epoch of its own."""
    lease = await leased(truth)
    epoch = await truth.begin(lease)
    assert epoch is not None
    return lease, epoch


async def test_one_feeds(mirror: Mirror) -> None:
    """Of many that ask at once, one gets the lease; everybody sees who."""
    truth = mirror.truth
    assert await truth.holder() is None
    leases = await asyncio.gather(*(truth.acquire(f"h{n}", lifetime=MINUTE) for n in range(9)))
    (lease,) = [each for each in leases if each is not None]
    assert await truth.holder() == lease
    assert await truth.acquire(lease.owner, lifetime=MINUTE) is None


async def test_a_lease_ends_and_the_next_has_a_greater_fence(mirror: Mirror) -> None:
    """Given back or run out; what comes late from the last one is not heard."""
    truth = mirror.truth
    first = await leased(truth, "a", SHORT)
    second = await leased(truth, "b")
    assert second.fence > first.fence
    assert not await truth.renew(first, lifetime=MINUTE)
    await truth.release(first)
    assert await truth.begin(first) is None
    assert await truth.holder() == second
    assert not await truth.renew(replace(second, fence=second.fence + 1), lifetime=MINUTE)
    await truth.release(second)
    assert await truth.holder() is None
    third = await truth.acquire("a b c", lifetime=MINUTE)
    assert third is not None
    assert third.fence > second.fence
    assert await truth.holder() == third


async def test_a_lease_lasts_while_it_is_renewed(mirror: Mirror) -> None:
    """And no longer."""
    truth = mirror.truth
    lease = await leased(truth, lifetime=MINUTE)
    assert await truth.renew(lease, lifetime=SHORT)

    async def lost() -> bool:
        return not await truth.renew(replace(lease, owner="x"), lifetime=MINUTE) and (
            await truth.holder() is None
        )

    await comes_about(lost)
    assert not await truth.renew(lease, lifetime=MINUTE)


async def test_progress_is_kept_within_an_epoch(mirror: Mirror) -> None:
    """The cookie of another epoch, or of whoever lost the lease, is not."""
    truth = mirror.truth
    assert await truth.progress() is None
    lease, epoch = await begun(truth)
    assert await truth.progress() == Progress(epoch, None)
    done = Progress(epoch, b"rid=1,\x00\xff")
    assert await truth.advance(lease, done)
    assert not await truth.advance(lease, Progress("other", b"x"))
    assert not await truth.advance(replace(lease, fence=lease.fence - 1), Progress(epoch, b"x"))
    assert await truth.progress() == done
    assert await truth.advance(lease, Progress(epoch, b""))
    assert await truth.progress() == Progress(epoch, b"")
    assert await truth.advance(lease, Progress(epoch, None))
    assert await truth.progress() == Progress(epoch, None)
    again = await truth.begin(lease)
    assert again not in (None, epoch)
    assert not await truth.advance(lease, done)
    assert await truth.progress() == Progress(again or "", None)


def beat(epoch: str, current: timedelta = timedelta(), **covers: int) -> Beat:
    """A sign of life."""
    known = {server: version(at) for server, at in covers.items()}
    return Beat(epoch=epoch, covers=known, current=current, applied=7)


async def test_the_mirror_is_believed_for_a_heartbeat(mirror: Mirror) -> None:
    """Counted from when the feed last knew that it had missed nothing; silence ends it."""
    truth = mirror.truth
    lease, epoch = await begun(truth)
    assert await truth.believed() is None
    for current in (timedelta(), STALENESS - SHORT):
        said = time.monotonic()
        assert await truth.beat(lease, beat(epoch, current, **{"001": 1}))
        believed = await truth.believed()
        in_time = time.monotonic() - said < (STALENESS - current) / timedelta(seconds=1) - 0.05
        assert believed == epoch or not in_time

        async def silent() -> bool:
            return await truth.believed() is None

        await comes_about(silent)
        assert time.monotonic() - said < (STALENESS - current) / timedelta(seconds=1) + 2


async def test_a_beat_that_nobody_could_believe_is_not_said(mirror: Mirror) -> None:
    """The lease is still there, so the feed goes on; what was believed stays believed."""
    truth = mirror.truth
    lease, epoch = await begun(truth)
    assert await truth.beat(lease, beat(epoch, STALENESS))
    assert await truth.beat(lease, beat(epoch, timedelta(hours=1)))
    assert await truth.believed() is None


async def test_only_the_feed_says_so_and_only_of_its_epoch(mirror: Mirror) -> None:
    """A new epoch, and the end of the lease, end belief at once."""
    truth = mirror.truth
    lease, epoch = await begun(truth)
    assert not await truth.beat(lease, beat("other"))
    stranger = replace(lease, owner="x")
    assert not await truth.beat(stranger, beat(epoch))
    assert await truth.believed() is None
    assert await truth.beat(lease, beat(epoch))
    second = await truth.begin(lease)
    assert second is not None
    assert await truth.believed() is None
    assert not await truth.beat(lease, beat(epoch))
    assert await truth.beat(lease, beat(second))
    await truth.release(stranger)
    await truth.release(lease)
    assert await truth.believed() is None


async def test_forgetting_ends_the_epoch_and_not_the_lease(mirror: Mirror) -> None:
    """Nobody believes it at once, and the feed hears that there is nothing to go on from."""
    truth = mirror.truth
    await truth.forget()
    lease, epoch = await begun(truth)
    await truth.advance(lease, Progress(epoch, b"x"))
    assert await truth.beat(lease, beat(epoch))
    await truth.forget()
    assert await truth.believed() is None
    assert await truth.progress() is None
    assert not await truth.beat(lease, beat(epoch))
    assert not await truth.advance(lease, Progress(epoch, b"x"))
    assert await truth.holder() == lease
    assert await truth.begin(lease) not in (None, epoch)


async def test_an_incarnation_lasts(mirror: Mirror) -> None:
    """While no server was replaced, whatever is written."""
    truth = mirror.truth
    before = await truth.incarnation()
    await begun(truth)
    await mirror.ready()
    assert await truth.incarnation() == before


async def test_only_the_process_that_was_fed_is_believed_and_keeps_a_cookie(mirror: Mirror) -> None:
    """One that has taken over may have forgotten: its own cookie holds, and nothing is said."""
    lease, epoch = await begun(mirror.truth)
    there = await mirror.truth.incarnation()
    kept = Progress(epoch, b"cookie")
    assert await mirror.truth.advance(lease, kept, incarnation=there)
    forgotten = Progress(epoch, b"of what it may have forgotten")
    assert not await mirror.truth.advance(lease, forgotten, incarnation="f" * 40)
    assert await mirror.truth.progress() == kept
    assert await mirror.truth.beat(lease, replace(beat(epoch), incarnation=there))
    assert not await mirror.truth.beat(lease, replace(beat(epoch), incarnation="f" * 40))
