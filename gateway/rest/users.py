"""What is the same for users whether the path names their tenant or not: how they are shown."""

from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.conditional import entity_tag, is_fresh
from gateway.rest.answers import one
from gateway.rest.parameters import INCLUDABLE, included
from gateway.rest.schemas.users import (
    AdminUser,
    TenantUser,
    UserCreate,
    UserGroupMembership,
    UserResponse,
)
from gateway.services.access import Call
from gateway.services.creation import NewUser
from gateway.services.tags import UserDetails, details_tag

U = TypeVar("U", bound=UserResponse)


def shown(model: type[U], details: UserDetails) -> U:
    """A user as `model` shows it."""
    return model.model_validate(details.user).model_copy(update={"groups": memberships(details)})


def memberships(details: UserDetails) -> list[UserGroupMembership]:
    """The groups of a user as they are shown."""
    return [UserGroupMembership.of(membership) for membership in details.memberships]


def tag_of(details: UserDetails) -> str:
    """The entity tag of a user."""
    return entity_tag(*details_tag(details))


def user_answer(
    call: Call,
    details: UserDetails,
    *,
    include: str | None = None,
    status: int = 200,
    location: str | None = None,
) -> Response:
    """A user in its envelope, with its entity tag; below a tenant's path, or among all."""
    model = TenantUser if call.tenant_ref is not None else AdminUser
    headers = {"ETag": tag_of(details)}
    if location is not None:
        headers["Location"] = location
    return one(
        call,
        shown(model, details),
        status=status,
        headers=headers,
        without=INCLUDABLE - included(include),
    )


def read_answer(
    request: Request, call: Call, details: UserDetails, *, include: str | None = None
) -> Response:
    """The same for a GET: nothing where the caller's copy is fresh (RFC 9110, 13.1.2)."""
    tag = tag_of(details)
    if is_fresh(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    return user_answer(call, details, include=include)


_NO_FIELDS = frozenset(
    {
        "tenant_id",
        "password",
        "ou_id",
        "group_ids",
        "require_password_change",
        "send_welcome_email",
    }
)


def new_user(body: UserCreate, tenant_id: str | None = None) -> NewUser:
    """What a body asks to create."""
    return NewUser(
        values=body.model_dump(exclude=set(_NO_FIELDS), exclude_unset=True),
        password=body.password,
        ou_id=body.ou_id,
        group_ids=tuple(body.group_ids),
        require_password_change=body.require_password_change,
        send_welcome_email=body.send_welcome_email,
        tenant_id=tenant_id,
    )
