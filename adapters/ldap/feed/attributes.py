"""What the feed asks for of each entry."""

from adapters.ldap.identity import UUID_ATTRIBUTE, VERSION_ATTRIBUTE
from adapters.ldap.policies import LOCKOUT_ATTRIBUTES
from mappings.loader import RESOURCES
from mappings.table import Mappings


def feed_attributes(mappings: Mappings) -> tuple[str, ...]:
    """All that readers look at, of every kind of resource, and what decides over locks.

    Never members: slapd sends an entry whole, and a group would be sent with all of them
    whenever one comes or goes. Never secrets, also where another kind shows the attribute.
    """
    kinds = [getattr(mappings, resource) for resource in RESOURCES]
    names = [name for kind in kinds for name in kind.attributes]
    left_out = {kind.members.lower() for kind in kinds if kind.members is not None}
    left_out |= {f.attribute.lower() for kind in kinds for f in kind.fields.values() if f.secret}
    wanted = (*names, UUID_ATTRIBUTE, VERSION_ATTRIBUTE, *LOCKOUT_ATTRIBUTES)
    spelled = {name.lower(): name for name in reversed(wanted) if name.lower() not in left_out}
    return tuple(sorted(spelled.values(), key=str.lower))
