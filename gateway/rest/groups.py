"""Groups of users and groups."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import created, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import OverTenants, Window
from gateway.rest.router import admin_router, without_slash
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.resources import GroupCreate, GroupResponse, MemberItem, MembersAdd
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = admin_router("groups", "Groups")


@router.get("/", response_model=PaginatedResponse[GroupResponse])
async def list_groups(
    call: Annotated[Call, Depends(Acting("groups.list"))],
    services: ServicesOf,
    listing: OverTenants,
) -> Response:
    """The groups that the caller may see."""
    found = await services.groups.list(call, listing)
    return paged(call, found, listing, GroupResponse.model_validate)


@router.post("/", status_code=201, response_model=ApiResponse[GroupResponse])
async def create_group(
    call: Annotated[Call, Depends(Acting("groups.create"))],
    services: ServicesOf,
    body: GroupCreate,
) -> Response:
    """Create a group without members."""
    made = await services.groups.create(
        call, body.model_dump(exclude={"tenant_id"}), tenant_id=body.tenant_id
    )
    return created(call, GroupResponse.model_validate(made), f"{router.prefix}/{made.id}")


@router.get("/{group_id}", response_model=ApiResponse[GroupResponse])
async def get_group(
    call: Annotated[Call, Depends(Acting("groups.get"))],
    services: ServicesOf,
    group_id: str,
) -> Response:
    """A group by ID."""
    return one(call, GroupResponse.model_validate(await services.groups.get(call, group_id)))


@router.delete("/{group_id}", status_code=204, response_model=None)
async def delete_group(
    call: Annotated[Call, Depends(Acting("groups.delete"))],
    services: ServicesOf,
    group_id: str,
) -> Response:
    """Delete a group; its members stay."""
    await services.groups.delete(call, group_id)
    return nothing()


@router.get("/{group_id}/members", response_model=PaginatedResponse[MemberItem])
async def list_group_members(
    call: Annotated[Call, Depends(Acting("groups.members.list"))],
    services: ServicesOf,
    group_id: str,
    window: Window,
) -> Response:
    """The direct members of a group, ascending by ID."""
    found = await services.groups.members(
        call, group_id, page=window.page, per_page=window.per_page
    )
    return paged(call, found, window, MemberItem.model_validate)


@router.post("/{group_id}/members", status_code=204, response_model=None)
async def add_group_members(
    call: Annotated[Call, Depends(Acting("groups.members.add"))],
    services: ServicesOf,
    group_id: str,
    body: MembersAdd,
) -> Response:
    """Add users and groups of the same tenant; who is there already stays."""
    await services.groups.add_members(call, group_id, body.member_ids)
    return nothing()


@router.delete("/{group_id}/members/{member_id}", status_code=204, response_model=None)
async def remove_group_member(
    call: Annotated[Call, Depends(Acting("groups.members.remove"))],
    services: ServicesOf,
    group_id: str,
    member_id: str,
) -> Response:
    """Remove a member; one that is not there is success."""
    await services.groups.remove_members(call, group_id, [member_id])
    return nothing()


without_slash(router)
