"""Every endpoint that asks for a token, with a request that is right: what tests walk."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from gateway.rest.route import GuardedRoute
from tests.gateway.services.world import PASSWORD

ADMIN = "/api/v1/admin"
TENANT = "/api/v1/tenants/{tenant_id}"

PUBLIC = frozenset(
    {
        "/.well-known/jwks.json",
        "/api/v1/auth/tenants/{slug}/links/{token}",
        "/api/v1/auth/tenants/{slug}/oauth/token",
        "/api/v1/platform/oauth/token",
        "/auth/tenants/{slug}/links/{token}",
        "/healthz/live",
        "/healthz/ready",
        "/metrics",
    }
)
"""Paths that anybody may ask."""

ALIASES = {
    "deleted_id": "user_id",
    "linked_provider_id": "identity_provider_id",
    "empty_tenant_id": "tenant_id",
    "lonely_partner_id": "partner_id",
}
"""Names of things in a certain state, and the path parameters that they go into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint; `{names}` in path, query and body are filled in from a tenant's contents."""

    action: str
    method: str
    path: str
    status: int = 200
    body: Any = None
    query: str = ""

    @property
    def route(self) -> str:
        """The path as the route spells it."""
        path = self.path
        for alias, parameter in ALIASES.items():
            path = path.replace(f"{{{alias}}}", f"{{{parameter}}}")
        return path

    @property
    def names_something(self) -> bool:
        """Whether a request names a thing that may be out of the caller's scope."""
        return "{" in self.path or any("_id}" in str(v) for v in (self.body or {}).values())

    def __str__(self) -> str:
        return f"{self.method} {self.path}{self.query}"


def _crud(
    prefix: str,
    action: str,
    parameter: str,
    body: dict[str, Any],
    *,
    root: str = "/",
    deleted: str | None = None,
) -> list[Endpoint]:
    item = f"{prefix}/{{{parameter}}}"
    return [
        Endpoint(action=f"{action}.list", method="GET", path=prefix + root),
        Endpoint(
            action=f"{action}.create", method="POST", path=prefix + root, status=201, body=body
        ),
        Endpoint(action=f"{action}.get", method="GET", path=item),
        Endpoint(
            action=f"{action}.delete",
            method="DELETE",
            path=f"{prefix}/{{{deleted or parameter}}}",
            status=204,
        ),
    ]


def _members(prefix: str, action: str, parameter: str) -> list[Endpoint]:
    members = f"{prefix}/{{{parameter}}}/members"
    return [
        Endpoint(action=f"{action}.members.list", method="GET", path=members),
        Endpoint(
            action=f"{action}.members.add",
            method="POST",
            path=members,
            status=204,
            body={"member_ids": ["{user_id}"]},
        ),
        Endpoint(
            action=f"{action}.members.remove",
            method="DELETE",
            path=f"{members}/{{member_id}}",
            status=204,
        ),
    ]


_USERS = f"{ADMIN}/users"
_USER = f"{_USERS}/{{user_id}}"
_LINKS = f"{_USER}/federated-identities"
_MISMATCHES = f"{_USERS}/identity-source/mismatches"
_OF_TENANT = f"{TENANT}/users/{{user_id}}"
_NEW_USER = {"email": "new@{slug}.example", "password": PASSWORD}

