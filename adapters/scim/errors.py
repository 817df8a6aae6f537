"""Errors as SCIM tells them (RFC 7644, 3.12): one table, one place.

Whatever goes wrong below a SCIM base path ends here: what the libraries of the protocol raise
says itself what it is, the domain's errors have their line in `MEANINGS`, refusals of HTTP have
their status. Of the unexpected the log tells all, the answer nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

import structlog
from scim2_models import Error, SCIMException
from scim2_server.errors import MethodNotAllowedException

from adapters.scim.names import Names
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
from gateway.http.errors import HttpRefusal, MalformedJson

_log = structlog.get_logger("gateway.scim")


@dataclass(frozen=True, slots=True)
class Meaning:
    """How an error is told: its status, and the keyword of RFC 7644, table 9, where one fits."""

    status: HTTPStatus
    scim_type: str | None = None


MEANINGS: Mapping[type[GatewayError], Meaning] = MappingProxyType(
    {
        GatewayError: Meaning(HTTPStatus.BAD_REQUEST),
        Unauthenticated: Meaning(HTTPStatus.UNAUTHORIZED),
        Forbidden: Meaning(HTTPStatus.FORBIDDEN),
        NotFound: Meaning(HTTPStatus.NOT_FOUND),
        Conflict: Meaning(HTTPStatus.CONFLICT),
        Taken: Meaning(HTTPStatus.CONFLICT, "uniqueness"),
        StaleVersion: Meaning(HTTPStatus.PRECONDITION_FAILED),
        Invalid: Meaning(HTTPStatus.BAD_REQUEST, "invalidValue"),
        AccountLocked: Meaning(HTTPStatus.LOCKED),
        TooManyAttempts: Meaning(HTTPStatus.TOO_MANY_REQUESTS),
        Unavailable: Meaning(HTTPStatus.SERVICE_UNAVAILABLE),
    }
)
"""Each error of the domain has its line; a test says so."""


def meaning_of(error: GatewayError) -> Meaning:
    """The line of an error, by its class or the nearest one above it."""
    return next(MEANINGS[cls] for cls in type(error).__mro__ if cls in MEANINGS)


def told(error: Exception, names: Names | None = None) -> Error:
    """An error as a SCIM message; of the unexpected no more than that it is.

    `names`: what SCIM calls the fields of the domain, in the sentence.
    """
    match error:
        case SCIMException():
            return error.to_error()
        case GatewayError():
            meaning = meaning_of(error)
            detail = _detail(error, names) if names else error.detail
            return Error(status=meaning.status, scim_type=meaning.scim_type, detail=detail)
        case HttpRefusal():
            return Error(status=error.status, detail=error.detail)
        case MalformedJson():
            where = ".".join(str(part) for part in error.loc)
            detail = f"{error.message}: {where}" if where else error.message
            return Error(
                status=HTTPStatus.BAD_REQUEST, scim_type="invalidSyntax", detail=_writable(detail)
            )
    return Error(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail="Internal error")


def logged(error: Exception, names: Names | None = None) -> Error:
    """The same, for the end of a request or an operation: the unexpected goes to the log."""
    message = told(error, names)
    if message.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.exception("unexpected error", exc_info=error)
    return message


def headers_for(error: Exception) -> dict[str, str]:
    """What a client needs beside the body: how to sign in, when to come back, what to ask."""
    match error:
        case Unauthenticated():
            return {"WWW-Authenticate": challenge(error)}
        case Forbidden(code="insufficient_scope"):
            return {"WWW-Authenticate": INSUFFICIENT_SCOPE}
        case TooManyAttempts() | Unavailable():
            return {"Retry-After": str(max(1, error.retry_after))}
        case MethodNotAllowedException():
            return {"Allow": ", ".join(error.allowed)}
    return {}


def _detail(error: GatewayError, names: Names) -> str:
    match error:
        case Taken():
            return names.taken(error)
        case Invalid():
            return names.invalid(error)
    return error.detail


def _writable(text: str) -> str:
    """A name that a client made up may hold what has no UTF-8 form."""
    return text.encode("utf-8", "replace").decode()
