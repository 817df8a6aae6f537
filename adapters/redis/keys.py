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

    def mirror(self, tenant_id: str) -> str:
        """How the mirror of a tenant stands: epoch, sequences, counts."""
        return f"{self.prefix}:{{{_part(tenant_id)}}}:mirror"

    def shelf(self, tenant_id: str, kind: str) -> tuple[str, ...]:
        """Of one kind: documents, log, look-ups, the gone, since when, due times, and briefs."""
        parts = ("documents", "log", "lookups", "gone", "gone-times", "due", "briefs")
        return tuple(f"{self.mirror(tenant_id)}:{kind}:{part}" for part in parts)

    def members(self, tenant_id: str) -> tuple[str, ...]:
        """Pairs of groups and members, the groups of each, and the settled and unsettled ones."""
        parts = ("pairs", "of", "settled", "unsettled")
        return tuple(f"{self.mirror(tenant_id)}:members:{part}" for part in parts)

    def views(self, tenant_id: str) -> str:
        """A tenant's views by the time of their last use."""
        return f"{self.mirror(tenant_id)}:views"

    def view(self, tenant_id: str, name: str) -> tuple[str, str, str]:
        """Of one view: the places in order, the place of each id, and what it covers."""
        base = f"{self.mirror(tenant_id)}:view:{_part(name)}"
        return f"{base}:places", f"{base}:ids", f"{base}:about"

    def builder(self, tenant_id: str, name: str) -> str:
        """Who builds a view at the moment."""
        return f"{self.mirror(tenant_id)}:view:{_part(name)}:builder"

    def building(self, tenant_id: str, token: str) -> tuple[str, str]:
        """Of a view that is being built: the places in order, and the place of each id."""
        base = f"{self.mirror(tenant_id)}:building:{token}"
        return f"{base}:places", f"{base}:ids"

    def places(self, share: int) -> str:
        """Where entries are kept: of one share of them; shares are on any node."""
        return f"{self.prefix}:places:{share:04x}"

    def places_used(self) -> str:
        """Which shares of the places anything was ever kept in: a bit for each."""
        return f"{self.prefix}:places"

    def feed(self, part: str) -> str:
        """What there is once in a deployment: `lease`, `fence`, `progress`, `pulse`, ..."""
        return f"{self.prefix}:{{feed}}:{part}"

    def news(self, what: str) -> str:
        """A channel on which the mirror tells its readers of `changes` and `beats`."""
        return f"{self.prefix}:mirror:{what}"


def _part(text: str) -> str:
    """The text where it is short and plain, so that people can read it; else its hash.

    No plain text begins with `~`, so no text can pass for another's hash.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "~" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
