"""Tenants, each with all that it needs to hold users."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import (
    DEFAULT_PAGE,
    DEFAULT_PER_PAGE,
    PageNumber,
    PerPage,
    Search,
)
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import TenantCreate, TenantResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import Listing

router = admin_router("tenants", "Tenants")


@router.get("/", response_model=PaginatedResponse[TenantResponse])
async def list_tenants(
    call: Annotated[Call, Depends(Acting("tenants.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
    partner_id: str | None = None,
) -> Response:
    """The tenants that the caller may see."""
    listing = Listing(partner_id=partner_id, search=search, page=page, per_page=per_page)
    found = await services.tenants.list(call, listing)
    return paged(call, found, page, per_page, TenantResponse.model_validate)


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
    location = f"{router.prefix}/{made.id}"
    return one(
        call, TenantResponse.model_validate(made), status=201, headers={"Location": location}
    )


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
    return Response(status_code=204)


without_slash(router)
