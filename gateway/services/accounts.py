"""How the state of an account changes: status, lock and ended sessions, in which order."""

from gateway.domain.errors import Conflict, StaleVersion
from gateway.domain.model import User
from gateway.domain.status import OWN_STATUSES, UserStatus
from gateway.ports import TenantDirectory
from gateway.services.lockout import Lockout
from gateway.services.sessions import SessionService


class Accounts:
    """Changes the state of one account, which somebody else has authorised."""

    def __init__(self, *, lockout: Lockout, sessions: SessionService) -> None:
        self._lockout = lockout
        self._sessions = sessions

    async def set_status(
        self,
        directory: TenantDirectory,
        user: User,
        status: UserStatus,
        *,
        terminate_sessions: bool,
        version: str | None,
    ) -> User:
        """Give a user that status; any may follow any.

        LOCKED is the directory's own lock, ACTIVE clears it with all failures, DISABLED and
        PENDING_* leave it as it is. Where own status and lock both change, a lock is set before
        the own status goes, and cleared after it: no login gets through between the two
        operations, and repeating the call mends a crash.

        Raises:
            StaleVersion: the user changed since `version`.
            Conflict: LOCKED, where the policy in force knows no lock.
        """
        users = directory.users
        if status is UserStatus.LOCKED:
            if not (await users.lockout_policy(user.id)).enabled:
                if version is not None and version != user.version:
                    raise StaleVersion
                raise Conflict(
                    "The password policy in force locks no accounts", code="lockout_disabled"
                )
            await users.lock(user.id, version=version)
            version = None
        values: dict[str, object] = {"own_status": status if status in OWN_STATUSES else None}
        if terminate_sessions:
            values["tokens_valid_from"] = self._sessions.end_of_validity(user)
        after = await users.update(user.id, values, version=version)
        if terminate_sessions:
            await self._sessions.keep(after.id, after.tokens_valid_from)
        if status is UserStatus.ACTIVE:
            after = await self.unlock(directory, user)
        return after

    async def unlock(
        self, directory: TenantDirectory, user: User, *, version: str | None = None
    ) -> User:
        """Clear the lock and all failures, the directory's and the counter's."""
        after = await directory.users.unlock(user.id, version=version)
        await self._lockout.forget(directory.tenant.id, user.id)
        return after
