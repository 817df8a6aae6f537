"""Counters, revocations, mail, audit and metrics in memory."""

from datetime import timedelta

import pytest

from adapters.memory import (
    MemoryAuditLog,
    MemoryFailureCounter,
    MemoryMailer,
    MemoryMetrics,
    MemoryRevocations,
    MemoryThrottle,
)
from gateway.domain.lockout import Limits
from gateway.ports import (
    AuditLog,
    Change,
    FailureCounter,
    Mail,
    Mailer,
    Metrics,
    Revocations,
    Throttle,
)
from tests.adapters.memory.hands import Hands

LIMITS = Limits(account=3, address=4, window=timedelta(minutes=10))


@pytest.fixture
def clock() -> Hands:
    """A clock that stands."""
    return Hands()


async def test_failures_are_counted_by_account_and_by_address(clock: Hands) -> None:
    """Accounts and addresses have their own counts, and tenants theirs."""
    counter: FailureCounter = MemoryFailureCounter(clock)
    await counter.record("t1", "usr_1", "192.0.2.1", LIMITS)
    await counter.record("t1", None, "192.0.2.1", LIMITS)
    failures = await counter.record("t1", "usr_1", "192.0.2.2", LIMITS)
    assert (failures.account, failures.address) == (2, 1)
    failures = await counter.record("t2", "usr_1", "192.0.2.1", LIMITS)
    assert (failures.account, failures.address) == (1, 1)


async def test_failures_leave_the_window(clock: Hands) -> None:
    """A failure counts for as long as the window is, and no longer."""
    counter: FailureCounter = MemoryFailureCounter(clock)
    await counter.record("t1", "usr_1", "a", LIMITS)
    clock.forward(timedelta(minutes=9))
    assert (await counter.record("t1", "usr_1", "a", LIMITS)).account == 2
    clock.forward(timedelta(minutes=1))
    assert (await counter.record("t1", "usr_1", "a", LIMITS)).account == 2


async def test_an_address_waits_until_its_oldest_failure_is_gone(clock: Hands) -> None:
    """At the limit the address is held back, and told for how long."""
    counter: FailureCounter = MemoryFailureCounter(clock)
    for _ in range(3):
        await counter.record("t1", None, "a", LIMITS)
        clock.forward(timedelta(minutes=1))
    assert await counter.blocked("t1", "a", LIMITS) is None
    failures = await counter.record("t1", None, "a", LIMITS)
    assert failures.retry_after == timedelta(minutes=7)
    assert await counter.blocked("t1", "a", LIMITS) == timedelta(minutes=7)
    assert await counter.blocked("t1", "b", LIMITS) is None
    clock.forward(timedelta(minutes=7))
    assert await counter.blocked("t1", "a", LIMITS) is None


async def test_no_limit_never_holds_back(clock: Hands) -> None:
    """Zero as a limit means that nothing is held back."""
    counter: FailureCounter = MemoryFailureCounter(clock)
    free = Limits(account=0, address=0, window=timedelta(minutes=10))
    for _ in range(50):
        await counter.record("t1", "usr_1", "a", free)
    assert await counter.blocked("t1", "a", free) is None


async def test_what_the_directory_forgot_is_forgotten(clock: Hands) -> None:
    """Failures from before the directory's oldest one do not count; clearing forgets all."""
    counter: FailureCounter = MemoryFailureCounter(clock)
    for _ in range(2):
        await counter.record("t1", "usr_1", "a", LIMITS)
        clock.forward(timedelta(minutes=1))
    failures = await counter.record("t1", "usr_1", "a", LIMITS, since=clock())
    assert (failures.account, failures.address) == (1, 3)
    await counter.clear("t1", "usr_1")
    assert (await counter.record("t1", "usr_1", "b", LIMITS)).account == 1


async def test_a_throttle_allows_so_many_times_in_any_window(clock: Hands) -> None:
    """One too many is refused until the first has left the window; others are not concerned."""
    throttle: Throttle = MemoryThrottle(clock)
    window = timedelta(minutes=1)
    assert await throttle.allow("mail", times=2, window=window)
    clock.forward(timedelta(seconds=30))
    assert await throttle.allow("mail", times=2, window=window)
    assert not await throttle.allow("mail", times=2, window=window)
    assert await throttle.allow("other", times=2, window=window)
    clock.forward(timedelta(seconds=30))
    assert await throttle.allow("mail", times=2, window=window)
    assert not await throttle.allow("mail", times=2, window=window)


async def test_a_copy_is_known_until_it_is_too_old(clock: Hands) -> None:
    """No copy, a copy of 'none', and a copy that aged out are three different things."""
    revocations: Revocations = MemoryRevocations(clock, timedelta(minutes=5))
    assert await revocations.get("usr_1") == (False, None)
    await revocations.put("usr_1", None)
    assert await revocations.get("usr_1") == (True, None)
    valid_from = clock()
    await revocations.put("usr_1", valid_from)
    assert await revocations.get("usr_1") == (True, valid_from)
    clock.forward(timedelta(minutes=5))
    assert await revocations.get("usr_1") == (False, None)


async def test_mails_and_changes_and_counts_are_kept() -> None:
    """The outbox, the audit log and the metrics hold what was handed to them, in order."""
    mailer, log, counts = MemoryMailer(), MemoryAuditLog(), MemoryMetrics()
    outbox: Mailer = mailer
    audit: AuditLog = log
    metrics: Metrics = counts
    mails = [Mail(to=to, template="welcome", values={}) for to in ("a@x.org", "b@x.org")]
    for mail in mails:
        await outbox.send(mail)
    change = Change(actor="a", action="b", target="c")
    audit.record(change)
    metrics.count("locked", tenant="t", by="policy")
    metrics.count("locked", by="policy", tenant="t")
    assert mailer.sent == mails
    assert log.changes == [change]
    assert counts.counts == {("locked", (("by", "policy"), ("tenant", "t"))): 2}
