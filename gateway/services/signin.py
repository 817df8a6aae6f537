"""The credential check: is this login and password right, without helping those who guess."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.errors import AccountLocked, Forbidden, NotFound, Unauthenticated
from gateway.domain.model import User
from gateway.domain.status import OWN_STATUSES, LockoutPolicy, UserStatus
from gateway.ports import BindOutcome, Clock, TenantDirectory, Users
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.lockout import Lockout
from gateway.services.tags import UserDetails
from gateway.services.users import details

_PLACEHOLDER = "-"
"""Tried on the decoy in place of what no directory would compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated:
    """A right password, and whether it has to be changed now."""

    details: UserDetails
    password_change_required: bool = False


def _askable(text: str) -> bool:
    """Whether a directory can be asked for that text at all."""
    return bool(text) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


class SignIn:
    """Checks logins by binding as the user."""

    def __init__(
        self, *, access: Access, lockout: Lockout, audit: Audit, clock: Clock, pace: timedelta
    ) -> None:
        self._access = access
        self._lockout = lockout
        self._audit = audit
        self._clock = clock
        self._pace = pace.total_seconds()

    async def authenticate(self, call: Call, login: str, password: str) -> Authenticated:
        """The user with that login (e-mail or username), if the password is right.

        A wrong password and an unknown login answer the same, in the same time: the directory
        works on a decoy, and both answers wait for the next full `pace` since the beginning,
        which hides what the directory writes about an account that exists. An account that may
        not sign in says so whatever the password.

        Raises:
            Unauthenticated: wrong, or nobody has that login.
            Forbidden: the account is disabled or pending.
            AccountLocked: by anybody.
            TooManyAttempts: this address failed too often; no account is touched.
        """
        time = asyncio.get_running_loop().time
        started = time()
        try:
            return await self._checked(call, login, password)
        except Unauthenticated:
            if self._pace:
                await asyncio.sleep(self._pace - (time() - started) % self._pace)
            raise

    async def _checked(self, call: Call, login: str, password: str) -> Authenticated:
        directory = await self._access.tenant(call)
        tenant_policy = await directory.users.lockout_policy(None)
        address = call.address or "unknown"
        await self._lockout.hold_back(directory.tenant.id, address, tenant_policy)
        user = await _find(directory.users, login)
        if user is not None:
            _refuse_inactive(user)
        if user is None or not _askable(password):
            await self._pretend(directory, address, password)
            raise _wrong()
        return await self._try(call, directory, user, password, tenant_policy)

    async def _pretend(self, directory: TenantDirectory, address: str, password: str) -> None:
        tried = password if _askable(password) else _PLACEHOLDER
        _, policy = await asyncio.gather(
            directory.users.bind(None, tried), directory.users.lockout_policy(None)
        )
        await self._lockout.failed_unknown(directory.tenant.id, address, policy)

    async def _try(
        self,
        call: Call,
        directory: TenantDirectory,
        user: User,
        password: str,
        tenant_policy: LockoutPolicy,
    ) -> Authenticated:
        users = directory.users
        started: datetime = self._clock()
        # Beside the bind, so that a known login takes no longer than an unknown one.
        outcome, policy, failing_since = await asyncio.gather(
            users.bind(user, password),
            users.lockout_policy(user.id),
            users.failing_since(user.id),
        )
        if outcome is BindOutcome.LOCKED:
            raise AccountLocked
        if outcome is BindOutcome.WRONG:
            locked = await self._lockout.failed(
                directory,
                user,
                call.address or "unknown",
                tenant_policy=tenant_policy,
                policy=policy,
                since=failing_since or started,
            )
            if locked:
                self._audit.told(
                    call, user.id, tenant_id=directory.tenant.id, action="users.lockout"
                )
            raise _wrong()
        await self._lockout.forget(directory.tenant.id, user.id)
        fresh = await users.get(user.id)
        return Authenticated(
            details=await details(directory, fresh),
            password_change_required=outcome is BindOutcome.MUST_CHANGE,
        )


async def _find(users: Users, login: str) -> User | None:
    if not _askable(login):
        return None
    try:
        return await users.by_login(login)
    except NotFound:
        return None


def _refuse_inactive(user: User) -> None:
    if user.status in OWN_STATUSES:
        raise Forbidden("The account is not active", code="account_not_active")
    if user.status is UserStatus.LOCKED:
        raise AccountLocked


def _wrong() -> Unauthenticated:
    return Unauthenticated("Wrong login or password", code="invalid_credentials")
