"""'Tokens valid from' times out of the mirror, so that an answer ends with its session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.errors import GatewayError, NotFound
from gateway.mirror.memo import Memo
from gateway.mirror.recording import not_to_keep, recording, rely_as, rely_until
from gateway.ports import Clock, Directory, Revocations
from gateway.ports.news import News


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the mirror says of a subject."""

    known: bool
    valid_from: datetime | None = None


_NOBODY: Final = _Seen(known=False)
_UNCLEAR: Final = _Seen(known=False)


class MirroredRevocations:
    """Asks the mirrored directory while the mirror is believed, else the copies.

    Of whom the mirror does not know, the copies are asked, too; for as long as those count, an
    answer may be kept that relies on there being no such user.
    """

    def __init__(
        self,
        copies: Revocations,
        directory: Directory,
        news: News,
        memo: Memo,
        clock: Clock,
        *,
        lifetime: timedelta,
    ) -> None:
        """`lifetime`: how long a copy counts, and that the mirror does not know somebody."""
        self._copies = copies
        self._directory = directory
        self._news = news
        self._memo = memo
        self._clock = clock
        self._lifetime = lifetime

    async def get(self, subject: str) -> tuple[bool, datetime | None]:
        """(known, time): known is False where there is no copy. Raises Unavailable."""
        if self._news.believed() is not None:
            seen = self._memo.get(_key(subject))
            if not isinstance(seen, _Seen):
                seen = await self._look(subject)
            if seen.known:
                return True, seen.valid_from
        else:
            not_to_keep()
        return await self._copies.get(subject)

    async def put(self, subject: str, valid_from: datetime | None) -> None:
        """Keep a copy for the time that the settings bound. Raises Unavailable."""
        await self._copies.put(subject, valid_from)

    async def _look(self, subject: str) -> _Seen:
        """What the mirror says, if it is the mirror that says it."""
        with recording(apart=True) as made:
            seen = await self._asked(subject)
        if seen is _NOBODY:
            with recording(apart=True) as made:
                rely_until(self._clock() + self._lifetime)
        elif not made.keepable:
            not_to_keep()
            return _UNCLEAR
        rely_as(made)
        self._memo.keep(_key(subject), seen, made)
        return seen

    async def _asked(self, subject: str) -> _Seen:
        try:
            directory = await self._directory.tenant_of_user(subject)
        except NotFound:
            return _NOBODY
        except GatewayError:
            not_to_keep()
            return _UNCLEAR
        try:
            user = await directory.users.get(subject)
        except GatewayError:
            not_to_keep()
            return _UNCLEAR
        return _Seen(known=True, valid_from=user.tokens_valid_from)


def _key(subject: str) -> tuple[str, str]:
    return "valid from", subject