ENDPOINTS = [
    Endpoint(action="admin.users.list", method="GET", path=f"{_USERS}/"),
    Endpoint(
        action="admin.users.create",
        method="POST",
        path=f"{_USERS}/",
        status=201,
        body={**_NEW_USER, "tenant_id": "{tenant_id}"},
    ),
    Endpoint(action="admin.users.mismatches", method="GET", path=_MISMATCHES),
    Endpoint(
        action="admin.users.mismatches.fix", method="GET", path=_MISMATCHES, query="?fix=true"
    ),
    Endpoint(action="admin.users.mismatches.fix", method="POST", path=_MISMATCHES),
    Endpoint(action="admin.users.get", method="GET", path=_USER),
    Endpoint(action="admin.users.update", method="PATCH", path=_USER, body={"first_name": "Other"}),
    Endpoint(action="admin.users.delete", method="DELETE", path=_USER, status=204),
    Endpoint(action="admin.users.restore", method="POST", path=f"{_USERS}/{{deleted_id}}/restore"),
    Endpoint(action="admin.users.groups", method="GET", path=f"{_USER}/groups"),
    Endpoint(action="admin.users.mfa.disable", method="POST", path=f"{_USER}/mfa/disable"),
    Endpoint(
        action="admin.users.reset_password",
        method="POST",
        path=f"{_USER}/reset-password",
        body={"new_password": PASSWORD + "x"},
    ),
    Endpoint(action="admin.users.unlock", method="POST", path=f"{_USER}/unlock"),
    Endpoint(action="admin.users.federated_identities.list", method="GET", path=_LINKS),
    Endpoint(
        action="admin.users.federated_identities.link",
        method="POST",
        path=_LINKS,
        status=201,
        body={"identity_provider_id": "{identity_provider_id}", "external_id": "ext-1"},
    ),
    Endpoint(
        action="admin.users.federated_identities.unlink",
        method="DELETE",
        path=f"{_LINKS}/{{linked_provider_id}}",
        status=204,
    ),
    Endpoint(action="tenant.users.list", method="GET", path=f"{TENANT}/users"),
    Endpoint(
        action="tenant.users.create",
        method="POST",
        path=f"{TENANT}/users",
        status=201,
        body=_NEW_USER,
    ),
    Endpoint(action="tenant.users.get", method="GET", path=_OF_TENANT),
    Endpoint(action="tenant.users.update", method="PATCH", path=_OF_TENANT, body={"locale": "de"}),
    Endpoint(
        action="tenant.users.delete",
        method="DELETE",
        path=_OF_TENANT,
        status=204,
        query="?confirm_email=ann@{slug}.example",
    ),
    Endpoint(
        action="tenant.users.password_reset",
        method="POST",
        path=f"{_OF_TENANT}/password/reset",
        body={"method": "TEMPORARY"},
    ),
    Endpoint(
        action="tenant.users.status",
        method="PUT",
        path=f"{_OF_TENANT}/status",
        body={"status": "DISABLED"},
    ),
    Endpoint(
        action="tenant.users.authenticate",
        method="POST",
        path=f"{TENANT}/users/authenticate",
        body={"login": "ann@{slug}.example", "password": PASSWORD},
    ),
    Endpoint(
        action="tenant.applications.effective_users",
        method="GET",
        path=f"{TENANT}/applications/{{application_id}}/effective-users",
    ),
    *_crud(
        f"{ADMIN}/tenants",
        "tenants",
        "tenant_id",
        {"slug": "fresh", "partner_id": "{partner_id}"},
        deleted="empty_tenant_id",
    ),
    *_crud(
        f"{ADMIN}/partners",
        "partners",
        "partner_id",
        {"slug": "fresh"},
        deleted="lonely_partner_id",
    ),
    *_crud(f"{TENANT}/ous", "ous", "ou_id", {"name": "Fresh"}, root=""),
    *_crud(f"{ADMIN}/groups", "groups", "group_id", {"name": "Fresh", "tenant_id": "{tenant_id}"}),
    *_members(f"{ADMIN}/groups", "groups", "group_id"),
    *_crud(
        f"{ADMIN}/identity-providers",
        "identity_providers",
        "identity_provider_id",
        {"name": "Fresh", "type": "OIDC", "tenant_id": "{tenant_id}"},
    ),
    *_crud(
        f"{ADMIN}/applications",
        "applications",
        "application_id",
        {"client_id": "fresh", "tenant_id": "{tenant_id}"},
    ),
    *_members(f"{ADMIN}/applications", "applications", "application_id"),
    *_crud(
        f"{ADMIN}/scim-tokens",
        "scim_tokens",
        "scim_token_id",
        {"name": "Fresh", "tenant_id": "{tenant_id}"},
    ),
]


def guarded_routes(app: FastAPI) -> list[GuardedRoute]:
    """The routes of the REST face."""
    return [route for route in app.routes if isinstance(route, GuardedRoute)]


def filled(template: Any, values: dict[str, str]) -> Any:
    """A path, query or body with its names filled in."""
    if isinstance(template, str):
        for name, value in values.items():
            template = template.replace(f"{{{name}}}", value)
        return template
    if isinstance(template, dict):
        return {name: filled(item, values) for name, item in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    return template
