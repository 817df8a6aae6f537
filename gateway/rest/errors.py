"""Errors that arise before a route is found: an unknown path, a method that it does not have."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from gateway.rest.problems import answer_to, error_answer


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals in the API's body; 405 names all methods that the path has."""
    if not isinstance(error, HTTPException):
        return answer_to(request, error)
    phrase = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request, request.app.routes)))
    return error_answer(
        request,
        error.status_code,
        error.detail if error.detail != phrase else phrase.capitalize(),
        phrase.lower().replace(" ", "_"),
        headers,
    )


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """What nobody caught: logged, and told as little as possible."""
    return answer_to(request, error)


def _methods(request: Request, routes: Iterable[BaseRoute]) -> set[str]:
    """Methods of the path, as the first route that it fits spells it."""
    fitting = [
        route
        for route in routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    return {
        method
        for route in fitting
        if route.path == fitting[0].path
        for method in route.methods or ()
    }
