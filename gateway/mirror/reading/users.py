"""Users of one tenant."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime

from gateway.domain.model import User
from gateway.domain.status import LockoutPolicy
from gateway.mirror import lookups
from gateway.mirror.reading.mirror import Declined
from gateway.mirror.reading.reader import MirroredStore, Reading
from gateway.mirror.reading.texts import plain
from gateway.mirror.recording import not_to_keep
from gateway.ports import BindOutcome, OneTimeSecret, Users, Values

_LOGINS = ("username", "email", "other_emails")


class MirroredUsers(MirroredStore[User]):
    """Users of a tenant; what is secret about them is asked of the directory."""

    def __init__(
        self, reading: Reading, tenant_id: str, direct: Callable[[], Awaitable[Users]]
    ) -> None:
        super().__init__(reading, reading.kinds.user, tenant_id, direct)
        self._users = direct

    async def by_login(self, login: str) -> User:
        """The user with that username or e-mail; the username comes first.

        The directory compares texts in its own way. The mirror answers where there is but one
        way; who is not found by it is looked for in the directory.
        """

        async def mirrored(epoch: str) -> User:
            wanted = plain(login)
            if wanted is None:
                reason = "login"
                raise Declined(reason)
            found = await self._by_key(epoch, lookups.login(login), _LOGINS)
            named = [user for user in found if plain(user.username) == wanted]
            for user in named or found:
                texts = (user.username, user.email, *user.other_emails)
                if len(named or found) == 1 and wanted in map(plain, texts):
                    return user
            reason = "login"
            raise Declined(reason)

        async def direct() -> User:
            return await (await self._users()).by_login(login)

        return await self._mirror.read(mirrored, direct)

    async def linked_to(self, identity_provider_id: str, external_id: str) -> tuple[User, ...]:
        """Users that are linked to that account."""

        async def mirrored(epoch: str) -> tuple[User, ...]:
            key = lookups.link(identity_provider_id, external_id)
            return await self._by_key(epoch, key, ("federated_identities",))

        async def direct() -> tuple[User, ...]:
            return await (await self._users()).linked_to(identity_provider_id, external_id)

        return await self._mirror.read(mirrored, direct)

    async def add(self, values: Values) -> User:
        """Add a user."""
        beyond = ("group_ids",) if values.get("group_ids") else ()
        return await self._told((await self._users()).add(values), beyond)

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> User:
        """Change the named fields."""
        users = await self._users()
        return await self._told(users.update(id_, values, version=version), values)

    async def lock(self, id_: str, *, version: str | None = None) -> User:
        """Lock until somebody unlocks."""
        return await self._told((await self._users()).lock(id_, version=version))

    async def unlock(self, id_: str, *, version: str | None = None) -> User:
        """Clear the lock."""
        return await self._told((await self._users()).unlock(id_, version=version))

    async def redeem(
        self, id_: str, digest: str, values: Values, *, version: str | None = None
    ) -> User:
        """Spend a one-time link and make the changes."""
        users = await self._users()
        return await self._told(users.redeem(id_, digest, values, version=version), values)

    async def lock_by_policy(self, id_: str) -> None:
        """Lock from now on, for as long as the policy says."""
        await self._writes.made((await self._users()).lock_by_policy(id_))

    async def retire(self, id_: str, *, version: str | None = None) -> None:
        """Soft-delete."""
        await self._writes.made((await self._users()).retire(id_, version=version))

    async def restore(self, id_: str) -> User:
        """Bring a retired user back."""
        return await self._writes.made((await self._users()).restore(id_))

    async def purge(self, id_: str) -> None:
        """Delete a retired user for good."""
        await self._writes.made((await self._users()).purge(id_))

    async def retired(self, before: datetime) -> AsyncIterator[User]:
        """Users retired before that time."""
        not_to_keep()
        async for user in (await self._users()).retired(before):
            yield user

    async def bind(self, user: User | None, password: str) -> BindOutcome:
        """Try the password as that user: it leaves its mark on the user, right or wrong."""
        not_to_keep()
        attempt = (await self._users()).bind(user, password)
        return await (attempt if user is None else self._writes.made(attempt))

    async def lockout_policy(self, id_: str | None) -> LockoutPolicy:
        """The lockout rules in force for a user, or for whoever nobody is."""
        not_to_keep()
        return await (await self._users()).lockout_policy(id_)

    async def failing_since(self, id_: str) -> datetime | None:
        """Time of the directory's oldest counted failure."""
        not_to_keep()
        return await (await self._users()).failing_since(id_)

    async def grant(self, id_: str, secret: OneTimeSecret) -> None:
        """Keep a one-time link with the user."""
        await self._writes.made((await self._users()).grant(id_, secret))

    async def granted(self, id_: str, digest: str) -> OneTimeSecret:
        """The link with that digest."""
        not_to_keep()
        return await (await self._users()).granted(id_, digest)

    async def _told(self, write: Awaitable[User], fields: Iterable[str] = ()) -> User:
        return await self._writes.told(self._tenant_id, write, frozenset(fields))
