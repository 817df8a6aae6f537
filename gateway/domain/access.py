"""Who may do what: roles, principals, and the one table of actions by role.

Each endpoint names its action; `reach` answers how far the caller's arm goes for it. What
lies outside the reach does not exist for the caller (`NotFound`), what the role may never do
is `Forbidden`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from gateway.domain.errors import Forbidden


class Role(StrEnum):
    """What a token is, once its claims are understood."""

    SUPER_ADMIN = "super_admin"
    PARTNER_ADMIN = "partner_admin"
    TENANT_ADMIN = "tenant_admin"
    PLATFORM_WRITE = "platform_write"
    PLATFORM_READ = "platform_read"
    PLATFORM_NONE = "platform_none"
    APPLICATION = "application"
    SCIM = "scim"
    USER = "user"


class Reach(StrEnum):
    """How far a role reaches with an action."""

    ALL = "all"
    """Every tenant."""
    PARTNER = "partner"
    """The tenants of the caller's partner."""
    TENANT = "tenant"
    """The caller's own tenant."""
    ASSIGNED = "assigned"
    """Users of the caller's own tenant that are assigned to the calling application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller, as its token says. Ids are canonical; `subject` is the `sub` claim.

    `identity_provider_id` is the provider that a SCIM client acts for, `token_id` the token of
    the directory that it came with; both are None where the token does not tell. `issued_at`
    is None where the token does not tell, which is as if it were very old.
    """

    subject: str
    role: Role
    tenant_id: str | None = None
    partner_id: str | None = None
    client_id: str | None = None
    scopes: frozenset[str] = frozenset()
    issued_at: datetime | None = None
    identity_provider_id: str | None = None
    token_id: str | None = None


_A, _P, _T, _S = Reach.ALL, Reach.PARTNER, Reach.TENANT, Reach.ASSIGNED


def _without(line: Mapping[Role, Reach], left_out: Role) -> Mapping[Role, Reach]:
    return {role: reach for role, reach in line.items() if role is not left_out}


_READ: Mapping[Role, Reach] = {
    Role.SUPER_ADMIN: _A,
    Role.PARTNER_ADMIN: _P,
    Role.TENANT_ADMIN: _T,
    Role.PLATFORM_WRITE: _A,
    Role.PLATFORM_READ: _A,
}
_WRITE: Mapping[Role, Reach] = {
    role: reach for role, reach in _READ.items() if role is not Role.PLATFORM_READ
}
_PARTNERS_AND_UP: Mapping[Role, Reach] = {
    role: reach for role, reach in _READ.items() if role is not Role.TENANT_ADMIN
}
_PARTNERS_WRITE: Mapping[Role, Reach] = _without(_PARTNERS_AND_UP, Role.PLATFORM_READ)
_PLATFORM_ONLY: Mapping[Role, Reach] = {Role.SUPER_ADMIN: _A, Role.PLATFORM_WRITE: _A}
_SCIM_READ: Mapping[Role, Reach] = {**_READ, Role.SCIM: _T}
_SCIM_WRITE: Mapping[Role, Reach] = {**_WRITE, Role.SCIM: _T}

ACTIONS: Mapping[str, Mapping[Role, Reach]] = MappingProxyType(
    {
        # the 17 endpoints of the Users API, and the extras beside them
        "admin.users.list": _READ,
        "admin.users.create": _WRITE,
        "admin.users.mismatches": _READ,
        "admin.users.mismatches.fix": _WRITE,
        "admin.users.get": _READ,
        "admin.users.update": _WRITE,
        "admin.users.delete": _WRITE,
        "admin.users.restore": _WRITE,
        "admin.users.groups": _READ,
        "admin.users.mfa.disable": _WRITE,
        "admin.users.reset_password": _WRITE,
        "admin.users.unlock": _WRITE,
        "admin.users.federated_identities.list": _READ,
        "admin.users.federated_identities.link": _WRITE,
        "admin.users.federated_identities.unlink": _WRITE,
        "tenant.users.list": _READ,
        "tenant.users.create": _WRITE,
        "tenant.users.get": {**_READ, Role.APPLICATION: _S},
        "tenant.users.update": _WRITE,
        "tenant.users.delete": _WRITE,
        "tenant.users.password_reset": _WRITE,
        "tenant.users.status": _WRITE,
        "tenant.users.authenticate": {**_WRITE, Role.APPLICATION: _T},
        "tenant.applications.effective_users": {**_READ, Role.APPLICATION: _S},
        # what a tenant is made of
        "tenants.list": _READ,
        "tenants.get": _READ,
        "tenants.create": _PARTNERS_WRITE,
        "tenants.delete": _PARTNERS_WRITE,
        "partners.list": _PARTNERS_AND_UP,
        "partners.get": _PARTNERS_AND_UP,
        "partners.create": _PLATFORM_ONLY,
        "partners.delete": _PLATFORM_ONLY,
        "ous.list": _READ,
        "ous.get": _READ,
        "ous.create": _WRITE,
        "ous.delete": _WRITE,
        "groups.list": _READ,
        "groups.get": _READ,
        "groups.create": _WRITE,
        "groups.delete": _WRITE,
        "groups.members.list": _READ,
        "groups.members.add": _WRITE,
        "groups.members.remove": _WRITE,
        "identity_providers.list": _READ,
        "identity_providers.get": _READ,
        "identity_providers.create": _WRITE,
        "identity_providers.delete": _WRITE,
        "applications.list": _READ,
        "applications.get": _READ,
        "applications.create": _WRITE,
        "applications.delete": _WRITE,
        "applications.members.list": _READ,
        "applications.members.add": _WRITE,
        "applications.members.remove": _WRITE,
        "scim_tokens.list": _READ,
        "scim_tokens.get": _READ,
        "scim_tokens.create": _WRITE,
        "scim_tokens.delete": _WRITE,
        # the SCIM endpoints of a tenant
        "scim.discovery": _SCIM_READ,
        "scim.users.read": _SCIM_READ,
        "scim.users.create": _SCIM_WRITE,
        "scim.users.update": _SCIM_WRITE,
        "scim.users.delete": _SCIM_WRITE,
        "scim.groups.read": _SCIM_READ,
        "scim.groups.create": _SCIM_WRITE,
        "scim.groups.update": _SCIM_WRITE,
        "scim.groups.delete": _SCIM_WRITE,
    }
)
"""Every endpoint has its line here; a test walks the routes, another every cell."""

NO_SCOPE = "Platform token requires admin:read or admin:write scope"


def reach(principal: Principal, action: str) -> Reach:
    """How far the caller reaches with an action.

    Raises:
        Forbidden: the caller's role may not do it anywhere.
    """
    granted = ACTIONS[action].get(principal.role)
    if granted is None:
        if principal.role is Role.PLATFORM_NONE:
            raise Forbidden(NO_SCOPE, code="insufficient_scope")
        if principal.role is Role.PLATFORM_READ and Role.PLATFORM_WRITE in ACTIONS[action]:
            raise Forbidden("Platform token requires admin:write scope", code="insufficient_scope")
        raise Forbidden(f"Not allowed for {principal.role.replace('_', ' ')} tokens")
    return granted
