"""All routes, in one list."""

from starlette.routing import BaseRoute

from gateway.rest import (
    admin_users,
    applications,
    effective_users,
    groups,
    identities,
    identity_providers,
    links,
    mismatches,
    oauth,
    operations,
    ous,
    partners,
    scim_tokens,
    tenant_users,
    tenants,
)


def routes(*, metrics: bool = True) -> list[BaseRoute]:
    """The routes of the REST face, with or without `/metrics`."""
    routers = [
        admin_users.router,
        mismatches.router,
        identities.router,
        tenant_users.router,
        effective_users.router,
        ous.router,
        groups.router,
        identity_providers.router,
        applications.router,
        scim_tokens.router,
        tenants.router,
        partners.router,
        oauth.router,
        links.router,
        operations.health,
    ]
    if metrics:
        routers.append(operations.metrics)
    return [route for router in routers for route in router.routes]
