"""The ports of the core in dictionaries: for fast tests, and for looking at the core alone.

Owns the same observable behaviour as the real adapters, which one contract suite holds
together. Knows nothing of LDAP, Redis or SMTP, keeps nothing when the process ends, and serves
one event loop: no method waits between looking and writing, so each call is atomic.
"""

from adapters.memory.around import (
    MemoryAuditLog,
    MemoryFailureCounter,
    MemoryMailer,
    MemoryMetrics,
    MemoryRevocations,
    MemoryTally,
    MemoryThrottle,
)
from adapters.memory.directory import MemoryDirectory
from adapters.memory.policy import PasswordPolicy

__all__ = [
    "MemoryAuditLog",
    "MemoryDirectory",
    "MemoryFailureCounter",
    "MemoryMailer",
    "MemoryMetrics",
    "MemoryRevocations",
    "MemoryTally",
    "MemoryThrottle",
    "PasswordPolicy",
]
