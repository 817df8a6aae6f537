"""What operators and their tools ask: is it alive, is it ready, how is it doing."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.rest.route import GuardedRoute
from gateway.rest.wiring import Check, wiring_of

health = APIRouter(route_class=GuardedRoute, include_in_schema=False)
metrics = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@health.get("/healthz/live", response_model=None)
async def get_liveness() -> Response:
    """The process answers. Asks no server: a restart would not bring one back."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@health.get("/healthz/ready", response_model=None)
async def get_readiness(request: Request) -> Response:
    """Whether to send requests here: 200, or 503 while the directory is away."""
    readiness = await wiring_of(request).readiness()
    mirror = readiness.mirror
    well = readiness.redis.ok and (mirror is None or mirror.ok)
    checks = {"directory": _shown(readiness.directory), "redis": _shown(readiness.redis)}
    if mirror is not None:
        checks["mirror"] = {"ok": mirror.ok, "reason": mirror.detail}
    return JSONResponse(
        {
            "status": ("ok" if well else "degraded") if readiness.ready else "unavailable",
            "checks": checks,
        },
        status_code=200 if readiness.ready else 503,
        headers={"Cache-Control": "no-store"},
    )


@metrics.get("/metrics", response_model=None)
async def get_metrics(request: Request) -> Response:
    """All figures, in Prometheus' text format."""
    return Response(
        wiring_of(request).figures.render(),
        media_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def _shown(check: Check) -> dict[str, object]:
    return {"ok": check.ok, "milliseconds": check.milliseconds}
