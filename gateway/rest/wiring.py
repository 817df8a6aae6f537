"""What an application serves with, and how a request finds it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, FastAPI
from starlette.requests import Request

from gateway.http.answers import KeptAnswers
from gateway.http.context import request_context
from gateway.http.metrics import Figures, RequestMetrics
from gateway.http.settings import HttpSettings
from gateway.mirror.memo import Memo
from gateway.rest.schemas.envelopes import MetaResponse
from gateway.services.all import Services


class Check(Protocol):
    """How a server behind the gateway answered."""

    @property
    def ok(self) -> bool:
        """Whether it did."""
        ...

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        ...

    @property
    def detail(self) -> str | None:
        """What was wrong, for operators."""
        ...


class Readiness(Protocol):
    """Whether requests can be served, and what each server says."""

    @property
    def ready(self) -> bool:
        """Whether to send requests here."""
        ...

    @property
    def directory(self) -> Check:
        """The directory."""
        ...

    @property
    def redis(self) -> Check:
        """The counters' server; without it the gateway goes on."""
        ...

    @property
    def mirror(self) -> Check | None:
        """The mirror, if there is one; without it the directory is read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Everything that handlers may ask for; without a `memo` no answers are kept."""

    services: Services
    settings: HttpSettings
    figures: Figures
    readiness: Callable[[], Awaitable[Readiness]]
    memo: Memo | None = None


def wire(app: FastAPI, wiring: Wiring) -> None:
    """Give an application what it serves with, before its first request."""
    app.state.wiring = wiring
    app.state.request_metrics = RequestMetrics(wiring.figures.registry)
    services, memo = wiring.services, wiring.memo
    app.state.kept_answers = (
        None if memo is None else KeptAnswers(memo, services.verifier, services.metrics)
    )


def wiring_of(request: Request) -> Wiring:
    """What the request's application serves with."""
    wiring: Wiring = request.app.state.wiring
    return wiring


def services_of(request: Request) -> Services:
    """The services of the request's application."""
    return wiring_of(request).services


def settings_of(request: Request) -> HttpSettings:
    """The HTTP settings of the request's application."""
    return wiring_of(request).settings


def public_meta(request: Request) -> MetaResponse:
    """The metadata of an answer to somebody without a token."""
    return MetaResponse(request_id=request_context(request).request_id)


async def _services(request: Request) -> Services:
    return services_of(request)  # FastAPI would run a plain function in another thread


ServicesOf = Annotated[Services, Depends(_services)]
