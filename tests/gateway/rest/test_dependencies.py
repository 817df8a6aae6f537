"""What handlers depend on is made where the request is served."""

from collections.abc import Iterator
from inspect import iscoroutinefunction

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.rest.routes import routes


def _below(dependant: Dependant) -> Iterator[Dependant]:
    for each in dependant.dependencies:
        yield each
        yield from _below(each)


def test_no_dependency_waits_for_a_thread() -> None:
    """FastAPI runs plain functions in other threads, which costs more than they do."""
    calls = {
        each.call
        for route in routes()
        if isinstance(route, APIRoute)
        for each in _below(route.dependant)
    }
    assert calls
    for call in calls:
        assert iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__), call
