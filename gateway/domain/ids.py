"""Identifiers of resources: a prefix that names the kind, and the entry's UUID (RFC 4530).

Nothing is stored for an id: `usr_` + 32 lower-case hexadecimal digits *is* the entryUUID.
"""

import re
from enum import StrEnum
from uuid import UUID

from gateway.domain.errors import NotFound


class Kind(StrEnum):
    """The kinds of resources, by the prefix of their ids."""

    USER = "usr"
    GROUP = "grp"
    ORGANIZATIONAL_UNIT = "ou"
    TENANT = "tnt"
    PARTNER = "prt"
    IDENTITY_PROVIDER = "idp"
    APPLICATION = "app"
    SCIM_TOKEN = "tok"  # noqa: S105 - a prefix


_HEX = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


def format_id(kind: Kind, uuid: UUID) -> str:
    """The one spelling that is given out: `usr_` and 32 lower-case hex digits."""
    return f"{kind}_{uuid.hex}"


def parse_id(kind: Kind, text: str) -> UUID:
    """Read an id in any accepted spelling: dashed or not, any case.

    Raises:
        NotFound: the text is no id of that kind; a malformed id names nothing.
    """
    prefix, separator, rest = text.partition("_")
    if separator and prefix.lower() == kind and _HEX.fullmatch(rest):
        return UUID(rest)
    raise NotFound(kind)


def canonical_id(kind: Kind, text: str) -> str:
    """The given-out spelling of an id in any accepted spelling.

    Raises:
        NotFound: as `parse_id`.
    """
    return format_id(kind, parse_id(kind, text))
