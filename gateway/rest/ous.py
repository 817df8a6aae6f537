"""Organizational units: the places of a tenant's users."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import Searched
from gateway.rest.router import tenant_router
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import OrganizationalUnitCreate, OrganizationalUnitResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = tenant_router("ous", "Organizational units")


@router.get("", response_model=PaginatedResponse[OrganizationalUnitResponse])
async def list_organizational_units(
    call: Annotated[Call, Depends(Acting("ous.list"))],
    services: ServicesOf,
    listing: Searched,
) -> Response:
    """The units of a tenant, at any depth."""
    found = await services.ous.list(call, listing)
    return paged(call, found, listing, OrganizationalUnitResponse.model_validate)


@router.post("", status_code=201, response_model=ApiResponse[OrganizationalUnitResponse])
async def create_organizational_unit(
    call: Annotated[Call, Depends(Acting("ous.create"))],
    services: ServicesOf,
    body: OrganizationalUnitCreate,
) -> Response:
    """Create a unit, at the root or below another one."""
    made = await services.ous.create(call, body.model_dump())
    return created(
        call,
        OrganizationalUnitResponse.model_validate(made),
        f"/api/v1/tenants/{made.tenant_id}/ous/{made.id}",
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
    return nothing()
