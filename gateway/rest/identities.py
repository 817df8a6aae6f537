"""Links of users to their accounts at identity providers."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import nothing, one, several
from gateway.rest.caller import Acting
from gateway.rest.parameters import ExpectedVersion
from gateway.rest.router import admin_router
from gateway.rest.schemas.envelopes import ApiResponse
from gateway.rest.schemas.federation import FederatedIdentityLink, LinkedIdentityResponse
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.identities import LinkedIdentity

router = admin_router(
    "users/{user_id}/federated-identities", "Federated identities", answers_kept=True
)


def _shown(linked: LinkedIdentity) -> LinkedIdentityResponse:
    return LinkedIdentityResponse.of(linked.identity, linked.type)


@router.get("", response_model=ApiResponse[list[LinkedIdentityResponse]])
async def list_federated_identities(
    call: Annotated[Call, Depends(Acting("admin.users.federated_identities.list"))],
    services: ServicesOf,
    user_id: str,
) -> Response:
    """The links of a user: the primary one first, then the oldest."""
    return several(call, map(_shown, await services.identities.list(call, user_id)))


@router.post("", status_code=201, response_model=ApiResponse[LinkedIdentityResponse])
async def link_federated_identity(
    call: Annotated[Call, Depends(Acting("admin.users.federated_identities.link"))],
    services: ServicesOf,
    user_id: str,
    body: FederatedIdentityLink,
    version: ExpectedVersion,
) -> Response:
    """Link a user to an account at an identity provider of its tenant.

    Linking again what is linked already changes at most `primary`.
    """
    linked = await services.identities.link(
        call,
        user_id,
        identity_provider_id=body.identity_provider_id,
        external_id=body.external_id,
        primary=body.primary,
        version=version,
    )
    return one(call, _shown(linked), status=201)


@router.delete("/{identity_provider_id}", status_code=204, response_model=None)
async def unlink_federated_identity(
    call: Annotated[Call, Depends(Acting("admin.users.federated_identities.unlink"))],
    services: ServicesOf,
    user_id: str,
    identity_provider_id: str,
    version: ExpectedVersion,
) -> Response:
    """Remove the link of a user to an identity provider, also to one that is gone."""
    await services.identities.unlink(call, user_id, identity_provider_id, version=version)
    return nothing()
