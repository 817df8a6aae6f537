"""Query parameters and headers that several endpoints share."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from gateway.domain.query import Sort
from gateway.http.conditional import expected_versions
from gateway.rest.caller import call_of
from gateway.rest.schemas.fields import Digits
from gateway.rest.wiring import services_of
from gateway.services.listing import Listing

SORTABLE = (
    "created_at",
    "updated_at",
    "email",
    "username",
    "display_name",
    "first_name",
    "last_name",
    "status",
    "last_login_at",
)
INCLUDABLE = frozenset({"groups", "custom_attributes", "federated_identities"})
_ALWAYS_SHOWN = frozenset({"groups", "custom_attributes"})

PageNumber = Annotated[int, Query(ge=1), Digits]
PerPage = Annotated[int, Query(ge=1, le=200), Digits]
Search = Annotated[str | None, Query(max_length=256)]
SortBy = Annotated[str, Query(pattern=f"^({'|'.join(SORTABLE)})$")]
SortOrder = Annotated[str, Query(pattern="^(asc|desc)$")]

DEFAULT_PAGE = 1
DEFAULT_PER_PAGE = 50


async def _window(page: PageNumber = DEFAULT_PAGE, per_page: PerPage = DEFAULT_PER_PAGE) -> Listing:
    return Listing(page=page, per_page=per_page)


Window = Annotated[Listing, Depends(_window)]
"""Which page, of how many items."""


async def _searched(window: Window, search: Search = None) -> Listing:
    return replace(window, search=search)


Searched = Annotated[Listing, Depends(_searched)]
"""A page of what contains a text."""


async def _over_tenants(
    searched: Searched, tenant_id: str | None = None, partner_id: str | None = None
) -> Listing:
    return replace(searched, tenant_id=tenant_id, partner_id=partner_id)


OverTenants = Annotated[Listing, Depends(_over_tenants)]
"""A page over many tenants, or those of one partner, or one."""


def sort_of(sort_by: str, sort_order: str) -> Sort:
    """The order that the two parameters ask for."""
    return Sort(sort_by, descending=sort_order == "desc")


def _known(value: str | None) -> str | None:
    asked = _names(value)
    if unknown := sorted(asked - INCLUDABLE):
        raise PydanticCustomError(
            "include",
            "Unknown: {unknown}; known are {known}",
            {"unknown": ", ".join(unknown), "known": ", ".join(sorted(INCLUDABLE))},
        )
    return value


def _names(value: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (value or "").split(",") if name.strip())


Include = Annotated[str | None, AfterValidator(_known)]


def included(include: str | None) -> frozenset[str]:
    """The members to show beside the plain ones: those asked for, else the usual ones."""
    return _names(include) or _ALWAYS_SHOWN


async def expected_version(request: Request) -> str | None:
    """The version that If-Match asks for; None: whichever it is.

    Where the header names several, the one among them that is current, so that the directory
    can decide the race by a single one.
    """
    versions = expected_versions(request.headers.get("if-match"))
    if versions is None or len(versions) == 1:
        return versions and versions[0]
    services = services_of(request)
    details = await services.users.get(call_of(request), request.path_params["user_id"])
    return details.user.version if details.user.version in versions else versions[0]


ExpectedVersion = Annotated[str | None, Depends(expected_version)]
