"""When a write is done: as soon as nobody answers from a mirror that lacks it."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from gateway.domain.errors import GatewayError, Unavailable
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import User
from gateway.mirror.changes import Changes, UnkeepableError, uuid_of
from gateway.mirror.kinds import Kinds
from gateway.mirror.reading.mirror import Mirror
from gateway.ports import MemberShift
from gateway.ports.mirror import NotMirrored, Place, Shelf
from gateway.ports.truth import STALENESS

T = TypeVar("T")


class Writes:
    """Sees writes through, whatever became of them."""

    def __init__(self, mirror: Mirror, kinds: Kinds) -> None:
        self._mirror = mirror
        self._changes = Changes(mirror.mappings)
        # An entry that is named or placed otherwise is another one to all that refer to it.
        self._beyond = frozenset((kinds.user.name, "ou_id", "group_ids"))

    async def made(self, write: Awaitable[T]) -> T:
        """Make a write, and wait until the mirror has it; also where it failed half-way."""
        try:
            written = await write
        except GatewayError:
            await self.covered()
            raise
        await self.covered()
        return written

    async def told(self, tenant_id: str, write: Awaitable[User], values: frozenset[str]) -> User:
        """Make a write of these fields that answers the user as it is now.

        If that is all that changed, the mirror is told at once.
        """
        try:
            user = await write
        except GatewayError:
            await self.covered()
            raise
        if not (values.isdisjoint(self._beyond) and await self._applied(tenant_id, user)):
            await self.covered()
        return user

    async def shifted(
        self, tenant_id: str, group_id: str, write: Awaitable[MemberShift | None]
    ) -> MemberShift | None:
        """Make a write of a group's members, and spare the feed to ask for all of them."""

        async def made() -> MemberShift | None:
            shift, epoch = await write, self._mirror.news.believed()
            if shift is not None and epoch is not None:
                with suppress(NotMirrored, Unavailable):
                    id_ = canonical_id(Kind.GROUP, group_id)
                    await self._mirror.members.shift(epoch, tenant_id, id_, shift)
            return shift

        return await self.made(made())

    async def covered(self) -> None:
        """Wait until nobody believes a mirror that lacks what the directory has done so far."""
        try:
            position = await self._mirror.position()
        except Unavailable:
            await asyncio.sleep(STALENESS.total_seconds())
        else:
            await self._mirror.news.covered(position)

    async def _applied(self, tenant_id: str, user: User) -> bool:
        """Whether the mirror has the user in this version, and all who listen heard of it."""
        epoch = self._mirror.news.believed()
        if epoch is None:
            return False
        store, shelf = self._mirror.store, Shelf(epoch, tenant_id, Kind.USER)
        try:
            before = (await store.get(shelf, (user.id,))).get(user.id)
            change = self._changes.of(Kind.USER, user, before)
            if before is None:  # who hears of the end of it has to find it
                await store.place({uuid_of(user.id): Place(tenant_id, Kind.USER)})
            await store.apply(tenant_id, Kind.USER, (change,))
            # Whoever listens has the news when this answer is here.
            kept = (await store.get(shelf, (user.id,))).get(user.id)
        except (NotMirrored, Unavailable, UnkeepableError):
            return False
        return kept is not None and kept.version >= user.version
