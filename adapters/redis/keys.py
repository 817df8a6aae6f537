"""Every key in Redis is made here.

What belongs to one tenant has the tenant's id as its hash tag, so that a script finds all of
its keys on one node of a Redis Cluster.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

_PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys below a prefix, the first part of all of them."""

    prefix: str

    def account_failures(self, tenant_id: str, user_id: str) -> str:
        """Failed logins of one account."""
        return f"{self.prefix}:{{{_part(tenant_id)}}}:failures:account:{_part(user_id)}"

    def address_failures(self, tenant_id: str, address: str) -> str:
        """Failed logins from one client address at one tenant."""
        return f"{self.prefix}:{{{_part(tenant_id)}}}:failures:address:{_part(address)}"

    def valid_from(self, subject: str) -> str:
        """The copy of a subject's 'tokens valid from' time."""
        return f"{self.prefix}:valid-from:{_part(subject)}"

    def throttle(self, what: str) -> str:
        """The latest occurrences of something that is throttled."""
        return f"{self.prefix}:throttle:{_part(what)}"

    def tally(self, name: str) -> str:
        """The distinct things that were counted under a name."""
        return f"{self.prefix}:{{{_part(name)}}}:tally"


def _part(text: str) -> str:
    """The text where it is short and plain, so that people can read it; else its hash.

    No plain text begins with `~`, so no text can pass for another's hash.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "~" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
