"""Identity providers, which users can be linked to."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import OverTenants
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import IdentityProviderCreate, IdentityProviderResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = admin_router("identity-providers", "Identity providers")


@router.get("/", response_model=PaginatedResponse[IdentityProviderResponse])
async def list_identity_providers(
    call: Annotated[Call, Depends(Acting("identity_providers.list"))],
    services: ServicesOf,
    listing: OverTenants,
) -> Response:
    """The identity providers that the caller may see."""
    found = await services.identity_providers.list(call, listing)
    return paged(call, found, listing, IdentityProviderResponse.model_validate)


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
    return created(
        call, IdentityProviderResponse.model_validate(made), f"{router.prefix}/{made.id}"
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
    """Delete an identity provider.

    Links to it stay, and are reported as dangling; SCIM tokens that act for it are refused.
    """
    await services.identity_providers.delete(call, identity_provider_id)
    return nothing()


without_slash(router)
