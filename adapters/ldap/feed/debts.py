"""What is still to be read again before the feed may say how far it has come."""

from dataclasses import dataclass, field

from adapters.ldap.dn import Dn


@dataclass(slots=True, kw_only=True)
class Debts:
    """Told in no other way: changes that mean something for entries which did not change.

    Args:
        strays: entries that stand below something unknown, by UUID.
        subtrees: entries below which everything means something else, by UUID.
        referred: names whose bearers are others now; who refers to them is told again.
        locked: users that have a lock: other policies are in force.
        tenants: all tenants: other entries are partners.
    """

    strays: set[bytes] = field(default_factory=set)
    subtrees: set[bytes] = field(default_factory=set)
    referred: set[Dn] = field(default_factory=set)
    locked: bool = False
    tenants: bool = False

    def __bool__(self) -> bool:
        return bool(self.strays or self.subtrees or self.referred or self.locked or self.tenants)
