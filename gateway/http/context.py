"""What belongs to one request: its id, the caller's address, its line in the log."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.address import Network, client_address

REQUEST_ID_HEADER = "X-Request-ID"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_STATE = "request_context"

_log = structlog.get_logger("gateway.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """The id that every answer and log line carries, and who called (None: unknown)."""

    request_id: str
    address: str | None = None


def request_context(connection: HTTPConnection) -> RequestContext:
    """The context that `ContextMiddleware` gave to the request."""
    context: RequestContext = connection.scope["state"][_STATE]
    return context


def chosen_id(offered: str | None) -> str:
    """The caller's request id if it is harmless in headers and logs, else a new one."""
    return offered if offered is not None and acceptable(offered) else uuid4().hex


def acceptable(offered: str | None) -> bool:
    """Whether the caller's request id is harmless in headers and logs."""
    return offered is not None and _ACCEPTED_ID.fullmatch(offered) is not None


class Requests:
    """Tells the log of each request, where that is wanted."""

    def __init__(self, *, trusted_proxies: Sequence[Network] = (), log: bool = True) -> None:
        self._trusted = tuple(trusted_proxies)
        self._log = log

    def address(self, scope: Scope) -> str | None:
        """The network address of the caller, if that is known."""
        peer = scope.get("client")
        forwarded = Headers(scope=scope).getlist("x-forwarded-for")
        return client_address(peer[0] if peer else None, forwarded, self._trusted)

    def log(self, scope: Scope, status: int, started: float, **bound: str | None) -> None:
        """One request is done.

        Args:
            scope: of the request.
            status: of the answer.
            started: when, by the performance counter.
            bound: what its lines say, but for the address, where nothing is bound to the log.
        """
        if not self._log:
            return
        if bound:
            bound["address"] = self.address(scope)
        _log.info(
            "request",
            method=scope["method"],
            path=_loggable_path(scope),
            status=status,
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
            **bound,
        )


class ContextMiddleware:
    """Gives each request its context, binds it to the log, and sends the id back."""

    def __init__(self, app: ASGIApp, *, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = RequestContext(
            request_id=chosen_id(Headers(scope=scope).get(REQUEST_ID_HEADER)),
            address=self._requests.address(scope),
        )
        scope.setdefault("state", {})[_STATE] = context
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = context.request_id
            await send(message)

        bound = structlog.contextvars.bind_contextvars(
            request_id=context.request_id, address=context.address
        )
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._requests.log(scope, status, started)
            # With what was bound on the way: a server may reuse the task.
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.reset_contextvars(**bound)


def _loggable_path(scope: Scope) -> str:
    """The path without the secret that a one-time link has in it."""
    path = str(scope["path"])
    token = scope.get("path_params", {}).get("token")
    return path.replace(str(token), "...") if token else path
