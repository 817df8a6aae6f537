"""Routers of the REST face, and the trailing slash that some clients leave out."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Depends

from gateway.rest.caller import authorization_header, tenant_path
from gateway.rest.route import GuardedRoute, KeptRoute

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

SHOWS_AUTHORIZATION = [Depends(authorization_header)]
"""For the endpoints whose published description has the header as a parameter."""


def admin_router(prefix: str, tag: str, *, answers_kept: bool = False) -> APIRouter:
    """A router for resources of many tenants; for `answers_kept` see `KeptRoute`."""
    return APIRouter(
        prefix=f"/api/v1/admin/{prefix}",
        tags=[tag],
        route_class=KeptRoute if answers_kept else GuardedRoute,
    )


def tenant_router(prefix: str, tag: str, *, answers_kept: bool = False) -> APIRouter:
    """A router for what is below one tenant; for `answers_kept` see `KeptRoute`."""
    return APIRouter(
        prefix=f"/api/v1/tenants/{{tenant_id}}/{prefix}",
        tags=[tag],
        route_class=KeptRoute if answers_kept else GuardedRoute,
        dependencies=[Depends(tenant_path)],
    )


def public_router(tag: str) -> APIRouter:
    """A router for what anybody may ask."""
    return APIRouter(tags=[tag], route_class=GuardedRoute)


def without_slash(router: APIRouter) -> None:
    """Let a collection at `/` answer without the slash, too: no redirect drops a body.

    Only the spelling with the slash is described.
    """
    for route in list(router.routes):
        if isinstance(route, GuardedRoute) and route.path == f"{router.prefix}/":
            router.add_api_route(
                "",
                route.endpoint,
                methods=sorted(route.methods or ()),
                status_code=route.status_code,
                response_model=route.response_model,
                name=f"{route.name}_without_slash",
                include_in_schema=False,
            )
