"""The ASGI application: its routes, its middleware, its life."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Lifespan

from adapters.scim.app import ScimFace
from adapters.scim.app import routes as scim_routes
from adapters.scim.assembly import make_face
from gateway.config import Settings, load_settings
from gateway.container import open_gateway
from gateway.http.answers import AnswersMiddleware
from gateway.http.context import ContextMiddleware, Requests
from gateway.http.headers import SecurityHeadersMiddleware
from gateway.http.metrics import Figures, MetricsMiddleware
from gateway.http.settings import HttpSettings
from gateway.mirror.memo import Memo
from gateway.observability.logs import configure
from gateway.process import begin_long_run
from gateway.rest.errors import answer_http_error, answer_unexpected
from gateway.rest.openapi import TITLE, describe, show_documentation
from gateway.rest.routes import routes
from gateway.rest.wiring import Readiness, Wiring, wire
from gateway.services.all import Services


def create_app(
    services: Services,
    settings: HttpSettings,
    *,
    scim: ScimFace,
    figures: Figures,
    readiness: Callable[[], Awaitable[Readiness]],
    memo: Memo | None = None,
) -> FastAPI:
    """The application over services that are open already; whoever opened them closes them."""
    app = _application(settings, None)
    app.state.scim = scim
    wire(
        app,
        Wiring(
            services=services,
            settings=settings,
            figures=figures,
            readiness=readiness,
            memo=memo,
        ),
    )
    return app


def app_from_settings(settings: Settings) -> FastAPI:
    """The application that opens its services when it starts, and closes them when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_gateway(settings) as gateway:
            app.state.scim = make_face(
                gateway.services,
                gateway.mappings,
                http=settings.http,
                scim=settings.scim,
                cursor_secret=gateway.shared_secret,
            )
            wire(
                app,
                Wiring(
                    services=gateway.services,
                    settings=settings.http,
                    figures=gateway.metrics,
                    readiness=gateway.readiness,
                    memo=gateway.memo,
                ),
            )
            yield

    return _application(settings.http, lifespan)


def from_environment() -> FastAPI:
    """The application of this process's settings, with its logs (a uvicorn factory)."""
    settings = load_settings()
    configure(settings.log)
    app = app_from_settings(settings)
    begin_long_run()
    return app


def _application(settings: HttpSettings, lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    requests = Requests(trusted_proxies=settings.trusted_proxies, log=settings.log_requests)
    app = FastAPI(
        title=TITLE,
        version=version("directory-gateway"),
        openapi_url="/openapi.json" if settings.documentation else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=[*routes(metrics=settings.metrics), *scim_routes()],
        lifespan=lifespan,
        exception_handlers={HTTPException: answer_http_error, Exception: answer_unexpected},
        middleware=[
            Middleware(AnswersMiddleware, requests=requests),
            Middleware(ContextMiddleware, requests=requests),
            Middleware(MetricsMiddleware),
            Middleware(SecurityHeadersMiddleware, secure=settings.secure),
        ],
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign] # how FastAPI wants it
    if settings.documentation:
        app.add_api_route("/docs", show_documentation, include_in_schema=False)
    return app
