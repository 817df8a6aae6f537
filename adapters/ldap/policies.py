"""Password policies: which one is in force for an entry, and what it says about lockout.

Read where they are needed and never remembered: an administrator who changes a policy changes
who is locked, at once. Attributes as in draft-behera-ldap-password-policy-10, section 5.2.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from adapters.ldap import filters
from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.places import Backend, recognising
from adapters.ldap.values import Entry, Scope
from gateway.domain.status import LockoutPolicy

POLICY_OF_ENTRY = "pwdPolicySubentry"
LOCKOUT_ATTRIBUTES = (
    "pwdLockout",
    "pwdMaxFailure",
    "pwdFailureCountInterval",
    "pwdLockoutDuration",
)
_MOST = 2**31 - 1  # what fits slapd's integers
_POLICIES = filters.eq("objectClass", "pwdPolicy")

InForce = Mapping[Dn | None, LockoutPolicy]
"""Policies by DN; under None the one of entries that name none."""


def policy_dn(entry: Entry) -> Dn | None:
    """The policy that an entry names itself."""
    text = entry.text(POLICY_OF_ENTRY)
    try:
        return Dn.parse(text) if text else None
    except InvalidDn:
        return None


def of_entry(entry: Entry, policies: InForce) -> LockoutPolicy:
    """The policy in force for an entry.

    One that names a policy which is not there has none: slapd, too, does not fall back to
    its default then.
    """
    return policies.get(policy_dn(entry), LockoutPolicy())


async def existing_policy(backend: Backend, dn: Dn) -> Dn | None:
    """That policy, if it is there: to an entry that names a missing one, none would apply."""
    return dn if await backend.search(dn, Scope.BASE, _POLICIES, ()) else None


class Policies:
    """Reads password policies."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def named(self, dns: Iterable[Dn | None]) -> InForce:
        """The policies with these DNs; one search each, and there are rarely two."""
        found: dict[Dn | None, LockoutPolicy] = {}
        for dn in set(dns):
            base = dn if dn is not None else self._backend.layout.default_policy
            for entry in await self._search(base, Scope.BASE):
                found[dn] = decoded(entry)
        return found

    async def of_locked(self, bases: Iterable[Dn]) -> InForce:
        """The policies in force for the users below that have a lock, run out or not.

        Nobody else's matters for who is locked, and locks are rare: a directory may have
        thousands of tenants with a policy each.
        """
        mapping = self._backend.mappings.user
        locked = filters.and_(
            recognising(mapping), filters.present(mapping.field("locked_at").attribute)
        )
        found: set[Dn | None] = set()
        for base in bases:
            entries = await self._backend.search(base, Scope.SUBTREE, locked, [POLICY_OF_ENTRY])
            found.update(map(policy_dn, entries))
        return await self.named(found)

    async def of(self, entry: Entry) -> LockoutPolicy:
        """The policy in force for one entry."""
        return of_entry(entry, await self.named([policy_dn(entry)]))

    async def _search(self, base: Dn, scope: Scope) -> list[Entry]:
        return await self._backend.search(base, scope, _POLICIES, LOCKOUT_ATTRIBUTES)


def decoded(entry: Entry) -> LockoutPolicy:
    """What a policy says."""
    return LockoutPolicy(
        enabled=(entry.text("pwdLockout") or "").upper() == "TRUE",
        max_failures=_number(entry, "pwdMaxFailure"),
        window=timedelta(seconds=_number(entry, "pwdFailureCountInterval")),
        duration=timedelta(seconds=_number(entry, "pwdLockoutDuration")),
    )


def _number(entry: Entry, attribute: str) -> int:
    text = entry.text(attribute) or ""
    return min(int(text[:10]), _MOST) if text.isascii() and text.isdecimal() else 0
