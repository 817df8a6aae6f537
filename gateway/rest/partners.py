"""Partners: organizations that look after tenants."""

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
from gateway.rest.schemas.resources import PartnerCreate, PartnerResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import Listing

router = admin_router("partners", "Partners")


@router.get("/", response_model=PaginatedResponse[PartnerResponse])
async def list_partners(
    call: Annotated[Call, Depends(Acting("partners.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
) -> Response:
    """The partners that the caller may see."""
    listing = Listing(search=search, page=page, per_page=per_page)
    found = await services.partners.list(call, listing)
    return paged(call, found, page, per_page, PartnerResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[PartnerResponse])
async def create_partner(
    call: Annotated[Call, Depends(Acting("partners.create"))],
    services: ServicesOf,
    body: PartnerCreate,
) -> Response:
    """Create a partner."""
    made = await services.partners.create(call, body.model_dump())
    location = f"{router.prefix}/{made.id}"
    return one(
        call, PartnerResponse.model_validate(made), status=201, headers={"Location": location}
    )


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
    return Response(status_code=204)


without_slash(router)
