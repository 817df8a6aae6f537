"""Users of the tenant that the path names."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.status import UserStatus
from gateway.rest.answers import NO_STORE, answer, meta, nothing, one, paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import (
    DEFAULT_PAGE,
    DEFAULT_PER_PAGE,
    ExpectedVersion,
    Include,
    PageNumber,
    PerPage,
    Search,
    SortBy,
    SortOrder,
    sort_of,
)
from gateway.rest.router import SHOWS_AUTHORIZATION, tenant_router
from gateway.rest.schemas.credentials import (
    Credentials,
    CredentialsAccepted,
    PasswordResetDone,
    TemporaryPassword,
    UserPasswordReset,
    UserStatusUpdate,
)
from gateway.rest.schemas.envelopes import ApiResponse, PaginatedResponse
from gateway.rest.schemas.fields import QueryFlag
from gateway.rest.schemas.users import UserCreate, UserListItem, UserResponse, UserUpdate
from gateway.rest.users import new_user, read_answer, shown, user_answer
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.listing import UserListing

router = tenant_router("users", "Users", answers_kept=True)


@router.get("", response_model=PaginatedResponse[UserListItem], dependencies=SHOWS_AUTHORIZATION)
async def list_users(
    call: Annotated[Call, Depends(Acting("tenant.users.list"))],
    services: ServicesOf,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
    search: Search = None,
    status: UserStatus | None = None,
    ou_id: str | None = None,
    group_id: str | None = None,
    mfa_enabled: QueryFlag | None = None,
    sort_by: SortBy = "created_at",
    sort_order: SortOrder = "desc",
) -> Response:
    """List users in the tenant directory.

    Requires admin authentication. Apps should use the effective-users endpoint instead.
    """
    listing = UserListing(
        search=search,
        status=status,
        ou_id=ou_id,
        group_id=group_id,
        mfa_enabled=mfa_enabled,
        sort=sort_of(sort_by, sort_order),
        page=page,
        per_page=per_page,
    )
    found = await services.users.list(call, listing)
    return paged(call, found, listing, UserListItem.model_validate)


@router.post("", status_code=201, response_model=ApiResponse[UserResponse])
async def create_user(
    call: Annotated[Call, Depends(Acting("tenant.users.create"))],
    services: ServicesOf,
    body: UserCreate,
) -> Response:
    """Create a new user in the tenant directory."""
    details = await services.users.create(call, new_user(body))
    user = details.user
    location = f"/api/v1/tenants/{user.tenant_id}/users/{user.id}"
    return user_answer(call, details, status=201, location=location)


@router.post("/authenticate", response_model=CredentialsAccepted)
async def authenticate_user(
    call: Annotated[Call, Depends(Acting("tenant.users.authenticate"))],
    services: ServicesOf,
    body: Credentials,
) -> Response:
    """Check a login (e-mail or username) and password.

    401 for a wrong password and for an unknown login alike, 403 for an account that is not
    active, 423 for a locked one, 429 after too many failures from the same address.
    """
    accepted = await services.credentials.authenticate(call, body.login, body.password)
    return answer(
        CredentialsAccepted(
            data=shown(UserResponse, accepted.details),
            password_change_required=accepted.password_change_required,
            meta=meta(call),
        ),
        headers=NO_STORE,
    )


@router.get(
    "/{user_id}", response_model=ApiResponse[UserResponse], dependencies=SHOWS_AUTHORIZATION
)
async def get_user(
    request: Request,
    call: Annotated[Call, Depends(Acting("tenant.users.get"))],
    services: ServicesOf,
    user_id: str,
    include: Include = None,
) -> Response:
    """Get a user by ID.

    Authentication:
    - Admin users can access any user in their scope
    - Applications can access users assigned to them (directly or via group)
    """
    details = await services.users.get(call, user_id)
    return read_answer(request, call, details, include=include)


@router.patch("/{user_id}", response_model=ApiResponse[UserResponse])
async def update_user(
    call: Annotated[Call, Depends(Acting("tenant.users.update"))],
    services: ServicesOf,
    user_id: str,
    body: UserUpdate,
    version: ExpectedVersion,
) -> Response:
    """Update a user's attributes."""
    details = await services.users.update(call, user_id, body.values(), version=version)
    return user_answer(call, details)


@router.delete("/{user_id}", status_code=204, response_model=None)
async def delete_user(
    call: Annotated[Call, Depends(Acting("tenant.users.delete"))],
    services: ServicesOf,
    user_id: str,
    confirm_email: Annotated[str, Query(max_length=256)],
    version: ExpectedVersion,
) -> Response:
    """Delete a user (soft delete)."""
    await services.users.delete(call, user_id, confirm_email=confirm_email, version=version)
    return nothing()


@router.post("/{user_id}/password/reset", response_model=None)
async def reset_user_password(
    call: Annotated[Call, Depends(Acting("tenant.users.password_reset"))],
    services: ServicesOf,
    user_id: str,
    body: UserPasswordReset,
    version: ExpectedVersion,
) -> Response:
    """Reset a user's password (admin action)."""
    credentials = services.credentials
    if body.method == "TEMPORARY":
        password = await credentials.set_temporary(call, user_id, version=version)
        return one(call, TemporaryPassword(temporary_password=password), headers=NO_STORE)
    if body.new_password is not None:
        await credentials.set_password(call, user_id, body.new_password, version=version)
    else:
        await credentials.send_reset_link(call, user_id, body.redirect_uri, version=version)
    return one(call, PasswordResetDone(method=body.method))


@router.put("/{user_id}/status", response_model=None)
async def update_user_status(
    call: Annotated[Call, Depends(Acting("tenant.users.status"))],
    services: ServicesOf,
    user_id: str,
    body: UserStatusUpdate,
    version: ExpectedVersion,
) -> Response:
    """Update a user's status (enable, disable, lock, unlock)."""
    details = await services.users.set_status(
        call,
        user_id,
        body.status,
        reason=body.reason,
        terminate_sessions=body.terminate_sessions,
        version=version,
    )
    return user_answer(call, details)
