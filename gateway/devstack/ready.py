"""What scripts are told once everything answers: URLs, tokens, tenants, process ids.

The members of the file are a contract with those scripts.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from gateway.devstack.state import write_atomically
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
    """The process ids of all that was started; no feed runs by itself so far."""

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


def claims(sample: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The claims of a token of each kind.

    Args:
        sample: the ids of a `tenant`, its `partner`, a `user`, and the `client_id` of an
            application of that tenant.
    """
    tenant = {"tenant_id": sample["tenant"]}
    return {
        "super_admin": {"sub": "dev-super-admin", "role": "super_admin"},
        "platform": {
            "sub": "dev-platform",
            "platform_token": True,
            "scope": "admin:read admin:write",
        },
        "platform_read": {
            "sub": "dev-platform-read",
            "platform_token": True,
            "scope": "admin:read",
        },
        "partner_admin": {
            "sub": "dev-partner-admin",
            "role": "partner_admin",
            "partner_id": sample["partner"],
        },
        "tenant_admin": {"sub": "dev-tenant-admin", "role": "tenant_admin", **tenant},
        "application": {
            "sub": sample["client_id"],
            "client_id": sample["client_id"],
            "token_type": "client_credentials",
            **tenant,
        },
        "user": {"sub": sample["user"], **tenant},
        "scim": {"sub": "dev-scim", "token_type": "scim", **tenant},
    }


async def tokens(issuer: TokenIssuer, sample: Mapping[str, str]) -> dict[str, str]:
    """A token of each kind; all but the platform's belong to the sample's tenant or partner."""
    return {kind: await issuer.issue(each, LIFETIME) for kind, each in claims(sample).items()}
