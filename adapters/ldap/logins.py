"""Ways into an account and what bars them: binds, the directory's lock, one-time links.

The lock and the failure times are the directory's own (draft-behera-ldap-password-policy-10):
whoever sets or clears them, this API, an LDAP tool or the policy, does the same thing.
"""

import re
import secrets
from datetime import datetime

from adapters.ldap.times import PERMANENT_LOCK, format_time, parse_time
from adapters.ldap.values import Modification
from gateway.ports import OneTimeSecret

_LINK = re.compile(r"(?P<purpose>\S+) (?P<digest>\S+) (?P<expiry>\S+) (?P<target>\S+)")
_NO_TARGET = "-"


def locking(attribute: str, at: datetime | None) -> list[Modification]:
    """Modifications that lock from then on, as long as the policy says; None: until cleared."""
    value = PERMANENT_LOCK if at is None else format_time(at)
    return [Modification("replace", attribute, (value.encode(),))]


def unlocking(attribute: str) -> list[Modification]:
    """Modifications that clear a lock and the failure times, whether there are any or not.

    slapd drops the failure times with the lock, and only when the lock is deleted by name;
    it is set first so that there is one to delete.
    """
    return [*locking(attribute, None), Modification("delete", attribute)]


def tried(password: str) -> str:
    """What a password is tried as.

    A bind without a password would be an anonymous one, which succeeds (RFC 4513, 5.1.2), and
    no user's password can have NUL in it: both are tried as one that nobody has, at the same
    cost and with the same consequences as any wrong one.
    """
    return password if password and "\0" not in password else secrets.token_urlsafe(32)


def written_link(secret: OneTimeSecret) -> bytes:
    """A one-time link as a value: purpose, digest, expiry, target."""
    target = secret.redirect_uri or _NO_TARGET
    expiry = format_time(secret.expires_at)
    return f"{secret.purpose} {secret.digest} {expiry} {target}".encode()


def read_link(value: bytes) -> OneTimeSecret | None:
    """The one-time link that a value is; None for what is none."""
    match = _LINK.fullmatch(value.decode("utf-8", "replace"))
    expires_at = parse_time(match["expiry"]) if match else None
    if match is None or expires_at is None:
        return None
    return OneTimeSecret(
        digest=match["digest"],
        purpose=match["purpose"],
        expires_at=expires_at,
        redirect_uri=None if match["target"] == _NO_TARGET else match["target"],
    )
