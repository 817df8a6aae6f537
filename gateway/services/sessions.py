"""Sessions that were ended: tokens of a subject, refused by the time of their issue.

The truth is `tokens_valid_from` in the user's entry; the copy that `Revocations` holds can be
lost at any time without reviving a token.
"""

import logging
from datetime import datetime

from gateway.domain.errors import NotFound, Unauthenticated, Unavailable
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import User
from gateway.ports import Clock, Directory, Metrics, Revocations

_log = logging.getLogger(__name__)


class SessionService:
    """Ends sessions, and tells which tokens belong to ended ones."""

    def __init__(
        self, *, directory: Directory, revocations: Revocations, clock: Clock, metrics: Metrics
    ) -> None:
        self._directory = directory
        self._revocations = revocations
        self._clock = clock
        self._metrics = metrics

    def end_of_validity(self, user: User) -> datetime:
        """The `tokens_valid_from` that ends all sessions of now; it never goes back."""
        now = self._clock().replace(microsecond=0)
        return max(now, user.tokens_valid_from or now)

    async def check(self, subject: str, issued_at: datetime | None) -> None:
        """Refuse a token of an ended session; a subject that is no user of ours has none.

        Asks the copy, else the directory, and keeps the copy then.

        Raises:
            Unauthenticated: issued not after the second in which the sessions were ended, or
                the user is deleted.
            Unavailable: neither the copy nor the directory could be asked.
        """
        try:
            user_id = canonical_id(Kind.USER, subject)
        except NotFound:
            return
        valid_from = await self._valid_from(user_id)
        if valid_from is None:
            return
        second = valid_from.replace(microsecond=0)
        if issued_at is None or issued_at.replace(microsecond=0) <= second:
            raise Unauthenticated(
                "The session has been ended", presented=True, code="session_ended"
            )

    async def end_all(self, user_id: str) -> None:
        """End the sessions of a user that the directory shows no more."""
        await self.keep(user_id, self._clock())

    async def keep(self, user_id: str, valid_from: datetime | None) -> None:
        """Keep a copy of what the directory holds now; without the counters' server, go on."""
        try:
            await self._revocations.put(user_id, valid_from)
        except Unavailable:
            self._missing("keep")

    async def _valid_from(self, user_id: str) -> datetime | None:
        try:
            known, valid_from = await self._revocations.get(user_id)
        except Unavailable:
            self._missing("check")
            return await self._from_directory(user_id)
        if known:
            return valid_from
        valid_from = await self._from_directory(user_id)
        await self.keep(user_id, valid_from)
        # Sessions that were ended between look and copy: look again, so that no old copy stays.
        again = await self._from_directory(user_id)
        if again != valid_from:
            await self.keep(user_id, again)
        return again

    async def _from_directory(self, user_id: str) -> datetime | None:
        try:
            directory = await self._directory.tenant_of_user(user_id)
        except NotFound:
            return None
        try:
            return (await directory.users.get(user_id)).tokens_valid_from
        except NotFound:
            return self._clock()

    def _missing(self, what: str) -> None:
        _log.warning("Session copies cannot be reached (%s); the directory is asked", what)
        self._metrics.count("redis_unavailable", use="sessions")
