"""OAuth clients of one tenant; who is assigned to them is asked of the directory."""

from collections.abc import Awaitable, Callable, Iterable

from gateway.domain.model import Application, Member, User
from gateway.domain.query import Page
from gateway.mirror import lookups
from gateway.mirror.reading.mirror import Declined
from gateway.mirror.reading.reader import MirroredStore, Reading
from gateway.mirror.reading.texts import plain
from gateway.mirror.recording import not_to_keep
from gateway.ports import Applications


class MirroredApplications(MirroredStore[Application]):
    """Applications of a tenant."""

    def __init__(
        self, reading: Reading, tenant_id: str, direct: Callable[[], Awaitable[Applications]]
    ) -> None:
        super().__init__(reading, reading.kinds.application, tenant_id, direct)
        self._applications = direct

    async def by_client_id(self, client_id: str) -> Application:
        """The application with that client id."""

        async def mirrored(epoch: str) -> Application:
            wanted = plain(client_id)
            found = await self._by_key(epoch, lookups.client(client_id), ("client_id",))
            if wanted and len(found) == 1 and plain(found[0].client_id) == wanted:
                return found[0]
            reason = "client_id"
            raise Declined(reason)

        async def direct() -> Application:
            return await (await self._applications()).by_client_id(client_id)

        return await self._mirror.read(mirrored, direct)

    async def check_secret(self, client_id: str, secret: str) -> bool:
        """Whether the secret is right: the directory says so, and notes that it was asked."""
        not_to_keep()
        return await self._writes.made((await self._applications()).check_secret(client_id, secret))

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Users and groups that are assigned directly."""

        async def direct() -> Page[Member]:
            return await (await self._applications()).members(id_, offset=offset, limit=limit)

        return await self._mirror.ask(direct)

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Assign users and groups."""
        await self._writes.made((await self._applications()).add_members(id_, member_ids))

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Assign them no more."""
        await self._writes.made((await self._applications()).remove_members(id_, member_ids))

    async def effective_users(self, id_: str, *, offset: int, limit: int) -> Page[User]:
        """Users that are assigned directly or through groups."""

        async def direct() -> Page[User]:
            applications = await self._applications()
            return await applications.effective_users(id_, offset=offset, limit=limit)

        return await self._mirror.ask(direct)

    async def is_assigned(self, id_: str, user_id: str) -> bool:
        """Whether that user is assigned."""

        async def direct() -> bool:
            return await (await self._applications()).is_assigned(id_, user_id)

        return await self._mirror.ask(direct)
