"""The users that an application works for."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from gateway.rest.answers import paged
from gateway.rest.caller import Acting
from gateway.rest.parameters import Window
from gateway.rest.router import tenant_router
from gateway.rest.schemas.envelopes import PaginatedResponse
from gateway.rest.schemas.users import UserListItem
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call

router = tenant_router(
    "applications/{application_id}/effective-users", "Applications", answers_kept=True
)


@router.get("", response_model=PaginatedResponse[UserListItem])
async def list_effective_users(
    call: Annotated[Call, Depends(Acting("tenant.applications.effective_users"))],
    services: ServicesOf,
    application_id: str,
    window: Window,
) -> Response:
    """Users that are assigned to an application, directly or through groups, by ID.

    An application may ask for its own.
    """
    found = await services.applications.effective_users(
        call, application_id, page=window.page, per_page=window.per_page
    )
    return paged(call, found, window, UserListItem.model_validate)
