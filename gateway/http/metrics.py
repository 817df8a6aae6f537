"""Counting requests for Prometheus. One registry an app, so that two apps never share counts."""

import time
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Figures(Protocol):
    """Where figures are registered, and how they are shown."""

    @property
    def registry(self) -> CollectorRegistry:
        """The registry of this application."""
        ...

    def render(self) -> bytes:
        """All figures in Prometheus' text format."""
        ...


class RequestMetrics:
    """Figures about requests by method, route and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "gateway_http_requests_total",
            "Requests, by what became of them.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "gateway_http_request_seconds",
            "Time from the request's head to the end of the answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is done."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class MetricsMiddleware:
    """Counts and times each request, in `app.state.request_metrics`.

    The route is its template, never the path that was asked for, and a method is a known one:
    callers cannot make labels.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        metrics: RequestMetrics = scope["app"].state.request_metrics
        status = 500
        started = time.perf_counter()

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = str(getattr(scope.get("route"), "path", "none"))
            metrics.observe(method, route, status, time.perf_counter() - started)
