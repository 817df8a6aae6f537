"""What goes to and comes from an LDAP server, as values; no library's types.

Attribute names of entries are in lower case, values are octets: what they mean is decided in
`codec.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from adapters.ldap.dn import Dn


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, as far as it was asked for; the keys of `attributes` are in lower case."""

    dn: Dn
    attributes: Mapping[str, tuple[bytes, ...]]

    def get(self, attribute: str) -> tuple[bytes, ...]:
        """All values of an attribute, in the server's order; empty where it has none."""
        return self.attributes.get(attribute.lower(), ())

    def text(self, attribute: str) -> str | None:
        """The first value of an attribute as text; octets that are no UTF-8 are replaced."""
        values = self.get(attribute)
        return values[0].decode("utf-8", "replace") if values else None


class Scope(StrEnum):
    """How deep a search goes (RFC 4511, 4.5.1.2)."""

    BASE = "base"
    ONE = "one"
    SUBTREE = "subtree"


@dataclass(frozen=True, slots=True)
class Modification:
    """One change of a Modify operation (RFC 4511, 4.6); the server applies them in order."""

    operation: Literal["add", "delete", "replace", "increment"]
    attribute: str
    values: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResult:
    """What a bind came to, with what the password policy says (draft-behera-10, 6.2).

    `ok` is the bind itself; `must_change` and `locked` can be told with either. `grace_logins`
    and `expires_in` (seconds) are None where the policy says nothing about them.
    """

    ok: bool
    locked: bool = False
    must_change: bool = False
    expired: bool = False
    grace_logins: int | None = None
    expires_in: int | None = None
