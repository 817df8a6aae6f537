"""What stands around the directory: counters, tokens, mail, audit, time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.access import Principal
from gateway.domain.lockout import Failures, Limits


class FailureCounter(Protocol):
    """Counts failed logins in sliding windows, atomically over all workers.

    Where the counts cannot be reached it raises Unavailable; the caller goes on without.
    """

    async def blocked(self, tenant_id: str, address: str, limits: Limits) -> timedelta | None:
        """How long that address must wait; None when it need not."""
        ...

    async def record(
        self,
        tenant_id: str,
        user_id: str | None,
        address: str,
        limits: Limits,
        *,
        since: datetime | None = None,
    ) -> Failures:
        """Count one failure, for the account (None: unknown login) and for the address.

        Failures of the account from before `since` are forgotten first: the directory's own
        oldest failure, so that whoever clears it there clears it here.
        """
        ...

    async def clear(self, tenant_id: str, user_id: str) -> None:
        """Forget the account's failures."""
        ...


class Revocations(Protocol):
    """Copies of 'tokens valid from' times; the truth is in the directory."""

    async def get(self, subject: str) -> tuple[bool, datetime | None]:
        """(known, time): known is False where there is no copy."""
        ...

    async def put(self, subject: str, valid_from: datetime | None) -> None:
        """Keep a copy, for a bounded time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message to one person, by template name and values; the adapter renders and sends."""

    to: str
    template: str
    values: Mapping[str, str]


class Mailer(Protocol):
    """Sends mail. Raises Unavailable where the server does not take it."""

    async def send(self, mail: Mail) -> None:
        """Render and hand over to the mail server."""
        ...


class Throttle(Protocol):
    """Holds back what may not happen too often, counted over all workers.

    Where the counts cannot be reached it raises Unavailable; the caller goes on without.
    """

    async def allow(self, what: str, *, times: int, window: timedelta) -> bool:
        """Whether it may happen once more: at most so many times in any such window."""
        ...


class Tally(Protocol):
    """Counts distinct things in sliding windows, over all workers.

    Where the counts cannot be reached it raises Unavailable.
    """

    async def count(self, name: str, thing: str, *, window: timedelta, limit: int) -> bool:
        """Count a thing under a name, unless that makes more than `limit` of them.

        A thing that was counted within the window already is fine and changes nothing.

        Returns:
            Whether it was, or is, counted.
        """
        ...

    async def clear(self, name: str) -> bool:
        """Forget all that was counted under a name; whether there was anything."""
        ...


class TokenVerifier(Protocol):
    """Turns a bearer token into a principal."""

    async def verify(self, token: str) -> Principal:
        """Check signature and claims.

        Raises:
            Unauthenticated: the token is not one to trust, whatever it is.
            Unavailable: its issuer's keys could not be fetched, so nobody can tell.
        """
        ...


class TokenIssuer(Protocol):
    """The minimal issuer: signs tokens for applications and the command line."""

    async def issue(self, claims: Mapping[str, object], lifetime: timedelta) -> str:
        """A signed token with these claims; `iss`, `aud`, `iat`, `exp`, `jti` are added."""
        ...

    def jwks(self) -> Mapping[str, object]:
        """The public keys (RFC 7517)."""
        ...


class Clock(Protocol):
    """Tells the time, in UTC."""

    def __call__(self) -> datetime:
        """Now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the audit log: who did what to whom, before and after, without secrets."""

    actor: str
    action: str
    target: str
    tenant_id: str | None = None
    request_id: str | None = None
    address: str | None = None
    reason: str | None = None
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None


class Metrics(Protocol):
    """Counts what operators watch: lockouts, refusals, servers that were not there."""

    def count(self, event: str, **labels: str) -> None:
        """One more of that event; never raises. `event` and label names are snake_case."""
        ...


class AuditLog(Protocol):
    """Where changes are told."""

    def record(self, change: Change) -> None:
        """Tell one change; never raises."""
        ...
