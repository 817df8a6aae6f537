"""Bearer tokens for outside provisioning clients, which speak SCIM."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import NO_STORE, created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import OverTenants
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.scim_tokens import ScimTokenCreate, ScimTokenCreated, ScimTokenResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = admin_router("scim-tokens", "SCIM tokens")


@router.get("/", response_model=PaginatedResponse[ScimTokenResponse])
async def list_scim_tokens(
    call: Annotated[Call, Depends(Acting("scim_tokens.list"))],
    services: ServicesOf,
    listing: OverTenants,
) -> Response:
    """The SCIM tokens that the caller may see, also expired ones; never the tokens themselves."""
    found = await services.scim_tokens.list(call, listing)
    return paged(call, found, listing, ScimTokenResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[ScimTokenCreated])
async def create_scim_token(
    call: Annotated[Call, Depends(Acting("scim_tokens.create"))],
    services: ServicesOf,
    body: ScimTokenCreate,
) -> Response:
    """Create a SCIM token; it is in this answer and nowhere else.

    Without `identity_provider_id` the client acts for the tenant's only identity provider of
    type SCIM, which is created where there is none. Without an end the token holds until it
    is deleted.
    """
    days = body.expires_in_days
    made, token = await services.scim_tokens.issue(
        call,
        body.name,
        tenant_id=body.tenant_id,
        identity_provider_id=body.identity_provider_id,
        lifetime=None if days is None else timedelta(days=days),
        expires_at=body.expires_at,
    )
    shown = ScimTokenResponse.model_validate(made)
    data = ScimTokenCreated(**shown.model_dump(), token=token)
    return created(call, data, f"{router.prefix}/{made.id}", NO_STORE)


@router.get("/{scim_token_id}", response_model=ApiResponse[ScimTokenResponse])
async def get_scim_token(
    call: Annotated[Call, Depends(Acting("scim_tokens.get"))],
    services: ServicesOf,
    scim_token_id: str,
) -> Response:
    """A SCIM token by ID, without the token itself."""
    found = await services.scim_tokens.get(call, scim_token_id)
    return one(call, ScimTokenResponse.model_validate(found))


@router.delete("/{scim_token_id}", status_code=204, response_model=None)
async def delete_scim_token(
    call: Annotated[Call, Depends(Acting("scim_tokens.delete"))],
    services: ServicesOf,
    scim_token_id: str,
) -> Response:
    """Delete a SCIM token: it is refused from now on."""
    await services.scim_tokens.delete(call, scim_token_id)
    return nothing()


without_slash(router)
