"""The way of a request through a route."""

import asyncio
from typing import Any

import structlog
from structlog.testing import capture_logs

from gateway.domain.access import Role
from tests.gateway.rest.house import USERS, House


async def test_a_client_that_leaves_is_no_error(house: House) -> None:
    """A body that stops half-way ends the request without a line about an error."""
    headers = await house.headers()
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"email"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": USERS,
        "raw_path": USERS.encode(),
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {**headers, "Content-Type": "application/json"}.items()
        ],
        "client": ("192.0.2.7", 1),
        "server": ("gateway", 80),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
    }

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    with capture_logs() as lines:
        await house.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert [line["log_level"] for line in lines] == ["info"]


async def test_nothing_of_a_caller_stays_bound_to_the_log(house: House) -> None:
    """The next request in the same task does not log under somebody else's name."""
    await house.ask("GET", USERS, role=Role.TENANT_ADMIN)
    assert structlog.contextvars.get_contextvars() == {}
