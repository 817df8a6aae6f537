"""What a request may write into a user, and what it must look like.

Rules hold for what comes in through this gateway; what LDAP tools wrote is shown as it is.
The syntax of e-mail addresses is judged at the edge, what LDAP cannot hold by the directory.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from zoneinfo import available_timezones

from gateway.domain.errors import Invalid, NotFound, Problem
from gateway.domain.ids import Kind, canonical_id

WRITABLE = frozenset(
    {
        "email",
        "username",
        "first_name",
        "last_name",
        "display_name",
        "phone",
        "locale",
        "timezone",
        "ou_id",
        "custom_attributes",
    }
)
"""Fields that a request may set by their names, when creating and when changing."""

# RFC 5646, section 2.1: langtag and privateuse; irregular grandfathered tags are refused.
_LANGUAGE_TAG = re.compile(
    r"""
    (?: (?: [a-z]{2,3} (?:-[a-z]{3}){0,3} | [a-z]{4} | [a-z]{5,8} )
        (?: -[a-z]{4} )?
        (?: -(?: [a-z]{2} | [0-9]{3} ) )?
        (?: -(?: [a-z0-9]{5,8} | [0-9][a-z0-9]{3} ) )*
        (?: -[0-9a-wy-z] (?: -[a-z0-9]{2,8} )+ )*
        (?: -x (?: -[a-z0-9]{1,8} )+ )?
      | x (?: -[a-z0-9]{1,8} )+ )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def language_problem(value: str) -> str | None:
    """Why that is no language tag (RFC 5646, well-formed, at most 64 characters), if so."""
    fits = len(value) <= 64 and _LANGUAGE_TAG.fullmatch(value)
    return None if fits else "Not a language tag (BCP 47)"


def time_zone_problem(value: str) -> str | None:
    """Why that is no time zone name of the IANA database, if so."""
    return None if value in _time_zones() else "Not a time zone name (IANA)"


def plain_text_problem(value: str) -> str | None:
    """Why that cannot be a name that people type to sign in, if so."""
    if not 1 <= len(value) <= 256:
        return "Must have 1 to 256 characters"
    if value != value.strip():
        return "Must not begin or end with a blank"
    if any(unicodedata.category(c) in _CONTROLS for c in value):
        return "Must not contain control characters"
    return None


def id_problem(kind: Kind, value: str) -> str | None:
    """Why that is no id of that kind, if so."""
    try:
        canonical_id(kind, value)
    except NotFound as absent:
        return absent.detail
    return None


_RULES: Mapping[str, Callable[[str], str | None]] = {
    "username": plain_text_problem,
    "locale": language_problem,
    "timezone": time_zone_problem,
    "ou_id": lambda value: id_problem(Kind.ORGANIZATIONAL_UNIT, value),
}


def problems(values: Mapping[str, object], *, creating: bool) -> list[Problem]:
    """All that is wrong with the fields of a request, in their order."""
    found = [
        Problem(("body", name), "Extra inputs are not permitted", "extra_forbidden")
        for name in values
        if name not in WRITABLE
    ]
    if values.get("email") is None and (creating or "email" in values):
        found.append(Problem(("body", "email"), "Field required", "missing"))
    for name, rule in _RULES.items():
        value = values.get(name)
        if isinstance(value, str) and (why := rule(value)):
            found.append(Problem(("body", name), why))
    return found


def check(values: Mapping[str, object], *, creating: bool = False) -> None:
    """Refuse wrong fields. Raises Invalid, naming each."""
    if found := problems(values, creating=creating):
        raise Invalid(*found)
