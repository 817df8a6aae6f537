"""Tenants, each with all that it needs to hold users."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import Searched
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import TenantCreate, TenantResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = admin_router("tenants", "Tenants")


@router.get("/", response_model=PaginatedResponse[TenantResponse])
async def list_tenants(
    call: Annotated[Call, Depends(Acting("tenants.list"))],
    services: ServicesOf,
    searched: Searched,
    partner_id: str | None = None,
) -> Response:
    """The tenants that the caller may see."""
    listing = replace(searched, partner_id=partner_id)
    found = await services.tenants.list(call, listing)
    return paged(call, found, listing, TenantResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[TenantResponse])
async def create_tenant(
    call: Annotated[Call, Depends(Acting("tenants.create"))],
    services: ServicesOf,
    body: TenantCreate,
) -> Response:
    """Create a tenant.

    A partner admin's tenants are its partner's.
    """
    made = await services.tenants.create(call, body.model_dump())
    return created(call, TenantResponse.model_validate(made), f"{router.prefix}/{made.id}")


@router.get("/{tenant_id}", response_model=ApiResponse[TenantResponse])
async def get_tenant(
    call: Annotated[Call, Depends(Acting("tenants.get"))],
    services: ServicesOf,
    tenant_id: str,
) -> Response:
    """A tenant by ID or slug."""
    return one(call, TenantResponse.model_validate(await services.tenants.get(call, tenant_id)))


@router.delete("/{tenant_id}", status_code=204, response_model=None)
async def delete_tenant(
    call: Annotated[Call, Depends(Acting("tenants.delete"))],
    services: ServicesOf,
    tenant_id: str,
) -> Response:
    """Delete a tenant that has no users."""
    await services.tenants.delete(call, tenant_id)
    return nothing()


without_slash(router)
