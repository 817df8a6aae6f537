"""Errors, wherever they arise, in one shape."""

import inspect
import re
from collections.abc import Iterator

import httpx
import pytest
from structlog.testing import capture_logs

import gateway.domain.errors as errors
from gateway.domain.access import Role
from gateway.domain.errors import (
    Forbidden,
    GatewayError,
    Invalid,
    NotFound,
    Problem,
    Taken,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
)
from gateway.rest.problems import STATUSES, headers_for
from tests.gateway.rest.house import USERS, DirectoryAway, House, open_house


def subclasses(cls: type[GatewayError]) -> Iterator[type[GatewayError]]:
    """All classes below, and itself."""
    yield cls
    for below in cls.__subclasses__():
        yield from subclasses(below)


def test_the_table_of_statuses_is_total() -> None:
    """Each error of the domain has its own line, and no line is for anything else."""
    assert set(subclasses(GatewayError)) == set(STATUSES)
    defined = {c for _, c in inspect.getmembers(errors, inspect.isclass)}
    assert set(STATUSES) <= defined


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (Unauthenticated(), {"WWW-Authenticate": "Bearer"}),
        (Unauthenticated(presented=True), {"WWW-Authenticate": 'Bearer error="invalid_token"'}),
        (Forbidden(), {}),
        (
            Forbidden(code="insufficient_scope"),
            {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
        ),
        (NotFound("usr"), {}),
        (Taken("email"), {}),
        (TooManyAttempts(7), {"Retry-After": "7"}),
        (TooManyAttempts(0), {"Retry-After": "1"}),
        (Unavailable(), {"Retry-After": "2"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_bring_their_headers(error: GatewayError, headers: dict[str, str]) -> None:
    """RFC 6750 on how to authenticate, RFC 9110 on when to come back."""
    assert headers_for(error) == headers


def is_error(response: httpx.Response, status: int, code: str) -> bool:
    """Whether that is an error in the API's shape."""
    body = response.json()
    assert set(body) == {"detail", "code", "request_id"}
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert re.fullmatch(r"[A-Z].*", body["detail"])
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    return (response.status_code, body["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1/admin/users/a/b/c", "/%00"])
async def test_an_unknown_path_is_not_found(house: House, path: str) -> None:
    """With and without a token."""
    assert is_error(await house.client.get(path), 404, "not_found")
    assert is_error(await house.ask("GET", path), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        (USERS, "GET, POST"),
        (USERS.rstrip("/"), "GET, POST"),
        (f"{USERS}usr_1", "DELETE, GET, PATCH"),
        ("/api/v1/tenants/alpha/users/x/status", "PUT"),
        ("/api/v1/tenants/alpha/users/authenticate", "POST"),
        ("/metrics", "GET"),
    ],
)
async def test_405_names_every_method_of_the_path(house: House, path: str, allow: str) -> None:
    """Methods of all routes of the path, not of the first one."""
    response = await house.ask("TRACE", path)
    assert is_error(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == allow


async def test_an_unreachable_directory_is_503_and_says_when_to_come_back() -> None:
    """Nothing of what failed is told."""
    async with open_house(users=DirectoryAway()) as house:
        response = await house.ask("GET", USERS)
    assert is_error(response, 503, "unavailable")
    assert response.headers["Retry-After"] == "2"


class Broken:
    """A service with a mistake in it."""

    async def list(self, *_: object) -> None:
        """Fail as nobody expected."""
        raise LookupError("secret detail")


async def test_the_unexpected_is_logged_and_not_told() -> None:
    """500 in the usual shape; the reason is in the log alone."""
    async with open_house(users=Broken()) as house:
        with capture_logs() as lines:
            response = await house.ask("GET", USERS)
    assert is_error(response, 500, "internal_error")
    assert "secret" not in response.text
    assert any(isinstance(line.get("exc_info"), LookupError) for line in lines)


class Refusing:
    """A service that names what is wrong in several ways."""

    async def list(self, *_: object) -> None:
        """Refuse."""
        raise Invalid(
            Problem(("body", "a", 0), "Wrong"),
            Problem(("b",), "Missing", "missing"),
            Problem(("path", "c\ud800"), "Odd"),
        )


async def test_422_lists_what_is_wrong_and_nothing_else() -> None:
    """The published shape; a bare field is completed by where a request of that kind has it."""
    async with open_house(users=Refusing()) as house:
        response = await house.ask("GET", USERS)
    assert response.status_code == 422
    assert response.json() == {
        "detail": [
            {"loc": ["body", "a", 0], "msg": "Wrong", "type": "value_error"},
            {"loc": ["query", "b"], "msg": "Missing", "type": "missing"},
            {"loc": ["path", "c?"], "msg": "Odd", "type": "value_error"},
        ]
    }


async def test_what_was_sent_is_not_repeated(house: House) -> None:
    """A refused password does not come back in the answer."""
    body = {"email": "x", "password": ["Very-secret-9"], "surplus": "Very-secret-8"}
    response = await house.ask("POST", USERS, json=body)
    assert response.status_code == 422
    assert {tuple(p["loc"]) for p in response.json()["detail"]} == {
        ("body", "email"),
        ("body", "password"),
        ("body", "surplus"),
    }
    assert all(set(p) == {"loc", "msg", "type"} for p in response.json()["detail"])
    assert "Very-secret" not in response.text


@pytest.mark.parametrize(
    ("role", "detail"),
    [
        (Role.PLATFORM_NONE, "Platform token requires admin:read or admin:write scope"),
        (Role.PLATFORM_READ, "Platform token requires admin:write scope"),
        (Role.USER, "Not allowed for user tokens"),
    ],
)
async def test_403_says_what_is_missing(house: House, role: Role, detail: str) -> None:
    """A platform token without the scope is told which."""
    response = await house.ask("POST", USERS, role=role, json={})
    assert is_error(response, 403, "forbidden" if role is Role.USER else "insufficient_scope")
    assert response.json()["detail"] == detail
