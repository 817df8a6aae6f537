"""Request ids, addresses and log lines."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from structlog.testing import LogCapture

from gateway.http.context import ContextMiddleware, Requests, request_context


@pytest.fixture
def lines() -> Any:
    """The log lines of a test, with what is bound to them."""
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.configure(**before)


async def tell(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that tells its context."""
    context = request_context(Request(scope))
    scope["path_params"] = {"token": "s3cret"}
    structlog.get_logger().info("inside")
    response: Response = JSONResponse({"id": context.request_id, "address": context.address})
    await response(scope, receive, send)


async def asked(headers: Mapping[str, str], path: str = "/") -> httpx.Response:
    """Ask the application from behind a trusted proxy."""
    app = ContextMiddleware(tell, requests=Requests(trusted_proxies=[ip_network("10.0.0.0/8")]))
    transport = httpx.ASGITransport(app=app, client=("10.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("offered", ["a", "A-b_c.9", "x" * 128])
async def test_a_harmless_request_id_is_kept(offered: str) -> None:
    """The caller's id comes back, and is the one inside."""
    response = await asked({"X-Request-ID": offered})
    assert response.headers["X-Request-ID"] == response.json()["id"] == offered


@pytest.mark.parametrize("offered", ["", "a b", "a/b", "x" * 129, "ä", "a\tb", '"'])
async def test_another_request_id_is_replaced(offered: str) -> None:
    """What could do harm in a header or a log line is replaced by an id of ours."""
    response = await asked({"X-Request-ID": offered.encode("latin-1")})  # type: ignore[dict-item] # httpx takes bytes
    assert response.headers["X-Request-ID"] == response.json()["id"] != offered
    assert len(response.json()["id"]) == 32


async def test_the_address_is_the_clients(lines: Any) -> None:
    """What a trusted proxy says is what the application sees and logs."""
    response = await asked({"X-Forwarded-For": "198.51.100.9"})
    assert response.json()["address"] == "198.51.100.9"
    assert {line["address"] for line in lines} == {"198.51.100.9"}


async def test_every_line_carries_the_request_id(lines: Any) -> None:
    """Lines of the application and the request's own one."""
    await asked({"X-Request-ID": "r-1"})
    assert [line["request_id"] for line in lines] == ["r-1", "r-1"]
    assert lines[1] | {"milliseconds": 0} == {
        "event": "request",
        "log_level": "info",
        "request_id": "r-1",
        "address": "10.0.0.1",
        "method": "GET",
        "path": "/",
        "status": 200,
        "milliseconds": 0,
    }


async def test_the_secret_of_a_link_is_not_logged(lines: Any) -> None:
    """A path parameter `token` is left out of the line."""
    await asked({}, "/links/s3cret/x")
    assert lines[1]["path"] == "/links/.../x"
    assert "s3cret" not in str(lines)
