"""Errors as answers: one table, one place.

Every body is `{"detail", "code", "request_id"}`, but for 422, which lists what is wrong as
`{"detail": [{"loc", "msg", "type"}]}`.
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.errors import (
    AccountLocked,
    Conflict,
    Forbidden,
    GatewayError,
    Invalid,
    NotFound,
    StaleVersion,
    Taken,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
)
from gateway.http.auth import INSUFFICIENT_SCOPE, challenge
from gateway.http.context import request_context
from gateway.http.errors import HttpRefusal, MalformedJson
from gateway.rest.schemas.envelopes import ErrorResponse, HTTPValidationError, ValidationError

_log = structlog.get_logger("gateway.rest")

STATUSES: Mapping[type[GatewayError], int] = MappingProxyType(
    {
        GatewayError: HTTPStatus.BAD_REQUEST,
        Unauthenticated: HTTPStatus.UNAUTHORIZED,
        Forbidden: HTTPStatus.FORBIDDEN,
        NotFound: HTTPStatus.NOT_FOUND,
        Conflict: HTTPStatus.CONFLICT,
        Taken: HTTPStatus.CONFLICT,
        StaleVersion: HTTPStatus.PRECONDITION_FAILED,
        Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
        AccountLocked: HTTPStatus.LOCKED,
        TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
        Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
"""Each error of the domain has its line; a test says so."""

_PARTS = frozenset({"body", "query", "path", "header"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def status_of(error: GatewayError) -> int:
    """The status of an error, by its class or the nearest one above it."""
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def answer_to(request: Request, error: Exception) -> Response:
    """The answer to a request that failed with `error`; the unexpected is logged, not told."""
    match error:
        case Invalid():
            return invalid_answer(_from_domain(request, error))
        case GatewayError():
            return error_answer(
                request, status_of(error), error.detail, error.code, headers_for(error)
            )
        case HttpRefusal():
            return error_answer(request, error.status, error.detail, error.code)
        case MalformedJson():
            return invalid_answer([_problem(("body", *error.loc), error.message, "json_invalid")])
        case RequestValidationError():
            return invalid_answer(_from_pydantic(error.errors()))
    _log.exception("unexpected error", exc_info=error)
    return error_answer(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error", "internal_error"
    )


def headers_for(error: GatewayError) -> dict[str, str]:
    """What a client needs beside the body: how to sign in, when to come back."""
    match error:
        case Unauthenticated():
            return {"WWW-Authenticate": challenge(error)}
        case Forbidden(code="insufficient_scope"):
            return {"WWW-Authenticate": INSUFFICIENT_SCOPE}
        case TooManyAttempts() | Unavailable():
            return {"Retry-After": str(max(1, error.retry_after))}
    return {}


def error_answer(
    request: Request,
    status: int,
    detail: str,
    code: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error other than 422."""
    body = ErrorResponse(detail=detail, code=code, request_id=request_context(request).request_id)
    return _json(status, body.model_dump_json(), headers)


def invalid_answer(problems: Iterable[ValidationError]) -> Response:
    """A 422, naming each wrong member. What was sent is never repeated: it may be a secret."""
    body = HTTPValidationError(detail=list(problems))
    return _json(HTTPStatus.UNPROCESSABLE_ENTITY, body.model_dump_json())


def _json(status: int, body: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        body,
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _from_domain(request: Request, error: Invalid) -> list[ValidationError]:
    part = "body" if request.method in _WITH_BODY else "query"
    return [
        _problem(
            problem.loc if problem.loc and problem.loc[0] in _PARTS else (part, *problem.loc),
            problem.message,
            problem.type,
        )
        for problem in error.problems
    ]


def _from_pydantic(errors: Sequence[Any]) -> list[ValidationError]:
    return [_problem(error["loc"], error["msg"], error["type"]) for error in errors]


def _problem(loc: Sequence[str | int], message: str, type_: str) -> ValidationError:
    return ValidationError(loc=[_writable(part) for part in loc], msg=message, type=type_)


def _writable(part: str | int) -> str | int:
    """A name that a client made up may hold what has no UTF-8 form."""
    return part.encode("utf-8", "replace").decode() if isinstance(part, str) else part
