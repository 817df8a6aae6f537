"""Applications: OAuth clients, and the users and groups assigned to them."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import NO_STORE, created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import OverTenants, Window
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import (
    ApplicationCreate,
    ApplicationCreated,
    ApplicationResponse,
    MemberItem,
    MembersAdd,
)
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = admin_router("applications", "Applications")


@router.get("/", response_model=PaginatedResponse[ApplicationResponse])
async def list_applications(
    call: Annotated[Call, Depends(Acting("applications.list"))],
    services: ServicesOf,
    listing: OverTenants,
) -> Response:
    """The applications that the caller may see."""
    found = await services.applications.list(call, listing)
    return paged(call, found, listing, ApplicationResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[ApplicationCreated])
async def create_application(
    call: Annotated[Call, Depends(Acting("applications.create"))],
    services: ServicesOf,
    body: ApplicationCreate,
) -> Response:
    """Create an application; its generated secret is in this answer and nowhere else."""
    made, secret = await services.applications.register(
        call, body.model_dump(exclude={"tenant_id"}), tenant_id=body.tenant_id
    )
    shown = ApplicationResponse.model_validate(made)
    data = ApplicationCreated(**shown.model_dump(), client_secret=secret)
    return created(call, data, f"{router.prefix}/{made.id}", NO_STORE)


@router.get("/{application_id}", response_model=ApiResponse[ApplicationResponse])
async def get_application(
    call: Annotated[Call, Depends(Acting("applications.get"))],
    services: ServicesOf,
    application_id: str,
) -> Response:
    """An application by ID."""
    return one(
        call,
        ApplicationResponse.model_validate(await services.applications.get(call, application_id)),
    )


@router.delete("/{application_id}", status_code=204, response_model=None)
async def delete_application(
    call: Annotated[Call, Depends(Acting("applications.delete"))],
    services: ServicesOf,
    application_id: str,
) -> Response:
    """Delete an application."""
    await services.applications.delete(call, application_id)
    return nothing()


@router.get("/{application_id}/members", response_model=PaginatedResponse[MemberItem])
async def list_application_members(
    call: Annotated[Call, Depends(Acting("applications.members.list"))],
    services: ServicesOf,
    application_id: str,
    window: Window,
) -> Response:
    """Users and groups that are assigned directly, ascending by ID."""
    found = await services.applications.members(
        call, application_id, page=window.page, per_page=window.per_page
    )
    return paged(call, found, window, MemberItem.model_validate)


@router.post("/{application_id}/members", status_code=204, response_model=None)
async def add_application_members(
    call: Annotated[Call, Depends(Acting("applications.members.add"))],
    services: ServicesOf,
    application_id: str,
    body: MembersAdd,
) -> Response:
    """Assign users and groups of the same tenant."""
    await services.applications.add_members(call, application_id, body.member_ids)
    return nothing()


@router.delete("/{application_id}/members/{member_id}", status_code=204, response_model=None)
async def remove_application_member(
    call: Annotated[Call, Depends(Acting("applications.members.remove"))],
    services: ServicesOf,
    application_id: str,
    member_id: str,
) -> Response:
    """Take back an assignment; one that is not there is success."""
    await services.applications.remove_members(call, application_id, [member_id])
    return nothing()


without_slash(router)
