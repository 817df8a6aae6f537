"""Search filters as text (RFC 4515), built from values only.

No other module writes a filter. Values are escaped whatever characters they have; attribute
names come from mappings, never from a request.
"""

import re

from adapters.ldap.dn import Dn

EVERYTHING = "(objectClass=*)"
NOTHING = "(!(objectClass=*))"

_SAFE = re.compile(rb"[^A-Za-z0-9@._-]")

Assertion = str | bytes | Dn


def escape(value: Assertion) -> str:
    """A value as RFC 4515 writes it; more is escaped than must be, also blanks at the ends."""
    octets = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return _SAFE.sub(lambda match: f"\\{match[0][0]:02x}".encode(), octets).decode()


def eq(attribute: str, value: Assertion) -> str:
    """A value of the attribute equals this, as its equality rule compares."""
    return f"({attribute}={escape(value)})"


def ge(attribute: str, value: Assertion) -> str:
    """A value of the attribute is this or greater."""
    return f"({attribute}>={escape(value)})"


def le(attribute: str, value: Assertion) -> str:
    """A value of the attribute is this or less."""
    return f"({attribute}<={escape(value)})"


def present(attribute: str) -> str:
    """The attribute has a value."""
    return f"({attribute}=*)"


def substring(attribute: str, *, initial: str = "", any_: str = "", final: str = "") -> str:
    """A value of the attribute has these parts, in this order; without any: `present`."""
    parts = [escape(initial), *([escape(any_)] if any_ else []), escape(final)]
    return f"({attribute}={'*'.join(parts)})"


def ext(attribute: str, rule: str, value: Assertion, *, dn: bool = False) -> str:
    """An extensible match (RFC 4511, 4.5.1.7.7); `rule` may be empty, `dn` looks there, too."""
    middle = (":dn" if dn else "") + (f":{rule}" if rule else "")
    return f"({attribute}{middle}:={escape(value)})"


def and_(*filters: str) -> str:
    """All of them match; everything when there are none."""
    terms = [f for f in dict.fromkeys(filters) if f != EVERYTHING]
    if NOTHING in terms:
        return NOTHING
    return _joined("&", terms) or EVERYTHING


def or_(*filters: str) -> str:
    """Any of them matches; nothing when there are none."""
    terms = [f for f in dict.fromkeys(filters) if f != NOTHING]
    if EVERYTHING in terms:
        return EVERYTHING
    return _joined("|", terms) or NOTHING


def not_(filter_: str) -> str:
    """It does not match.

    slapd takes a comparison with an absent attribute as false, so the contrary is true there;
    only for an attribute or value that its schema does not know are both undefined.
    """
    if filter_.startswith("(!"):
        return filter_[2:-1]
    return f"(!{filter_})"


def _joined(operator: str, terms: list[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({operator}{''.join(terms)})" if terms else ""
