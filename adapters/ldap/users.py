"""Users of one tenant, all that the port says: locks, binds, one-time links, retirement."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime

from adapters.ldap import filters
from adapters.ldap.codec import decode
from adapters.ldap.entries import Prepare, check_version
from adapters.ldap.errors import AssertionFailed
from adapters.ldap.identity import unchanged
from adapters.ldap.logins import locking, read_link, tried, unlocking, written_link
from adapters.ldap.modlist import with_auxiliary
from adapters.ldap.people import NAMES, People
from adapters.ldap.places import Backend, Owner, Placed
from adapters.ldap.policies import Policies, existing_policy
from adapters.ldap.settings import TenantLayout
from adapters.ldap.times import PERMANENT_LOCK
from adapters.ldap.values import Modification, Scope
from gateway.domain.errors import Conflict, NotFound, Taken
from gateway.domain.model import User
from gateway.domain.status import FOREVER, LockoutPolicy
from gateway.ports import BindOutcome, OneTimeSecret, Values


class LdapUsers(People):
    """Users of a tenant."""

    def __init__(
        self, backend: Backend, tenant: TenantLayout, owner: Owner, prepare: Prepare
    ) -> None:
        super().__init__(backend, tenant, owner, prepare)
        mapping = self._shape.mapping
        self._lock = mapping.field("locked_at")
        self._failures = mapping.field("failed_at")
        self._links = mapping.field("one_time_secrets").attribute
        self._policies = Policies(backend)

    async def lock(self, id_: str, *, version: str | None = None) -> User:
        """Lock until somebody unlocks.

        Raises:
            Conflict: the policy in force for that user lets no lock hold.
        """
        policy = await self.lockout_policy(id_)
        if not policy.enabled:
            raise Conflict("The password policy of this user has no lockout", code="no_lockout")

        def changes(item: Placed) -> Sequence[Modification]:
            return [] if self._locked_at(item) == FOREVER else locking(self._lock.attribute, None)

        return await self.built(await self.written(id_, changes, version=version))

    async def unlock(self, id_: str, *, version: str | None = None) -> User:
        """Clear the lock and the failure times; without any, nothing is written."""

        def changes(item: Placed) -> Sequence[Modification]:
            barred = (self._lock.attribute, self._failures.attribute)
            return unlocking(barred[0]) if any(map(item.entry.get, barred)) else []

        return await self.built(await self.written(id_, changes, version=version))

    async def lock_by_policy(self, id_: str) -> None:
        """Lock from now on; a lock without end, also one set meanwhile, stays."""
        endless = filters.eq(self._lock.attribute, PERMANENT_LOCK)
        changes = locking(self._lock.attribute, self._backend.clock())

        async def write(item: Placed) -> None:
            with suppress(AssertionFailed):
                await self._backend.client.modify(
                    item.entry.dn, changes, assertion=filters.not_(endless)
                )

        with self.refusals({}):
            await self._written(id_, write)

    async def retire(self, id_: str, *, version: str | None = None) -> None:
        """Soft-delete; finishes what was cut off half-way."""
        with self.refusals({}):
            await self._retirement.retire(id_, version=version)

    async def restore(self, id_: str) -> User:
        """Bring a retired user back."""
        with self.refusals({}):
            item = await self._retirement.marked(id_)
            (before,) = await self._shape.build([item])
            names = {name: getattr(before, name) for name in NAMES}
            await self._check_names(names, item)
            restored = await self._retirement.put_back(item)
            try:
                await self._check_names(names, restored)
            except Taken:
                await self._retirement.retire(id_)
                raise
            return await self.built(restored)

    async def purge(self, id_: str) -> None:
        """Delete a retired user for good."""
        with self.refusals({}):
            await self._retirement.purge(id_)

    def retired(self, before: datetime) -> AsyncIterator[User]:
        """Users retired before that time."""
        return self._retirement.retired(before)

    async def bind(self, user: User | None, password: str) -> BindOutcome:
        """Try the password as that user, wherever it is now.

        slapd tells by the policy's control that an account is locked only where it is set to
        (`olcPPolicyUseLockout`); so the lock is also looked at, before the bind: a failure that
        itself locks is still a wrong password.
        """
        with self.refusals({}):
            item, locked = None, False
            if user is not None:
                try:
                    item = await self.entry(user.id)
                except NotFound:
                    pass
                else:
                    (state,) = await self._shape.build([item], {"locked_until"})
                    until = state.locked_until
                    locked = until is not None and until > self._backend.clock()
            dn = item.entry.dn if item else self._backend.layout.decoy
            result = await self._backend.client.bind(dn, tried(password))
        if not result.ok:
            return BindOutcome.LOCKED if result.locked or locked else BindOutcome.WRONG
        if item is None:
            return BindOutcome.WRONG
        return BindOutcome.MUST_CHANGE if result.must_change else BindOutcome.OK

    async def lockout_policy(self, id_: str | None) -> LockoutPolicy:
        """The lockout rules in force for a user, or for whoever nobody is."""
        if id_ is not None:
            return await self._policies.of((await self.entry(id_)).entry)
        own = await existing_policy(self._backend, self._tenant.default_policy)
        return (await self._policies.named([own])).get(own, LockoutPolicy())

    async def failing_since(self, id_: str) -> datetime | None:
        """Time of the oldest failure that still counts under the policy in force."""
        entry = (await self.entry(id_)).entry
        times = decode(self._failures, entry.get(self._failures.attribute))
        failures = (
            [at for at in times if isinstance(at, datetime)] if isinstance(times, tuple) else []
        )
        if not failures:
            return None
        window = (await self._policies.of(entry)).window
        start = self._backend.clock() - window if window else None
        return min((at for at in failures if start is None or at > start), default=None)

    async def grant(self, id_: str, secret: OneTimeSecret) -> None:
        """Keep a one-time link, and drop those that have expired."""

        async def write(item: Placed) -> None:
            stale = [value for value in await self._stored_links(item) if not self._good(value)]
            changes = [Modification("delete", self._links, tuple(stale))] if stale else []
            changes.append(Modification("add", self._links, (written_link(secret),)))
            await self._backend.client.modify(
                item.entry.dn, with_auxiliary(self._shape.mapping, item.entry, changes)
            )

        with self.refusals({}):
            await self._written(id_, write)

    async def granted(self, id_: str, digest: str) -> OneTimeSecret:
        """The link with that digest."""
        with self.refusals({}):
            _, secret = await self._link(await self.entry(id_), digest)
        return secret

    async def redeem(
        self, id_: str, digest: str, values: Values, *, version: str | None = None
    ) -> User:
        """Spend a link and make the changes: one Modify, of which the link is a part."""
        mapping = self._shape.mapping

        async def write(item: Placed) -> Placed:
            check_version(item.entry, version)
            value, _ = await self._link(item, digest)
            spent = Modification("delete", self._links, (value,))
            changes = [*self._changes(item.entry, values), spent]
            return await self._modified(item, changes, unchanged(mapping, version))

        with self.refusals(values):
            return await self.built(await self._written(id_, write))

    def _locked_at(self, item: Placed) -> object:
        return decode(self._lock, item.entry.get(self._lock.attribute))

    async def _stored_links(self, item: Placed) -> tuple[bytes, ...]:
        found = await self._backend.search(
            item.entry.dn, Scope.BASE, filters.EVERYTHING, [self._links]
        )
        return found[0].get(self._links) if found else ()

    async def _link(self, item: Placed, digest: str) -> tuple[bytes, OneTimeSecret]:
        for value in await self._stored_links(item):
            secret = read_link(value)
            if secret is not None and secret.digest == digest and self._good(value):
                return value, secret
        raise NotFound("link")

    def _good(self, value: bytes) -> bool:
        secret = read_link(value)
        return secret is not None and secret.expires_at > self._backend.clock()
