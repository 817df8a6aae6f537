"""Values of cn=config as they are compared, and changes to them."""

import re

from adapters.ldap.ldif import line_of

_PLACE = re.compile(r"^\{-?\d+\}")


def plain(text: str) -> str:
    """Without the `{n}` that cn=config puts before ordered values."""
    return _PLACE.sub("", text).strip()


def normal(text: str) -> str:
    """A rule or limit as it is compared: blanks, case and the two words for one DN do not count."""
    return " ".join(plain(text).split()).lower().replace("dn.exact=", "dn.base=")


def change(dn: str, how: str, attribute: str, *values: str) -> str:
    """One change record (RFC 2849) that adds or replaces values of an attribute."""
    lines = [("dn", dn), ("changetype", "modify"), (how, attribute)]
    lines += [(attribute, value) for value in values]
    return "".join(line_of(name, value.encode()) for name, value in lines)
