"""Answers: what a service returned, in the API's envelopes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from gateway.domain.query import Page
from gateway.rest.schemas.envelopes import (
    ApiResponse,
    MetaResponse,
    PaginatedResponse,
    PaginationMeta,
)
from gateway.services.access import Call
from gateway.services.listing import Listing

T = TypeVar("T")

NO_STORE: Mapping[str, str] = {"Cache-Control": "no-store"}


def meta(call: Call) -> MetaResponse:
    """The metadata of an answer to the call."""
    return MetaResponse(request_id=call.request_id)


def answer(
    body: BaseModel,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    exclude: Any = None,
) -> Response:
    """A body as JSON; `exclude` as pydantic reads it."""
    return Response(
        body.model_dump_json(exclude=exclude),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )


def one(
    call: Call,
    data: BaseModel,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    without: frozenset[str] = frozenset(),
) -> Response:
    """One thing, but for the members `without`."""
    return answer(
        ApiResponse[Any](data=data, meta=meta(call)),
        status=status,
        headers=headers,
        exclude={"data": set(without)},
    )


def created(
    call: Call, data: BaseModel, location: str, headers: Mapping[str, str] | None = None
) -> Response:
    """One new thing, and where it is (RFC 9110, 15.3.2)."""
    return one(call, data, status=201, headers={"Location": location, **(headers or {})})


def nothing() -> Response:
    """It is done, and there is nothing to say (RFC 9110, 15.3.5)."""
    return Response(status_code=204)


def several(call: Call, items: Iterable[BaseModel]) -> Response:
    """All of a short list."""
    return answer(ApiResponse[Any](data=list(items), meta=meta(call)))


def paged(call: Call, found: Page[T], asked: Listing, shown: Callable[[T], BaseModel]) -> Response:
    """A page of a list, each item as `shown`."""
    return answer(
        PaginatedResponse[Any](
            data=[shown(item) for item in found.items],
            pagination=PaginationMeta.of(asked.page, asked.per_page, found.total),
            meta=meta(call),
        )
    )
