"""Every Protocol that the services need, in domain types only.

The directory is narrow on purpose: `Directory.tenant(id)` gives an object bound to one subtree,
and no method takes a DN, so reaching into another tenant cannot be written.

Errors common to all ports: `NotFound` for an id that is not there, `Taken` for a value that
must be unique, `StaleVersion` where `version` names an older one, `Invalid` for a value that
the directory cannot hold (naming the field), `Unavailable` when a server does not answer.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from gateway.domain.access import Principal
from gateway.domain.lockout import Failures, Limits
from gateway.domain.model import (
    Application,
    Group,
    IdentityProvider,
    Member,
    Membership,
    OrganizationalUnit,
    Partner,
    Resource,
    Tenant,
    User,
)
from gateway.domain.query import Page, Query
from gateway.domain.status import LockoutPolicy

R_co = TypeVar("R_co", bound=Resource, covariant=True)

Values = Mapping[str, object]
"""Field names to new values. In an update: absent is unchanged, None clears."""


class Reader(Protocol[R_co]):
    """Answers listings and look-ups of one kind of resource. A mirror can stand in here."""

    async def get(self, id_: str) -> R_co:
        """The resource with that id, in any accepted spelling. Raises NotFound."""
        ...

    async def find(self, query: Query) -> Page[R_co]:
        """A window of the listing, and the exact number of all that match."""
        ...


class Store(Reader[R_co], Protocol[R_co]):
    """Reads and writes one kind of resource of one tenant (or of the whole directory)."""

    async def add(self, values: Values) -> R_co:
        """Add a resource; what comes back is what the directory holds then."""
        ...

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> R_co:
        """Change the named fields, and no other; in one LDAP operation where it allows."""
        ...

    async def delete(self, id_: str, *, version: str | None = None) -> None:
        """Delete for good. Raises Conflict where something depends on the resource."""
        ...


class Groups(Store[Group], Protocol):
    """Groups of a tenant. Members change by single values; lists are never rewritten."""

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Direct members, users and groups, ascending by id."""
        ...

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Add users and groups of the tenant; one that is there already is success.

        Raises:
            Invalid: `member_ids` names some that do not exist; nothing was added.
        """
        ...

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """Remove members; one that is not there is success."""
        ...

    async def memberships(self, id_: str) -> tuple[Membership, ...]:
        """Groups that a user is in: direct ones first, then nested; by name, then id."""
        ...


class Applications(Store[Application], Protocol):
    """OAuth clients of a tenant. `add` takes the secret as `secret`; it is stored hashed."""

    async def by_client_id(self, client_id: str) -> Application:
        """The application with that client id. Raises NotFound."""
        ...

    async def check_secret(self, client_id: str, secret: str) -> bool:
        """Whether the secret is right; False also for an unknown client, in the same time."""
        ...

    async def members(self, id_: str, *, offset: int, limit: int) -> Page[Member]:
        """Users and groups that are assigned directly."""
        ...

    async def add_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """As for groups."""
        ...

    async def remove_members(self, id_: str, member_ids: Iterable[str]) -> None:
        """As for groups."""
        ...

    async def effective_users(self, id_: str, *, offset: int, limit: int) -> Page[User]:
        """Users that are assigned directly or through groups, however nested; by id."""
        ...

    async def is_assigned(self, id_: str, user_id: str) -> bool:
        """Whether that user is assigned, directly or through groups."""
        ...


class BindOutcome(StrEnum):
    """What the directory said to a bind as a user."""

    OK = "ok"
    MUST_CHANGE = "must_change"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeSecret:
    """A stored one-time link: `digest` is a hash, the secret itself is kept nowhere."""

    digest: str
    purpose: str
    expires_at: datetime


class Users(Store[User], Protocol):
    """Users of a tenant; deleted ones are not there, but for `restore` and `purge`.

    `add` and `update` take the fields of `User` that the mapping declares writable, and
    further: `password` (cleartext; the directory hashes and judges it), `ou_id` (None: the
    root), `group_ids` (add only), `password_change_required`, `tokens_valid_from`.
    Unknown `ou_id` or `group_ids` raise Invalid, a refused password Invalid with the
    directory's reason; nothing is written then.
    """

    async def by_login(self, login: str) -> User:
        """The user with that e-mail or username, as the directory compares. Raises NotFound."""
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

    async def lockout_policy(self, id_: str) -> LockoutPolicy:
        """The lockout rules of the password policy in force for that user."""
        ...

    async def failing_since(self, id_: str) -> datetime | None:
        """Time of the directory's oldest counted failure; None when it counts none."""
        ...

    async def grant(self, id_: str, secret: OneTimeSecret) -> None:
        """Keep a one-time link with the user; expired ones of it are dropped by the way."""
        ...

    async def redeem(self, id_: str, digest: str, values: Values) -> User:
        """Spend a one-time link and make the changes, in one operation, or neither.

        Raises:
            NotFound: no such link, or spent, or expired; the directory decides a race.
            Invalid: the password was refused; the link is not spent.
        """
        ...

    async def granted(self, id_: str, digest: str) -> OneTimeSecret:
        """The link with that digest, if it is neither spent nor expired. Raises NotFound."""
        ...


