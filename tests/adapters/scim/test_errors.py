"""Errors as SCIM tells them: one table, total."""

from collections.abc import Iterator

import pytest
from scim2_models import InvalidFilterException
from scim2_server.errors import MethodNotAllowedException

from adapters.scim.errors import MEANINGS, headers_for, told
from gateway.domain.errors import (
    Conflict,
    Forbidden,
    GatewayError,
    NotFound,
    StaleVersion,
    Taken,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
    invalid,
)
from gateway.http.errors import BodyTooLarge, MalformedJson, UnsupportedMediaType


def subclasses(cls: type[GatewayError]) -> Iterator[type[GatewayError]]:
    """All classes below, and itself."""
    yield cls
    for below in cls.__subclasses__():
        yield from subclasses(below)


def test_the_table_is_total() -> None:
    """Each error of the domain has its own line, and no line is for anything else."""
    assert set(subclasses(GatewayError)) == set(MEANINGS)


@pytest.mark.parametrize(
    ("error", "status", "scim_type"),
    [
        (Unauthenticated(), 401, None),
        (Forbidden(), 403, None),
        (NotFound("usr"), 404, None),
        (Conflict("A group cannot be a member of itself"), 409, None),
        (Taken("username"), 409, "uniqueness"),
        (StaleVersion(), 412, None),
        (invalid("email", "is no address"), 400, "invalidValue"),
        (TooManyAttempts(7), 429, None),
        (Unavailable(), 503, None),
        (BodyTooLarge(10), 413, None),
        (UnsupportedMediaType(), 415, None),
        (MalformedJson("nested deeper than 32"), 400, "invalidSyntax"),
        (InvalidFilterException(), 400, "invalidFilter"),
        (MethodNotAllowedException(allowed=["GET"]), 405, None),
        (RuntimeError("a secret"), 500, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_has_its_status_and_keyword(
    error: Exception, status: int, scim_type: str | None
) -> None:
    """What goes wrong is a SCIM message with a status as text; the unexpected tells nothing."""
    message = told(error).model_dump()
    assert message["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert message["status"] == str(status)
    assert message.get("scimType") == scim_type
    assert "secret" not in message["detail"]


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (Unauthenticated(), {"WWW-Authenticate": "Bearer"}),
        (Unauthenticated(presented=True), {"WWW-Authenticate": 'Bearer error="invalid_token"'}),
        (Forbidden(), {}),
        (TooManyAttempts(600), {"Retry-After": "600"}),
        (Unavailable(retry_after=0), {"Retry-After": "1"}),
        (MethodNotAllowedException(allowed=["PUT", "GET"]), {"Allow": "GET, PUT"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_errors_bring_their_headers(error: Exception, headers: dict[str, str]) -> None:
    """How to sign in, when to come back, what could be asked instead."""
    assert headers_for(error) == headers


def test_malformed_json_names_the_place() -> None:
    """The member is named, and a name without a UTF-8 form does no harm."""
    assert told(MalformedJson("member named twice", "userName")).detail == (
        "member named twice: userName"
    )
    assert told(MalformedJson("wrong", "\ud800")).detail == "wrong: ?"
