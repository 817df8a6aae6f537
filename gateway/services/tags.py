"""What a user looks like to others: the entry, what is resolved from elsewhere, and its tag."""

import json
from dataclasses import dataclass
from hashlib import sha256

from gateway.domain.model import Membership, User


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDetails:
    """A user, and the groups that it is in, directly or through others."""

    user: User
    memberships: tuple[Membership, ...] = ()


def details_tag(details: UserDetails) -> tuple[str, str]:
    """The two parts of an entity tag: the entry's version, a short hash of what is resolved.

    Memberships, the path and the derived status change without the entry. `If-None-Match`
    compares both parts (RFC 9110, 13.1.2), `If-Match` the first, which the directory decides.
    """
    user = details.user
    resolved = [
        user.status,
        user.ou_id,
        user.ou_path,
        [[m.group_id, m.name, m.type] for m in details.memberships],
    ]
    text = json.dumps(resolved, ensure_ascii=True, separators=(",", ":"))
    return user.version, sha256(text.encode()).hexdigest()[:12]
