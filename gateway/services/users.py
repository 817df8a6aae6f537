"""Users: listing, reading, creating, changing, deleting and restoring them."""

import logging
from collections.abc import Mapping

from gateway.domain.access import Reach
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Taken, Unavailable, invalid
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Membership, User
from gateway.domain.query import Page
from gateway.domain.status import UserStatus
from gateway.domain.text import comparable
from gateway.ports import Directory, Metrics, TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.accounts import Accounts
from gateway.services.audit import Audit
from gateway.services.changes import depends_on_current, prepared, retried
from gateway.services.creation import NewUser, check_new, values_of
from gateway.services.fields import check
from gateway.services.identities import refuse_taken
from gateway.services.links import Links, Purpose
from gateway.services.listing import UserListing, user_query
from gateway.services.sessions import SessionService
from gateway.services.tags import UserDetails

_log = logging.getLogger(__name__)


class UserService:
    """What admins (and, reading, applications) do with users.

    All methods raise Forbidden and NotFound as `Access` does. `version` is the entry's version
    that the caller read; where it is not the current one, StaleVersion.
    """

    def __init__(
        self,
        *,
        directory: Directory,
        access: Access,
        accounts: Accounts,
        links: Links,
        sessions: SessionService,
        audit: Audit,
        metrics: Metrics,
    ) -> None:
        self._directory = directory
        self._access = access
        self._accounts = accounts
        self._links = links
        self._sessions = sessions
        self._audit = audit
        self._metrics = metrics

    async def list(self, call: Call, listing: UserListing) -> Page[User]:
        """A page of the users of the path's tenant, else of all tenants within reach."""
        asked = user_query(listing)
        if call.tenant_ref is not None:
            directory = await self._access.tenant(call)
            return await directory.users.find(asked) if asked else Page((), 0)
        scope = await self._access.scope(
            call, tenant_id=listing.tenant_id, partner_id=listing.partner_id
        )
        if asked is None or scope == frozenset():
            return Page((), 0)
        return await self._directory.users(scope).find(asked)

    async def get(self, call: Call, user_id: str) -> UserDetails:
        """A user, with its groups."""
        directory, user = await self._access.user(call, user_id)
        return await details(directory, user)

    async def memberships(self, call: Call, user_id: str) -> tuple[Membership, ...]:
        """The groups that a user is in, directly or through others."""
        directory, user = await self._access.user(call, user_id)
        return await directory.groups.memberships(user.id)

    async def create(self, call: Call, new: NewUser) -> UserDetails:
        """Create a user; with a password it is ACTIVE.

        Without one it is invited by mail, PENDING_EMAIL_VERIFICATION; or, if no mail is wanted,
        ACTIVE with no way to sign in. A mail that the server does not take is logged and
        counted, and the user is there: a reset link invites again.

        Raises:
            Invalid: naming each wrong member; nothing was created.
            Taken: the e-mail or username is in use.
        """
        directory = await self._tenant_for(call, new)
        check_new(new)
        try:
            user = await directory.users.add(values_of(new))
        except Taken as taken:
            if new.values.get("username") is None:  # it is the e-mail then
                raise Taken("email") from taken
            raise
        self._audit.changed(call, user.id, tenant_id=directory.tenant.id, after=user)
        if new.invited:
            user = await self._invite(directory, user)
        return await details(directory, user)

    async def update(
        self, call: Call, user_id: str, values: Mapping[str, object], version: str | None = None
    ) -> UserDetails:
        """Change the named fields: absent is unchanged, None clears.

        Custom attributes merge (RFC 7396), a null username becomes the e-mail, a null locale or
        time zone the default. Another e-mail is no longer a verified one.

        Raises:
            Invalid: naming each wrong member; nothing was changed.
            Taken: the e-mail or username is in use.
        """

        async def attempt() -> tuple[TenantDirectory, User, User]:
            directory, before = await self._access.user(call, user_id)
            check(values)
            seen = before.version if depends_on_current(values) else None
            written = prepared(before, values)
            users = directory.users
            after = await users.update(before.id, written, version=version or seen)
            return directory, before, after

        directory, before, after = await (attempt() if version else retried(attempt))
        self._audit.changed(
            call, after.id, tenant_id=directory.tenant.id, before=before, after=after
        )
        return await details(directory, after)

    async def delete(
        self,
        call: Call,
        user_id: str,
        *,
        confirm_email: str | None = None,
        version: str | None = None,
    ) -> None:
        """Soft-delete a user: hidden, in no group, e-mail and username free.

        It cannot sign in, and tokens that it has are refused until it is restored.

        A deletion that was cut off half-way is finished, unconfirmed: it was confirmed before.

        Raises:
            Conflict: `confirm_email` is not the user's (`confirm_email_mismatch`).
        """
        directory = await self._access.user_tenant(call, user_id)
        try:
            user = await directory.users.get(user_id)
        except NotFound:
            await directory.users.retire(user_id)
            user_id = canonical_id(Kind.USER, user_id)
            await self._sessions.end_all(user_id)
            self._audit.changed(call, user_id, tenant_id=directory.tenant.id)
            return
        if confirm_email is not None and comparable(confirm_email) != comparable(user.email):
            if version is not None and version != user.version:
                raise StaleVersion
            raise Conflict("confirm_email is not the user's e-mail", code="confirm_email_mismatch")
        await directory.users.retire(user.id, version=version)
        await self._sessions.end_all(user.id)
        self._audit.changed(call, user.id, tenant_id=directory.tenant.id, before=user)

    async def restore(self, call: Call, user_id: str) -> UserDetails:
        """Bring a deleted user back to its unit, with its former status, not to its groups.

        Raises:
            NotFound: it is not deleted.
            Taken: its e-mail, its username or an account that it is linked to is in use now.
        """
        directory = await self._access.user_tenant(call, user_id)
        user = await directory.users.restore(user_id)
        try:
            for link in user.federated_identities:
                await refuse_taken(directory, link, user.id)
        except Taken:
            await directory.users.retire(user.id)
            raise
        await self._sessions.keep(user.id, user.tokens_valid_from)
        self._audit.changed(call, user.id, tenant_id=directory.tenant.id, after=user)
        return await details(directory, user)

    async def set_status(
        self,
        call: Call,
        user_id: str,
        status: UserStatus,
        *,
        reason: str | None = None,
        terminate_sessions: bool = False,
        version: str | None = None,
    ) -> UserDetails:
        """Give a user that status (see `Accounts.set_status`); `reason` is for the audit log."""
        directory, before = await self._access.user(call, user_id)
        after = await self._accounts.set_status(
            directory, before, status, terminate_sessions=terminate_sessions, version=version
        )
        return await self._changed(call, directory, before, after, reason)

    async def unlock(self, call: Call, user_id: str, version: str | None = None) -> UserDetails:
        """Clear the lock and all failures; fine where there are none."""
        directory, before = await self._access.user(call, user_id)
        after = await self._accounts.unlock(directory, before, version=version)
        return await self._changed(call, directory, before, after)

    async def disable_mfa(
        self, call: Call, user_id: str, version: str | None = None
    ) -> UserDetails:
        """Clear the flag and the stored factors; fine where there are none."""
        directory, before = await self._access.user(call, user_id)
        values = {"mfa_enabled": False, "mfa_factors": None}
        after = await directory.users.update(before.id, values, version=version)
        return await self._changed(call, directory, before, after)

    async def _tenant_for(self, call: Call, new: NewUser) -> TenantDirectory:
        if call.tenant_ref is not None:
            return await self._access.tenant(call)
        granted = self._access.permit(call)
        ref = new.tenant_id
        if ref is None and granted is Reach.TENANT:
            ref = call.principal.tenant_id
        if ref is None:
            raise invalid("tenant_id", "Field required", "missing")
        return await self._access.tenant(call, ref)

    async def _invite(self, directory: TenantDirectory, user: User) -> User:
        try:
            await self._links.send(directory, user, Purpose.WELCOME)
        except Unavailable:
            _log.warning("The welcome mail for %s was not taken", user.id)
            self._metrics.count("mail_unavailable", template=Purpose.WELCOME)
        return await directory.users.get(user.id)

    async def _changed(
        self,
        call: Call,
        directory: TenantDirectory,
        before: User,
        after: User,
        reason: str | None = None,
    ) -> UserDetails:
        self._audit.changed(
            call,
            after.id,
            tenant_id=directory.tenant.id,
            before=before,
            after=after,
            reason=reason,
        )
        return await details(directory, after)


async def details(directory: TenantDirectory, user: User) -> UserDetails:
    """A user with what is resolved from elsewhere."""
    memberships = await directory.groups.memberships(user.id)
    return UserDetails(user=user, memberships=memberships)
