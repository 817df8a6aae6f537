"""What the mirror is to its readers, and whether it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from gateway.domain.errors import GatewayError, Unavailable
from gateway.mirror.memo import Memo
from gateway.mirror.recording import not_to_keep
from gateway.ports import Clock, Metrics
from gateway.ports.feed import DirectoryPosition
from gateway.ports.mirror import MirrorStore, NotMirrored
from gateway.ports.mirror_members import MirrorMembers, Unsettled
from gateway.ports.mirror_views import MirrorViews
from gateway.ports.news import News
from mappings.table import Mappings

T = TypeVar("T")


class Declined(NotMirrored):
    """The mirror could answer, and not well; `reason` is a word for operators."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """The mirror, how this process hears of it, and the directory's position."""

    store: MirrorStore
    views: MirrorViews
    members: MirrorMembers
    news: News
    memo: Memo
    position: DirectoryPosition
    clock: Clock
    metrics: Metrics
    mappings: Mappings

    async def read(
        self,
        mirrored: Callable[[str], Awaitable[T]],
        direct: Callable[[], Awaitable[T]],
        *,
        source: Literal["mirror", "view"] = "mirror",
    ) -> T:
        """The answer of the mirror of some epoch, or, where it has none, of the directory.

        That something is not there is an answer, too.
        """
        epoch, reason = self.news.believed(), "not_believed"
        if epoch is not None:
            try:
                answer = await mirrored(epoch)
            except Declined as declined:
                reason = declined.reason
            except Unsettled:
                reason = "unsettled"
            except NotMirrored:
                reason = "not_mirrored"
            except Unavailable:
                reason = "unavailable"
            except msgspec.ValidationError:  # written by another version of this
                reason = "unreadable"
            except GatewayError:
                self._count(source)
                raise
            else:
                self._count(source)
                return answer
        return await self.ask(direct, reason)

    async def ask(self, direct: Callable[[], Awaitable[T]], reason: str = "never_mirrored") -> T:
        """The directory's answer, which nobody keeps."""
        not_to_keep()
        self._count("directory", reason)
        return await direct()

    def _count(self, source: str, reason: str = "") -> None:
        self.metrics.count("mirror_read", answered=source, reason=reason)
