"""Ids and versions of entries: entryUUID (RFC 4530) and entryCSN, and filters over them."""

from collections.abc import Iterable

from adapters.ldap import filters
from adapters.ldap.values import Entry
from gateway.domain.ids import Kind, parse_id
from mappings.table import ResourceMapping

UUID_ATTRIBUTE = "entryUUID"
VERSION_ATTRIBUTE = "entryCSN"


def uuid_text(kind: Kind, id_: str) -> str:
    """The entryUUID in the spelling of LDAP. Raises NotFound for what is no such id."""
    return str(parse_id(kind, id_))


def id_of(kind: Kind, entry: Entry) -> str:
    """The id that an entry has as a resource of that kind."""
    return id_in(kind, entry.text(UUID_ATTRIBUTE) or "")


def id_in(kind: Kind, uuid: str) -> str:
    """The id that an entryUUID stands for."""
    # As `format_id` writes it; a listing does this for each entry that it passes.
    return f"{kind}_{uuid.replace('-', '').lower()}"


def version_of(entry: Entry) -> str:
    """The version that is given out."""
    return entry.text(VERSION_ATTRIBUTE) or ""


def any_of(uuids: Iterable[str]) -> str:
    """The filter of the entries with these UUIDs."""
    return filters.or_(*(filters.eq(UUID_ATTRIBUTE, uuid) for uuid in uuids))


def unchanged(mapping: ResourceMapping, version: str | None) -> str | None:
    """The assertion (RFC 4528) that an entry still has that version; None asserts nothing.

    slapd's unique overlay hands the control on to the search that it makes itself, where it
    is evaluated on the search's base. So the assertion also holds on whatever is no entry of
    this kind, as the base never is.
    """
    if version is None:
        return None
    return filters.or_(
        filters.eq(VERSION_ATTRIBUTE, version),
        filters.not_(filters.eq("objectClass", mapping.recognise)),
    )
