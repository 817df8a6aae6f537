"""Users among those of many tenants."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.status import UserStatus
from gateway.rest.answers import nothing, paged, several
from gateway.rest.caller import Acting
from gateway.rest.parameters import (
    DEFAULT_PAGE,
    DEFAULT_PER_PAGE,
    ExpectedVersion,
    PageNumber,
    PerPage,
    Search,
)
from gateway.rest.router import SHOWS_AUTHORIZATION, admin_router, without_slash
from gateway.rest.schemas.credentials import AdminPasswordReset
from gateway.rest.schemas.users import (
    AdminUserCreate,
    AdminUserListItem,
    UserGroupMembership,
    UserUpdate,
)
from gateway.rest.users import new_user, read_answer, user_answer
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import UserListing

router = admin_router("users", "Users", answers_kept=True)

_OBJECT = WithJsonSchema({"type": "object", "additionalProperties": True})
"""The published description tells no more about the bodies below `/admin/users`."""

_STATUS_AS_TEXT = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})


@router.get("/", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def list_users(
    call: Annotated[Call, Depends(Acting("admin.users.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
    status: Annotated[UserStatus | None, _STATUS_AS_TEXT] = None,
    tenant_id: str | None = None,
    partner_id: Annotated[
        str | None, Query(description="Filter by partner (all tenants in partner)")
    ] = None,
) -> Response:
    """List users with filtering."""
    listing = UserListing(
        tenant_id=tenant_id,
        partner_id=partner_id,
        search=search,
        status=status,
        page=page,
        per_page=per_page,
    )
    found = await services.users.list(call, listing)
    return paged(call, found, listing, AdminUserListItem.model_validate)


@router.post("/", status_code=201, response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def create_user(
    call: Annotated[Call, Depends(Acting("admin.users.create"))],
    services: ServicesOf,
    body: Annotated[AdminUserCreate, _OBJECT],
) -> Response:
    """Create a new user."""
    details = await services.users.create(call, new_user(body, body.tenant_id))
    return user_answer(call, details, status=201, location=f"{router.prefix}/{details.user.id}")


@router.get("/{user_id}", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def get_user(
    request: Request,
    call: Annotated[Call, Depends(Acting("admin.users.get"))],
    services: ServicesOf,
    user_id: str,
) -> Response:
    """Get a user by ID."""
    return read_answer(request, call, await services.users.get(call, user_id))


@router.patch("/{user_id}", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def update_user(
    call: Annotated[Call, Depends(Acting("admin.users.update"))],
    services: ServicesOf,
    user_id: str,
    body: Annotated[UserUpdate, _OBJECT],
    version: ExpectedVersion,
) -> Response:
    """Update a user."""
    details = await services.users.update(call, user_id, body.values(), version=version)
    return user_answer(call, details)


@router.delete("/{user_id}", status_code=204, response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def delete_user(
    call: Annotated[Call, Depends(Acting("admin.users.delete"))],
    services: ServicesOf,
    user_id: str,
    version: ExpectedVersion,
) -> Response:
    """Soft delete a user."""
    await services.users.delete(call, user_id, version=version)
    return nothing()


@router.post("/{user_id}/restore", response_model=None)
async def restore_user(
    call: Annotated[Call, Depends(Acting("admin.users.restore"))],
    services: ServicesOf,
    user_id: str,
) -> Response:
    """Bring a deleted user back, to its former unit and with its former status."""
    return user_answer(call, await services.users.restore(call, user_id))


@router.get("/{user_id}/groups", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def get_user_groups(
    call: Annotated[Call, Depends(Acting("admin.users.groups"))],
    services: ServicesOf,
    user_id: str,
) -> Response:
    """Get all groups a user belongs to."""
    groups = await services.users.memberships(call, user_id)
    return several(call, (UserGroupMembership.of(group) for group in groups))


@router.post("/{user_id}/mfa/disable", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def disable_user_mfa(
    call: Annotated[Call, Depends(Acting("admin.users.mfa.disable"))],
    services: ServicesOf,
    user_id: str,
    version: ExpectedVersion,
) -> Response:
    """Disable MFA for a user (admin action)."""
    return user_answer(call, await services.users.disable_mfa(call, user_id, version=version))


@router.post("/{user_id}/reset-password", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def reset_user_password(
    call: Annotated[Call, Depends(Acting("admin.users.reset_password"))],
    services: ServicesOf,
    user_id: str,
    body: Annotated[AdminPasswordReset, _OBJECT],
    version: ExpectedVersion,
) -> Response:
    """Reset a user's password (admin sets new password directly)."""
    details = await services.credentials.set_password(
        call,
        user_id,
        body.new_password,
        require_change=body.require_password_change,
        version=version,
    )
    return user_answer(call, details)


@router.post("/{user_id}/unlock", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def unlock_user(
    call: Annotated[Call, Depends(Acting("admin.users.unlock"))],
    services: ServicesOf,
    user_id: str,
    version: ExpectedVersion,
) -> Response:
    """Unlock a locked user account and reset failed login attempts."""
    return user_answer(call, await services.users.unlock(call, user_id, version=version))


without_slash(router)
