"""Users with their ways in and out: locks, binds, one-time links, retirement."""

from collections.abc import AsyncIterator
from datetime import datetime

from adapters.memory.graph import MemberGraph
from adapters.memory.policy import HashedSecret, PasswordPolicy
from adapters.memory.ticks import Ticks
from adapters.memory.users import NAMES, UserRows
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import User
from gateway.domain.status import FOREVER, LockoutPolicy, locked_until
from gateway.ports import BindOutcome, OneTimeSecret, Values
from mappings.table import ResourceMapping


class MemoryUsers(UserRows):
    """Users of a tenant, all that the port says."""

    def __init__(
        self,
        tenant_id: str,
        ticks: Ticks,
        mapping: ResourceMapping,
        policy: PasswordPolicy,
        graph: MemberGraph,
    ) -> None:
        super().__init__(tenant_id, ticks, mapping, policy, graph)
        self._retired: dict[str, User] = {}
        self._decoy = HashedSecret.of("nobody knows")

    async def lock(self, id_: str, *, version: str | None = None) -> User:
        """Lock until somebody unlocks."""
        return self._lock(self._row(id_, version), FOREVER)

    async def unlock(self, id_: str, *, version: str | None = None) -> User:
        """Clear the lock and the failure times."""
        row = self._row(id_, version)
        account = self._accounts[row.id]
        if account.locked_at is not None or account.failures:
            account.locked_at, account.failures = None, []
            self.touch(row.id)
        return self.shown(row.id)

    async def lock_by_policy(self, id_: str) -> None:
        """Lock from now on, for as long as the policy says."""
        self._lock(self._row(id_), self._ticks.now())

    async def bind(self, user: User | None, password: str) -> BindOutcome:
        """Try the password; failures count, and lock at the policy's limit."""
        row = self._rows.get(user.id) if user is not None else None
        if row is None or not password:
            self._decoy.is_of(password)
            return BindOutcome.WRONG
        account, now = self._accounts[row.id], self._ticks.exactly()
        until = locked_until(account.locked_at, self._policy.lockout)
        right = account.password.is_(password) and row.own_status is None
        if until is not None and until > now:
            return BindOutcome.LOCKED
        account.locked_at = None
        if not right:
            self._fail(row, now)
            return BindOutcome.WRONG
        account.failures = []
        self._rows[row.id] = self._versioned(row, last_login_at=self._ticks.now())
        return BindOutcome.MUST_CHANGE if row.password_change_required else BindOutcome.OK

    async def lockout_policy(self, id_: str | None) -> LockoutPolicy:
        """The lockout rules, the same for all."""
        if id_ is not None:
            self._row(id_)
        return self._policy.lockout

    async def failing_since(self, id_: str) -> datetime | None:
        """Time of the oldest counted failure."""
        return min(self._accounts[self._row(id_).id].failures, default=None)

    async def grant(self, id_: str, secret: OneTimeSecret) -> None:
        """Keep a one-time link, and drop expired ones."""
        row = self._row(id_)
        kept, now = self._accounts[row.id].secrets, self._ticks.exactly()
        for digest in [digest for digest, old in kept.items() if old.expires_at <= now]:
            del kept[digest]
        kept[secret.digest] = secret
        self.touch(row.id)

    async def granted(self, id_: str, digest: str) -> OneTimeSecret:
        """The link with that digest."""
        secret = self._accounts[self._row(id_).id].secrets.get(digest)
        if secret is None or secret.expires_at <= self._ticks.exactly():
            raise NotFound("link")
        return secret

    async def redeem(
        self, id_: str, digest: str, values: Values, *, version: str | None = None
    ) -> User:
        """Spend a link and make the changes."""
        row = self._row(id_, version)
        await self.granted(id_, digest)
        self._apply(row, values)
        self._accounts[row.id].secrets.pop(digest, None)
        self.touch(row.id)
        return self.shown(row.id)

    async def retire(self, id_: str, *, version: str | None = None) -> None:
        """Soft-delete."""
        row = self._row(id_, version)
        self._leave_groups(row.id)
        del self._rows[row.id]
        self._retired[row.id] = self._versioned(row, deleted_at=self._ticks.now())

    async def restore(self, id_: str) -> User:
        """Bring a retired user back."""
        row = self._retired_row(id_)
        self._check_unique({name: getattr(row, name) for name in NAMES}, row.id)
        ou_id = row.ou_id if row.ou_id in self._units else None
        del self._retired[row.id]
        self._rows[row.id] = self._versioned(row, deleted_at=None, ou_id=ou_id)
        return self.shown(row.id)

    async def purge(self, id_: str) -> None:
        """Delete a retired user for good."""
        row = self._retired_row(id_)
        del self._retired[row.id]
        del self._accounts[row.id]

    async def retired(self, before: datetime) -> AsyncIterator[User]:
        """Users retired before that time."""
        for row in list(self._retired.values()):
            if row.deleted_at is not None and row.deleted_at < before:
                yield self._shown(row)

    def holds(self, id_: str) -> bool:
        """Whether there is such a user, retired or not."""
        return id_ in self._rows or id_ in self._retired

    def _lock(self, row: User, at: datetime) -> User:
        account = self._accounts[row.id]
        if account.locked_at != at:
            account.locked_at = at
            self.touch(row.id)
        return self.shown(row.id)

    def _fail(self, row: User, now: datetime) -> None:
        """Count a failure; those that left the window are forgotten."""
        account, lockout = self._accounts[row.id], self._policy.lockout
        if lockout.window:
            account.failures = [at for at in account.failures if at > now - lockout.window]
        account.failures.append(now)
        if lockout.locks and len(account.failures) >= lockout.max_failures:
            account.locked_at = self._ticks.now()
        self.touch(row.id)

    def _retired_row(self, id_: str) -> User:
        row = self._retired.get(canonical_id(Kind.USER, id_))
        if row is None:
            raise NotFound(Kind.USER)
        return row
