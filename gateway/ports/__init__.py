"""Every Protocol that the services need, in domain types only.

The directory is narrow on purpose: `Directory.tenant(id)` gives an object bound to one subtree,
and no method takes a DN, so reaching into another tenant cannot be written.

Errors common to all ports: `NotFound` for an id that is not there, `Taken` for a value that
must be unique, `StaleVersion` where `version` names an older one, `Invalid` for a value that
the directory cannot hold (naming the field), `Unavailable` when a server does not answer.
"""

from gateway.ports.around import (
    AuditLog,
    Change,
    Clock,
    FailureCounter,
    Mail,
    Mailer,
    Metrics,
    Revocations,
    Tally,
    Throttle,
    TokenIssuer,
    TokenVerifier,
)
from gateway.ports.directory import (
    Directory,
    TenantDirectory,
    Tenants,
)
from gateway.ports.stores import (
    Applications,
    Groups,
    MemberShift,
    Reader,
    ScimTokens,
    Store,
    Values,
)
from gateway.ports.users import (
    BindOutcome,
    OneTimeSecret,
    Users,
)

__all__ = [
    "Applications",
    "AuditLog",
    "BindOutcome",
    "Change",
    "Clock",
    "Directory",
    "FailureCounter",
    "Groups",
    "Mail",
    "Mailer",
    "MemberShift",
    "Metrics",
    "OneTimeSecret",
    "Reader",
    "Revocations",
    "ScimTokens",
    "Store",
    "Tally",
    "TenantDirectory",
    "Tenants",
    "Throttle",
    "TokenIssuer",
    "TokenVerifier",
    "Users",
    "Values",
]
