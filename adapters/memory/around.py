"""Counters, revocations, mail, audit and metrics in memory."""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.domain.lockout import Failures, Limits
from gateway.ports import Change, Clock, Mail


class MemoryFailureCounter:
    """Sliding windows as queues of times; those that left the window are dropped when seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accounts: dict[tuple[str, str], deque[datetime]] = {}
        self._addresses: dict[tuple[str, str], deque[datetime]] = {}

    async def blocked(self, tenant_id: str, address: str, limits: Limits) -> timedelta | None:
        """How long the address must wait until one of its failures has left the window."""
        now = self._clock()
        times = self._addresses.get((tenant_id, address), deque())
        _forget(times, now - limits.window)
        return _wait(times, limits.address, now, limits.window)

    async def record(
        self,
        tenant_id: str,
        user_id: str | None,
        address: str,
        limits: Limits,
        *,
        since: datetime | None = None,
    ) -> Failures:
        """Count one failure, for the account and for the address."""
        now = self._clock()
        of_address = self._addresses.setdefault((tenant_id, address), deque())
        _forget(of_address, now - limits.window)
        of_address.append(now)
        account = 0
        if user_id is not None:
            of_account = self._accounts.setdefault((tenant_id, user_id), deque())
            _forget(of_account, now - limits.window)
            while since is not None and of_account and of_account[0] < since:
                of_account.popleft()
            of_account.append(now)
            account = len(of_account)
        return Failures(
            account=account,
            address=len(of_address),
            retry_after=_wait(of_address, limits.address, now, limits.window) or timedelta(0),
        )

    async def clear(self, tenant_id: str, user_id: str) -> None:
        """Forget the account's failures."""
        self._accounts.pop((tenant_id, user_id), None)


def _forget(times: deque[datetime], until: datetime) -> None:
    while times and times[0] <= until:
        times.popleft()


def _wait(
    times: Sequence[datetime], limit: int, now: datetime, window: timedelta
) -> timedelta | None:
    """Time until fewer than `limit` of `times` are in the window; None when so already."""
    if not limit or len(times) < limit:
        return None
    return times[len(times) - limit] + window - now


class MemoryThrottle:
    """Times at which things were allowed, by what they are."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._allowed: dict[str, deque[datetime]] = {}

    async def allow(self, what: str, *, times: int, window: timedelta) -> bool:
        """Whether it may happen once more in this window."""
        now = self._clock()
        seen = self._allowed.setdefault(what, deque())
        _forget(seen, now - window)
        if len(seen) >= times:
            return False
        seen.append(now)
        return True


class MemoryTally:
    """Times at which things were counted, by name and thing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counted: dict[str, dict[str, datetime]] = {}

    async def count(self, name: str, thing: str, *, window: timedelta, limit: int) -> bool:
        """Count a thing unless that makes too many; whether it is counted."""
        now = self._clock()
        seen = self._counted.get(name, {})
        seen = {one: at for one, at in seen.items() if at > now - window}
        fits = thing in seen or len(seen) < limit
        if fits:
            seen.setdefault(thing, now)
        self._counted[name] = seen
        return fits

    async def clear(self, name: str) -> bool:
        """Forget a name; whether anything was counted under it."""
        return bool(self._counted.pop(name, None))


class MemoryRevocations:
    """Copies of 'tokens valid from' times, each kept for `lifetime`."""

    def __init__(self, clock: Clock, lifetime: timedelta = timedelta(minutes=5)) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._copies: dict[str, tuple[datetime, datetime | None]] = {}

    async def get(self, subject: str) -> tuple[bool, datetime | None]:
        """(known, time); a copy that is too old is not known."""
        kept_at, valid_from = self._copies.get(subject, (None, None))
        if kept_at is None or kept_at + self._lifetime <= self._clock():
            self._copies.pop(subject, None)
            return False, None
        return True, valid_from

    async def put(self, subject: str, valid_from: datetime | None) -> None:
        """Keep a copy."""
        self._copies[subject] = (self._clock(), valid_from)


class MemoryMailer:
    """An outbox: mails are kept in `sent`, in order, for whoever looks."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        """Put the mail into the outbox."""
        self.sent.append(mail)


class MemoryAuditLog:
    """A log in a list, `changes`, in order."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def record(self, change: Change) -> None:
        """Append the change."""
        self.changes.append(change)


class MemoryMetrics:
    """Counts in `counts`, by event and sorted labels."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def count(self, event: str, **labels: str) -> None:
        """One more of that event."""
        self.counts[event, tuple(sorted(labels.items()))] += 1
