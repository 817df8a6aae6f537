"""Partners: organizations that look after tenants."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import Searched
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import PartnerCreate, PartnerResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = admin_router("partners", "Partners")


@router.get("/", response_model=PaginatedResponse[PartnerResponse])
async def list_partners(
    call: Annotated[Call, Depends(Acting("partners.list"))],
    services: ServicesOf,
    listing: Searched,
) -> Response:
    """The partners that the caller may see."""
    found = await services.partners.list(call, listing)
    return paged(call, found, listing, PartnerResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[PartnerResponse])
async def create_partner(
    call: Annotated[Call, Depends(Acting("partners.create"))],
    services: ServicesOf,
    body: PartnerCreate,
) -> Response:
    """Create a partner."""
    made = await services.partners.create(call, body.model_dump())
    return created(call, PartnerResponse.model_validate(made), f"{router.prefix}/{made.id}")


@router.get("/{partner_id}", response_model=ApiResponse[PartnerResponse])
async def get_partner(
    call: Annotated[Call, Depends(Acting("partners.get"))],
    services: ServicesOf,
    partner_id: str,
) -> Response:
    """A partner by ID."""
    return one(call, PartnerResponse.model_validate(await services.partners.get(call, partner_id)))


@router.delete("/{partner_id}", status_code=204, response_model=None)
async def delete_partner(
    call: Annotated[Call, Depends(Acting("partners.delete"))],
    services: ServicesOf,
    partner_id: str,
) -> Response:
    """Delete a partner that looks after no tenant."""
    await services.partners.delete(call, partner_id)
    return nothing()


without_slash(router)
