"""Organizational units: the places of a tenant's users."""

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
from gateway.rest.router import tenant_router
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import OrganizationalUnitCreate, OrganizationalUnitResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import Listing

router = tenant_router("ous", "Organizational units")


@router.get("", response_model=PaginatedResponse[OrganizationalUnitResponse])
async def list_organizational_units(
    call: Annotated[Call, Depends(Acting("ous.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
) -> Response:
    """The units of a tenant, at any depth."""
    listing = Listing(search=search, page=page, per_page=per_page)
    found = await services.ous.list(call, listing)
    return paged(call, found, page, per_page, OrganizationalUnitResponse.model_validate)


@router.post("", status_code=201, response_model=ApiResponse[OrganizationalUnitResponse])
async def create_organizational_unit(
    call: Annotated[Call, Depends(Acting("ous.create"))],
    services: ServicesOf,
    body: OrganizationalUnitCreate,
) -> Response:
    """Create a unit, at the root or below another one."""
    made = await services.ous.create(call, body.model_dump())
    location = f"/api/v1/tenants/{made.tenant_id}/ous/{made.id}"
    return one(
        call,
        OrganizationalUnitResponse.model_validate(made),
        status=201,
        headers={"Location": location},
    )


@router.get("/{ou_id}", response_model=ApiResponse[OrganizationalUnitResponse])
async def get_organizational_unit(
    call: Annotated[Call, Depends(Acting("ous.get"))],
    services: ServicesOf,
    ou_id: str,
) -> Response:
    """A unit by ID."""
    return one(call, OrganizationalUnitResponse.model_validate(await services.ous.get(call, ou_id)))


@router.delete("/{ou_id}", status_code=204, response_model=None)
async def delete_organizational_unit(
    call: Annotated[Call, Depends(Acting("ous.delete"))],
    services: ServicesOf,
    ou_id: str,
) -> Response:
    """Delete a unit that has nothing in it."""
    await services.ous.delete(call, ou_id)
    return Response(status_code=204)
