"""Passwords: setting them, checking them, and links with which people set their own."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.errors import Invalid, StaleVersion, invalid
from gateway.domain.model import User
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.changes import retried
from gateway.services.links import GrantedLink, Links, Purpose
from gateway.services.lockout import Lockout
from gateway.services.passwords import TEMPORARY_LENGTHS, check_password, temporary_password
from gateway.services.signin import Authenticated, SignIn
from gateway.services.tags import UserDetails
from gateway.services.users import details


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDescription:
    """What a person with a link is shown before using it."""

    purpose: Purpose
    tenant_name: str
    email: str
    expires_at: datetime


class CredentialService:
    """Sets and checks passwords. A new password never changes DISABLED or PENDING_APPROVAL.

    The directory judges each new password; it drops the lock of an account whose password
    changes. Wrong input is named `new_password`.
    """

    def __init__(
        self,
        *,
        access: Access,
        links: Links,
        lockout: Lockout,
        sign_in: SignIn,
        audit: Audit,
    ) -> None:
        self._access = access
        self._links = links
        self._lockout = lockout
        self._sign_in = sign_in
        self._audit = audit

    async def authenticate(self, call: Call, login: str, password: str) -> Authenticated:
        """Check a login; see `SignIn.authenticate`."""
        return await self._sign_in.authenticate(call, login, password)

    async def set_password(
        self,
        call: Call,
        user_id: str,
        password: str,
        *,
        require_change: bool = False,
        version: str | None = None,
    ) -> UserDetails:
        """Set a password; `require_change` lets it be used only to set another one.

        Raises:
            Invalid: the policy refuses it, with the directory's reason; nothing was changed.
        """
        directory, before = await self._access.user(call, user_id)
        check_password(password, field="new_password")
        after = await self._set(directory, before, password, require_change, version)
        self._told(call, directory, after, require_change)
        return await details(directory, after)

    async def set_temporary(self, call: Call, user_id: str, version: str | None = None) -> str:
        """Set a generated password that must be changed at first use; returned only here.

        Raises:
            Invalid: the policy takes no generated password, however long.
        """
        directory, user = await self._access.user(call, user_id)
        for length in TEMPORARY_LENGTHS:
            password = temporary_password(length)
            try:
                after = await self._set(directory, user, password, True, version)
            except Invalid:
                if length == TEMPORARY_LENGTHS[-1]:
                    raise
            else:
                self._told(call, directory, after, True)
                return password
        raise AssertionError("the last length either sets or raises")

    async def send_reset_link(
        self,
        call: Call,
        user_id: str,
        redirect_uri: str | None = None,
        version: str | None = None,
    ) -> None:
        """Mail a one-time link with which the user sets a password; nothing changes before.

        Raises:
            Invalid: `redirect_uri` is not on the allow-list.
            Conflict: the user has no e-mail address (`no_email`).
            Unavailable: the mail server did not take it.
        """
        directory, user = await self._access.user(call, user_id)
        self._links.check_redirect(redirect_uri)
        if version is not None and version != user.version:
            raise StaleVersion
        await self._links.send(directory, user, Purpose.RESET, redirect_uri)
        self._audit.told(call, user.id, tenant_id=directory.tenant.id, after={"link": "sent"})

    async def describe_link(self, tenant_slug: str, token: str) -> LinkDescription:
        """What a link is for. Raises NotFound for one that is not good any more."""
        link = await self._links.find(tenant_slug, token)
        tenant = link.directory.tenant
        return LinkDescription(
            purpose=Purpose(link.secret.purpose),
            tenant_name=tenant.name or tenant.slug,
            email=link.user.email,
            expires_at=link.secret.expires_at,
        )

    async def redeem_link(
        self, tenant_slug: str, token: str, new_password: str | None
    ) -> str | None:
        """Spend a link: set the password, prove the address, end PENDING_EMAIL_VERIFICATION.

        Returns where the person goes now, if the link says so.

        Raises:
            NotFound: the link is unknown, spent or expired.
            Invalid: no password, or one that the policy refuses; the link stays good.
        """

        async def attempt() -> tuple[GrantedLink, User]:
            link = await self._links.find(tenant_slug, token)
            if new_password is None:
                raise invalid("new_password", "Field required", "missing")
            check_password(new_password, field="new_password")
            values: dict[str, object] = {
                "password": new_password,
                "password_change_required": False,
                "email_verified": True,
            }
            if link.user.own_status is UserStatus.PENDING_EMAIL_VERIFICATION:
                values["own_status"] = None
            # With the version: whoever disables the user meanwhile is not overruled.
            try:
                user = await link.directory.users.redeem(
                    link.user.id, link.secret.digest, values, version=link.user.version
                )
            except Invalid as refused:
                raise _about_new_password(refused) from None
            return link, user

        link, user = await retried(attempt)
        tenant_id = link.directory.tenant.id
        await self._lockout.forget(tenant_id, user.id)
        self._audit.by_user(
            "links.redeem", user.id, tenant_id=tenant_id, before=link.user, after=user
        )
        return self._links.destination(link.secret)

    async def _set(
        self,
        directory: TenantDirectory,
        user: User,
        password: str,
        require_change: bool,
        version: str | None,
    ) -> User:
        values = {"password": password, "password_change_required": require_change}
        try:
            after = await directory.users.update(user.id, values, version=version)
        except Invalid as refused:
            raise _about_new_password(refused) from None
        await self._lockout.forget(directory.tenant.id, user.id)
        return after

    def _told(
        self, call: Call, directory: TenantDirectory, user: User, require_change: bool
    ) -> None:
        facts = {"password": "set", "password_change_required": require_change}
        self._audit.told(call, user.id, tenant_id=directory.tenant.id, after=facts)


def _about_new_password(refused: Invalid) -> Invalid:
    """The directory's refusal of `password`, under the name that the request has for it."""
    return Invalid(
        *(
            replace(p, loc=("body", "new_password")) if p.loc[-1] == "password" else p
            for p in refused.problems
        )
    )
