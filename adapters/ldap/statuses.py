"""The derived status of users as an LDAP filter: the same rule as `gateway.domain.status`.

A property test on a real server holds the two together.
"""

from collections.abc import Mapping
from datetime import datetime

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.times import format_exact
from gateway.domain.status import LockoutPolicy, UserStatus
from mappings.table import ResourceMapping

_END_OF_YEAR_ZERO = "00001231235959.999999Z"


def status_filter(
    status: UserStatus,
    mapping: ResourceMapping,
    policies: Mapping[Dn | None, LockoutPolicy],
    now: datetime,
) -> str:
    """The entries whose derived status is this one, at that time.

    `policies` by DN; under None the one in force for entries that name none. One that names a
    policy that is not there has none: slapd does not fall back to its default then.
    """
    own = mapping.fields["own_status"]
    if status in own.words:
        return filters.eq(own.attribute, status.value)
    free = filters.not_(filters.or_(*(filters.eq(own.attribute, word) for word in own.words)))
    locked = _locked(mapping, policies, now)
    if status is UserStatus.LOCKED:
        return filters.and_(free, locked)
    return filters.and_(free, filters.not_(locked))


def _locked(
    mapping: ResourceMapping, policies: Mapping[Dn | None, LockoutPolicy], now: datetime
) -> str:
    names = mapping.fields["policy_dn"].attribute
    lock = mapping.fields["locked_at"].attribute
    nameless = filters.not_(filters.present(names))
    holding = (
        filters.and_(nameless if dn is None else filters.eq(names, dn), _holds(lock, policy, now))
        for dn, policy in policies.items()
    )
    return filters.and_(filters.present(lock), filters.or_(*holding))


def _holds(lock: str, policy: LockoutPolicy, now: datetime) -> str:
    """A lock is there that has not run out under the policy."""
    if not policy.enabled:
        return filters.NOTHING
    if not policy.duration:
        return filters.present(lock)
    permanent = filters.le(lock, _END_OF_YEAR_ZERO)
    try:
        end = format_exact(now - policy.duration)
    except OverflowError:  # such a long one has no end
        return filters.present(lock)
    younger = filters.and_(filters.ge(lock, end), filters.not_(filters.eq(lock, end)))
    return filters.or_(permanent, younger)
