"""Users of a tenant, with their passwords, locks, retirement and one-time links."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.domain.model import (
    User,
)
from gateway.domain.status import LockoutPolicy
from gateway.ports.stores import Store, Values


class BindOutcome(StrEnum):
    """What the directory said to a bind as a user."""

    OK = "ok"
    MUST_CHANGE = "must_change"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeSecret:
    """A stored one-time link: `digest` is a hash, the secret itself is kept nowhere.

    `redirect_uri` is where the person goes afterwards; it has no blanks.
    """

    digest: str
    purpose: str
    expires_at: datetime
    redirect_uri: str | None = None


class Users(Store[User], Protocol):
    """Users of a tenant; deleted ones are not there, but for `restore` and `purge`.

    `add` and `update` take the fields of `User` that the mapping declares writable, and
    further: `password` (cleartext; the directory hashes and judges it), `ou_id` (None: the
    root), `group_ids` (add only), `password_change_required`, `tokens_valid_from`; None for
    `mfa_factors` and `one_time_secrets` drops what is stored of them.
    Unknown `ou_id` or `group_ids` raise Invalid, a refused password Invalid with the
    directory's reason; nothing is written then.
    """

    async def by_login(self, login: str) -> User:
        """The user with that e-mail or username, as the directory compares. Raises NotFound."""
        ...

    async def linked_to(self, identity_provider_id: str, external_id: str) -> tuple[User, ...]:
        """Users linked to that account at that provider; ids compare exactly.

        More than one only where two were linked in the same moment, or by an LDAP tool.
        """
        ...

    async def lock(self, id_: str, *, version: str | None = None) -> User:
        """Set the directory's own lock, until somebody clears it; LDAP binds fail, too."""
        ...

    async def unlock(self, id_: str, *, version: str | None = None) -> User:
        """Clear the lock and the directory's failure times; fine where there are none."""
        ...

    async def lock_by_policy(self, id_: str) -> None:
        """Lock from now on, for as long as the policy in force says."""
        ...

    async def retire(self, id_: str, *, version: str | None = None) -> None:
        """Soft-delete: leaves its groups, cannot bind, frees e-mail and username.

        Finishes a retirement that was cut off half-way. Raises NotFound for a retired one.
        """
        ...

    async def restore(self, id_: str) -> User:
        """Bring a retired user back, to its OU if that is still there.

        Raises:
            NotFound: there is no retired user with that id.
            Taken: its e-mail or username is in use now; it stays retired.
        """
        ...

    async def purge(self, id_: str) -> None:
        """Delete a retired user for good. Raises NotFound where none is retired."""
        ...

    def retired(self, before: datetime) -> AsyncIterator[User]:
        """Users retired before that time."""
        ...

    async def bind(self, user: User | None, password: str) -> BindOutcome:
        """Try the password as that user; None spends the same time on a decoy.

        Time-outs and refused connections raise Unavailable: they are never failures.
        """
        ...

    async def lockout_policy(self, id_: str | None) -> LockoutPolicy:
        """The lockout rules of the password policy in force for that user.

        None: of the tenant's own policy, which holds for logins that nobody has.
        """
        ...

    async def failing_since(self, id_: str) -> datetime | None:
        """Time of the directory's oldest counted failure; None when it counts none."""
        ...

    async def grant(self, id_: str, secret: OneTimeSecret) -> None:
        """Keep a one-time link with the user; expired ones of it are dropped by the way."""
        ...

    async def redeem(
        self, id_: str, digest: str, values: Values, *, version: str | None = None
    ) -> User:
        """Spend a one-time link and make the changes, in one operation, or neither.

        Raises:
            NotFound: no such link, or spent, or expired; the directory decides a race.
            StaleVersion: the user changed since `version`; the link is not spent.
            Invalid: the password was refused; the link is not spent.
        """
        ...

    async def granted(self, id_: str, digest: str) -> OneTimeSecret:
        """The link with that digest, if it is neither spent nor expired. Raises NotFound."""
        ...
