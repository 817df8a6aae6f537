"""E-mail addresses: what one looks like, and what stands in where somebody has none.

A user has `mail` in the directory, always. Whoever is provisioned without an address gets a
stand-in below a name that no mail system ever serves (RFC 2606, section 2).
"""

import re
from uuid import uuid4

MAX_LENGTH = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3, without the angle brackets)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# RFC 5321, 4.1.2, without quoted local parts and address literals; LDAP's mail is ASCII.
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_STAND_IN = re.compile(r"[0-9a-f]{32}@email\.invalid", re.IGNORECASE)


def looks_like_address(text: str) -> bool:
    """Whether a mail system could know it as an address, also one that only this site has."""
    return len(text) <= MAX_LENGTH and _ADDRESS.fullmatch(text) is not None


def stand_in() -> str:
    """A new address to which no mail can go, unlike all others."""
    return f"{uuid4().hex}@email.invalid"


def is_stand_in(email: str) -> bool:
    """Whether that is no address of anybody: no mail is sent there."""
    return _STAND_IN.fullmatch(email) is not None
