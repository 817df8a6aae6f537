"""Identity providers, which users can be linked to."""

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
from gateway.rest.schemas.resources import IdentityProviderCreate, IdentityProviderResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import Listing

router = admin_router("identity-providers", "Identity providers")


@router.get("/", response_model=PaginatedResponse[IdentityProviderResponse])
async def list_identity_providers(
    call: Annotated[Call, Depends(Acting("identity_providers.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
    tenant_id: str | None = None,
    partner_id: str | None = None,
) -> Response:
    """The identity providers that the caller may see."""
    listing = Listing(
        tenant_id=tenant_id, partner_id=partner_id, search=search, page=page, per_page=per_page
    )
    found = await services.identity_providers.list(call, listing)
    return paged(call, found, page, per_page, IdentityProviderResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[IdentityProviderResponse])
async def create_identity_provider(
    call: Annotated[Call, Depends(Acting("identity_providers.create"))],
    services: ServicesOf,
    body: IdentityProviderCreate,
) -> Response:
    """Create an identity provider."""
    made = await services.identity_providers.create(
        call, body.model_dump(exclude={"tenant_id"}), tenant_id=body.tenant_id
    )
    location = f"{router.prefix}/{made.id}"
    return one(
        call,
        IdentityProviderResponse.model_validate(made),
        status=201,
        headers={"Location": location},
    )


@router.get("/{identity_provider_id}", response_model=ApiResponse[IdentityProviderResponse])
async def get_identity_provider(
    call: Annotated[Call, Depends(Acting("identity_providers.get"))],
    services: ServicesOf,
    identity_provider_id: str,
) -> Response:
    """An identity provider by ID."""
    return one(
        call,
        IdentityProviderResponse.model_validate(
            await services.identity_providers.get(call, identity_provider_id)
        ),
    )


@router.delete("/{identity_provider_id}", status_code=204, response_model=None)
async def delete_identity_provider(
    call: Annotated[Call, Depends(Acting("identity_providers.delete"))],
    services: ServicesOf,
    identity_provider_id: str,
) -> Response:
    """Delete an identity provider; links to it stay, and are reported as dangling."""
    await services.identity_providers.delete(call, identity_provider_id)
    return Response(status_code=204)


without_slash(router)
