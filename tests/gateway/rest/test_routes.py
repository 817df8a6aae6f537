"""All routes, each with its action, each action with a route."""

from adapters.scim.request import ACTIONS as SCIM_ACTIONS
from gateway.domain.access import ACTIONS
from tests.gateway.rest.endpoints import ENDPOINTS, PUBLIC, guarded_routes
from tests.gateway.rest.house import House


async def test_every_route_names_its_action_or_is_public(house: House) -> None:
    """A route without an action is on the list of public ones, and no other is."""
    public = {route.path for route in guarded_routes(house.app) if route.acting is None}
    assert public == PUBLIC


async def test_every_action_has_a_route(house: House) -> None:
    """The table of actions and the routes cover each other."""
    named = [route.acting.actions for route in guarded_routes(house.app) if route.acting]
    assert frozenset(SCIM_ACTIONS).union(*named) == set(ACTIONS)
    assert all(SCIM_ACTIONS.isdisjoint(actions) for actions in named)


async def test_the_walked_endpoints_are_all_there_are(house: House) -> None:
    """What the other tests walk is every route, with the action that the route names."""
    walked = {(e.method, e.route, e.action) for e in ENDPOINTS}
    routes = {
        (method, route.path, action)
        for route in guarded_routes(house.app)
        if route.acting and route.include_in_schema
        for method in route.methods or ()
        for action in route.acting.actions
    }
    assert walked == routes


async def test_collections_answer_without_the_slash_too(house: House) -> None:
    """Each collection at `/` has a twin that does the same, and is not described."""
    routes = guarded_routes(house.app)
    with_slash = {(r.path, m) for r in routes for m in r.methods or () if r.path.endswith("/")}
    twins = {(f"{r.path}/", m) for r in routes for m in r.methods or () if not r.include_in_schema}
    assert with_slash
    assert with_slash <= twins
