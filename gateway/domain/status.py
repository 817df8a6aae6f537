"""The status of a user, derived in one place from what the directory holds.

1. a deleted entry is no user; 2. an own status (disabled, pending) is the status; 3. a lock
that has not run out under the policy in force: LOCKED; 4. else ACTIVE. The same rule as an
LDAP filter stands in `adapters/ldap/filters.py`; a property test holds the two together.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class UserStatus(StrEnum):
    """User account status."""

    ACTIVE = "ACTIVE"
    PENDING_EMAIL_VERIFICATION = "PENDING_EMAIL_VERIFICATION"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    DISABLED = "DISABLED"
    LOCKED = "LOCKED"


OWN_STATUSES = frozenset(
    {
        UserStatus.PENDING_EMAIL_VERIFICATION,
        UserStatus.PENDING_APPROVAL,
        UserStatus.DISABLED,
    }
)
"""The statuses that are stored as such; the others are derived."""

FOREVER = datetime.max.replace(tzinfo=UTC)
"""A lock's time that means: until somebody clears it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutPolicy:
    """What the password policy in force says about lockout (draft-behera-ldap-password-policy).

    `duration` zero: locked until cleared. `window` zero: failures never age out.
    `max_failures` zero: failures never lock. `enabled` false: no lock holds.
    """

    enabled: bool = False
    max_failures: int = 0
    window: timedelta = timedelta(0)
    duration: timedelta = timedelta(0)

    @property
    def locks(self) -> bool:
        """Whether failed binds lead to a lock at all."""
        return self.enabled and self.max_failures > 0


def locked_until(locked_at: datetime | None, policy: LockoutPolicy) -> datetime | None:
    """When a lock set at `locked_at` runs out under `policy`; None where no lock holds.

    `FOREVER` as `locked_at` is the permanent lock (`000001010000Z` in the directory).
    """
    if locked_at is None or not policy.enabled:
        return None
    if locked_at == FOREVER or not policy.duration:
        return FOREVER
    try:
        return locked_at + policy.duration
    except OverflowError:  # beyond the year 9999
        return FOREVER


def derive(own: UserStatus | None, until: datetime | None, now: datetime) -> UserStatus:
    """The status that people see, from the own status and the end of the lock."""
    if own in OWN_STATUSES:
        return own
    if until is not None and until > now:
        return UserStatus.LOCKED
    return UserStatus.ACTIVE
