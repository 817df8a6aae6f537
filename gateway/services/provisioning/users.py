"""Users as outside clients provision them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.domain.errors import NotFound, StaleVersion, Taken
from gateway.domain.ids import Kind
from gateway.domain.model import FederatedIdentity, User
from gateway.domain.query import Page, Query
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit, difference
from gateway.services.brake import Brake
from gateway.services.changes import retried
from gateway.services.identities import refuse_taken
from gateway.services.lockout import Lockout
from gateway.services.provisioning.checks import check_user
from gateway.services.provisioning.links import ExternalIds
from gateway.services.provisioning.tenant import read, tenant_of
from gateway.services.provisioning.values import changed_user, depends_on_current, new_user
from gateway.services.provisioning.wanted import WantedUser
from gateway.services.sessions import SessionService
from gateway.services.tags import UserDetails
from gateway.services.users import UserService, details

UserChange = Callable[[UserDetails], WantedUser | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A change that was made: the user before and after, and what was told."""

    before: User
    after: User
    values: Mapping[str, object]


class UserProvisioning:
    """Users of the caller's tenant. All methods raise Forbidden and NotFound as `Access`."""

    def __init__(
        self,
        *,
        access: Access,
        audit: Audit,
        external_ids: ExternalIds,
        users: UserService,
        sessions: SessionService,
        lockout: Lockout,
        brake: Brake,
    ) -> None:
        self._access = access
        self._audit = audit
        self._external_ids = external_ids
        self._users = users
        self._sessions = sessions
        self._lockout = lockout
        self._brake = brake

    async def find_users(self, call: Call, query: Query) -> Page[User]:
        """A window of a listing, and how many match."""
        return await (await tenant_of(self._access, call)).users.find(query)

    async def user(
        self,
        call: Call,
        user_id: str,
        *,
        memberships: bool = True,
        fields: frozenset[str] | None = None,
    ) -> UserDetails:
        """A user, with its groups unless they are not wanted; `fields` as those of a query."""
        directory = await tenant_of(self._access, call)
        user = await read(directory.users, Kind.USER, user_id, fields)
        return await details(directory, user) if memberships else UserDetails(user=user)

    async def details(self, call: Call, users: Iterable[User]) -> tuple[UserDetails, ...]:
        """Users with their groups, looked up for all of them at once."""
        directory = await tenant_of(self._access, call)
        users = tuple(users)
        groups = await directory.groups.memberships_of(user.id for user in users)
        return tuple(UserDetails(user=u, memberships=groups.get(u.id, ())) for u in users)

    async def create_user(self, call: Call, wanted: WantedUser) -> UserDetails:
        """Create a user, whose source is SCIM, in one operation; nobody is sent a mail.

        Without an e-mail the username is taken, if it is an address, else a stand-in.

        Raises:
            Invalid: naming each wrong member; nothing was created.
            Taken: username, e-mail or external id are in use.
        """
        directory = await tenant_of(self._access, call)
        check_user(wanted, None)

        async def attempt() -> User:
            linked = await self._external_ids.relinked(call, directory, (), wanted.external_id)
            values = new_user(wanted, linked.links)
            await _claim(directory, linked.claimed, None)
            try:
                user = await directory.users.add(values)
            except Taken as taken:
                raise _as_asked(taken, wanted) from None
            try:
                await _claim(directory, linked.claimed, user.id)
            except Taken:  # by somebody who gives way, too: one of both is first the next time
                await directory.users.delete(user.id)
                raise StaleVersion from None
            return user

        try:
            user = await retried(attempt)
        except StaleVersion:
            raise Taken("external_id") from None
        self._audit.changed(call, user.id, tenant_id=directory.tenant.id, after=user)
        return UserDetails(user=user)

    async def update_user(
        self, call: Call, user_id: str, change: UserChange, *, version: str | None = None
    ) -> UserDetails:
        """Change a user in one operation, as `change` wants it, given the user without groups.

        Where `change` wants None, or what is there already, nothing is written. A race that
        would lose something is run again from the reading; with `version` it is told.
        A user that is deactivated loses its sessions; one that is activated keeps a lock.

        Raises:
            Invalid: naming each wrong member; nothing was changed.
            Taken: username, e-mail or external id are in use.
            TooManyAttempts: the brake holds; see `Brake.check`.
        """
        directory = await tenant_of(self._access, call)

        async def attempt() -> _Written | User:
            before = await directory.users.get(user_id)
            if version is not None and version != before.version:
                raise StaleVersion
            wanted = change(UserDetails(user=before))
            if wanted is None:
                return before
            return await self._write_user(call, directory, before, wanted, version)

        done = await (attempt() if version is not None else retried(attempt))
        if isinstance(done, User):
            return await details(directory, done)
        await self._settle(call, directory, done)
        return await details(directory, done.after)

    async def delete_user(self, call: Call, user_id: str, *, version: str | None = None) -> None:
        """Soft-delete a user, as `UserService.delete`.

        Raises:
            TooManyAttempts: the brake holds; see `Brake.check`.
        """
        directory = await tenant_of(self._access, call)
        try:
            user = await directory.users.get(user_id)
        except NotFound:  # or half deleted, which is not counted again
            pass
        else:
            if version is not None and version != user.version:
                raise StaleVersion
            await self._brake.check(call, directory, user.id)
        here = replace(call, tenant_ref=directory.tenant.id)
        await self._users.delete(here, user_id, version=version)

    async def _write_user(
        self,
        call: Call,
        directory: TenantDirectory,
        before: User,
        wanted: WantedUser,
        version: str | None,
    ) -> _Written | User:
        check_user(wanted, before)
        linked = await self._external_ids.relinked(
            call, directory, before.federated_identities, wanted.external_id
        )
        values = changed_user(before, wanted, linked.links)
        if not values:
            return before
        await _claim(directory, linked.claimed, before.id)
        if values.get("own_status") is UserStatus.DISABLED:
            await self._brake.check(call, directory, before.id)
            values["tokens_valid_from"] = self._sessions.end_of_validity(before)
        seen = before.version if depends_on_current(values) else None
        try:
            after = await directory.users.update(before.id, values, version=version or seen)
        except Taken as taken:
            raise _as_asked(taken, wanted) from None
        done = _Written(before=before, after=after, values=values)
        try:
            await _claim(directory, linked.claimed, before.id)
        except Taken:
            await _take_back(directory, done)
            if version is not None:
                raise
            raise StaleVersion from None  # as in `create_user`
        return done

    async def _settle(self, call: Call, directory: TenantDirectory, done: _Written) -> None:
        """What follows from a change that was made."""
        tenant_id, user_id = directory.tenant.id, done.after.id
        if "tokens_valid_from" in done.values:
            await self._sessions.keep(user_id, done.after.tokens_valid_from)
        old, new = difference(done.before, done.after)
        if "password" in done.values:
            await self._lockout.forget(tenant_id, user_id)
            new = {**(new or {}), "password": "set"}
        self._audit.told(call, user_id, tenant_id=tenant_id, before=old, after=new)


async def _claim(
    directory: TenantDirectory, link: FederatedIdentity | None, own_id: str | None
) -> None:
    """See that an account that is claimed is nobody else's. Raises Taken."""
    if link is not None:
        await refuse_taken(directory, link, own_id)


def _as_asked(taken: Taken, wanted: WantedUser) -> Taken:
    """An e-mail that was made of the username is the username, to whoever sent that alone."""
    email, username = wanted.values.get("email"), wanted.values.get("username")
    derived = not email or email == username
    return Taken("username") if derived and taken.field == "email" else taken


async def _take_back(directory: TenantDirectory, done: _Written) -> None:
    """Undo a change that lost a race, but for what somebody has changed since.

    A password that was replaced is gone.
    """

    async def attempt() -> None:
        current = await directory.users.get(done.after.id)
        mine = {
            name: getattr(done.before, name)
            for name in done.values
            if name in User.__dataclass_fields__
            and getattr(current, name) == getattr(done.after, name)
        }
        if mine:
            await directory.users.update(current.id, mine, version=current.version)

    await retried(attempt)