class TenantDirectory(Protocol):
    """One tenant's subtree, and nothing outside it."""

    @property
    def tenant(self) -> Tenant:
        """The tenant itself."""
        ...

    @property
    def users(self) -> Users:
        """Its users."""
        ...

    @property
    def groups(self) -> Groups:
        """Its groups."""
        ...

    @property
    def ous(self) -> Store[OrganizationalUnit]:
        """Its organizational units."""
        ...

    @property
    def identity_providers(self) -> Store[IdentityProvider]:
        """Its identity providers."""
        ...

    @property
    def applications(self) -> Applications:
        """Its OAuth clients."""
        ...


class Tenants(Store[Tenant], Protocol):
    """All tenants. `delete` refuses one with users; `add` makes the whole subtree."""

    async def by_slug(self, slug: str) -> Tenant:
        """The tenant with that slug. Raises NotFound."""
        ...


class Directory(Protocol):
    """The whole directory."""

    @property
    def tenants(self) -> Tenants:
        """All tenants."""
        ...

    @property
    def partners(self) -> Store[Partner]:
        """All partners."""
        ...

    async def tenant(self, ref: str) -> TenantDirectory:
        """The subtree of one tenant, by id (any spelling) or slug. Raises NotFound."""
        ...

    async def tenant_of_user(self, user_id: str) -> TenantDirectory:
        """The tenant in which that user is (also a retired one). Raises NotFound."""
        ...

    def users(self, tenant_ids: frozenset[str] | None) -> Reader[User]:
        """Reads users of several tenants as one listing; None: of all."""
        ...

    async def ping(self) -> None:
        """Answer quickly, or raise Unavailable."""
        ...


class FailureCounter(Protocol):
    """Counts failed logins in sliding windows, atomically over all workers.

    Where the counts cannot be reached it raises Unavailable; the caller goes on without.
    """

    async def blocked(self, tenant_id: str, address: str, limits: Limits) -> timedelta | None:
        """How long that address must wait; None when it need not."""
        ...

    async def record(
        self,
        tenant_id: str,
        user_id: str | None,
        address: str,
        limits: Limits,
        *,
        since: datetime | None = None,
    ) -> Failures:
        """Count one failure, for the account (None: unknown login) and for the address.

        Failures of the account from before `since` are forgotten first: the directory's own
        oldest failure, so that whoever clears it there clears it here.
        """
        ...

    async def clear(self, tenant_id: str, user_id: str) -> None:
        """Forget the account's failures."""
        ...


class Revocations(Protocol):
    """Copies of 'tokens valid from' times; the truth is in the directory."""

    async def get(self, subject: str) -> tuple[bool, datetime | None]:
        """(known, time): known is False where there is no copy."""
        ...

    async def put(self, subject: str, valid_from: datetime | None) -> None:
        """Keep a copy, for a bounded time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message to one person, by template name and values; the adapter renders and sends."""

    to: str
    template: str
    values: Mapping[str, str]


class Mailer(Protocol):
    """Sends mail. Raises Unavailable where the server does not take it."""

    async def send(self, mail: Mail) -> None:
        """Render and hand over to the mail server."""
        ...


class TokenVerifier(Protocol):
    """Turns a bearer token into a principal."""

    async def verify(self, token: str) -> Principal:
        """Check signature and claims. Raises Unauthenticated."""
        ...


class TokenIssuer(Protocol):
    """The minimal issuer: signs tokens for applications and the command line."""

    async def issue(self, claims: Mapping[str, object], lifetime: timedelta) -> str:
        """A signed token with these claims; `iss`, `aud`, `iat`, `exp`, `jti` are added."""
        ...

    def jwks(self) -> Mapping[str, object]:
        """The public keys (RFC 7517)."""
        ...


class Clock(Protocol):
    """Tells the time, in UTC."""

    def __call__(self) -> datetime:
        """Now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the audit log: who did what to whom, before and after, without secrets."""

    actor: str
    action: str
    target: str
    tenant_id: str | None = None
    reason: str | None = None
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None


class AuditLog(Protocol):
    """Where changes are told."""

    def record(self, change: Change) -> None:
        """Tell one change; never raises."""
        ...
