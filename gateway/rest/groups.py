"""Groups of users and groups."""

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
from gateway.rest.schemas.resources import GroupCreate, GroupResponse, MemberItem, MembersAdd
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import Listing

router = admin_router("groups", "Groups")


@router.get("/", response_model=PaginatedResponse[GroupResponse])
async def list_groups(
    call: Annotated[Call, Depends(Acting("groups.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
    tenant_id: str | None = None,
    partner_id: str | None = None,
) -> Response:
    """The groups that the caller may see."""
    listing = Listing(
        tenant_id=tenant_id, partner_id=partner_id, search=search, page=page, per_page=per_page
    )
    found = await services.groups.list(call, listing)
    return paged(call, found, page, per_page, GroupResponse.model_validate)


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
    location = f"{router.prefix}/{made.id}"
    return one(call, GroupResponse.model_validate(made), status=201, headers={"Location": location})


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
    return Response(status_code=204)


@router.get("/{group_id}/members", response_model=PaginatedResponse[MemberItem])
async def list_group_members(
    call: Annotated[Call, Depends(Acting("groups.members.list"))],
    services: ServicesOf,
    group_id: str,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
) -> Response:
    """The direct members of a group, ascending by ID."""
    found = await services.groups.members(call, group_id, page=page, per_page=per_page)
    return paged(call, found, page, per_page, MemberItem.model_validate)


@router.post("/{group_id}/members", status_code=204, response_model=None)
async def add_group_members(
    call: Annotated[Call, Depends(Acting("groups.members.add"))],
    services: ServicesOf,
    group_id: str,
    body: MembersAdd,
) -> Response:
    """Add users and groups of the same tenant; who is there already stays."""
    await services.groups.add_members(call, group_id, body.member_ids)
    return Response(status_code=204)


@router.delete("/{group_id}/members/{member_id}", status_code=204, response_model=None)
async def remove_group_member(
    call: Annotated[Call, Depends(Acting("groups.members.remove"))],
    services: ServicesOf,
    group_id: str,
    member_id: str,
) -> Response:
    """Remove a member; one that is not there is success."""
    await services.groups.remove_members(call, group_id, [member_id])
    return Response(status_code=204)


without_slash(router)
