"""What scripts are told once everything answers: URLs, tokens, tenants, process ids.

The members of the file are a contract with those scripts.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from adapters.tokens.statement import statement
from gateway.devstack.state import write_atomically
from gateway.domain.access import Principal, Role
from gateway.ports import TokenIssuer

LIFETIME = timedelta(days=7)
"""How long the tokens hold; the next start makes new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFacts:
    """A tenant of the sample data; `users` is how many it had when everything answered."""

    id: str
    slug: str
    base_dn: str
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerFacts:
    """What it takes to sign tokens that this gateway accepts."""

    private_key_file: str
    kid: str
    issuer: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pids:
    """The process ids of all that was started."""

    slapd: int | None
    redis: int | None
    api: list[int]
    feed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The whole ready file."""

    base_url: str
    ldap_url: str
    ldap_suffix: str
    ldap_admin_dn: str
    ldap_admin_password: str
    redis_url: str
    tokens: Mapping[str, str]
    tenants: tuple[TenantFacts, ...]
    issuer: IssuerFacts
    pids: Pids

    def write(self, path: Path) -> None:
        """Write the file, which appears whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(asdict(self), indent=2) + "\n")


def bearers(sample: Mapping[str, str]) -> dict[str, Principal]:
    """The bearer of a token of each kind.

    Args:
        sample: the ids of a `tenant`, its `partner`, a `user`, and the `client_id` of an
            application of that tenant.
    """
    tenant, client = sample["tenant"], sample["client_id"]
    return {
        "super_admin": Principal(subject="dev-super-admin", role=Role.SUPER_ADMIN),
        "platform": Principal(subject="dev-platform", role=Role.PLATFORM_WRITE),
        "platform_read": Principal(subject="dev-platform-read", role=Role.PLATFORM_READ),
        "partner_admin": Principal(
            subject="dev-partner-admin", role=Role.PARTNER_ADMIN, partner_id=sample["partner"]
        ),
        "tenant_admin": Principal(
            subject="dev-tenant-admin", role=Role.TENANT_ADMIN, tenant_id=tenant
        ),
        "application": Principal(
            subject=client, role=Role.APPLICATION, tenant_id=tenant, client_id=client
        ),
        "user": Principal(subject=sample["user"], role=Role.USER, tenant_id=tenant),
        "scim": Principal(subject="dev-scim", role=Role.SCIM, tenant_id=tenant),
    }


async def tokens(issuer: TokenIssuer, sample: Mapping[str, str]) -> dict[str, str]:
    """A token of each kind; all but the platform's belong to the sample's tenant or partner."""
    return {
        kind: await issuer.issue(statement(bearer), LIFETIME)
        for kind, bearer in bearers(sample).items()
    }
