"""What users and groups have in common in SCIM: meta, times, external ids, addresses."""

from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.domain.model import FederatedIdentity, JsonValue, Resource
from gateway.http.conditional import entity_tag
from gateway.services.provisioning import UNCHANGED, Unchanged


def meta(resource: Resource, kind: str, tag: tuple[str, str]) -> dict[str, JsonValue]:
    """`meta` without the location, which only the request tells (RFC 7643, 3.1)."""
    return {
        "resourceType": kind,
        "created": time(resource.created_at),
        "lastModified": time(resource.updated_at or resource.created_at),
        "version": f"W/{entity_tag(*tag)}",
    }


def time(moment: datetime) -> str:
    """A time as RFC 3339 has it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def external_id(links: Iterable[FederatedIdentity], provider_id: str | None) -> str | None:
    """The account at that provider; of several the primary one, else the first."""
    found = [link for link in links if link.identity_provider_id == provider_id]
    return next((link.external_id for link in found if link.primary), None) or next(
        (link.external_id for link in found), None
    )


def wanted_external_id(value: str | None, shown: str | None) -> str | Unchanged | None:
    """What is to be linked, None to unlink."""
    return UNCHANGED if value == shown else value
