"""Who may do what, over HTTP: every endpoint with every role."""

from typing import Any

import httpx
import pytest

from gateway.domain.access import ACTIONS, Reach, Role
from tests.gateway.rest.endpoints import ADMIN, ENDPOINTS, Endpoint, filled
from tests.gateway.rest.furniture import absent, furnish
from tests.gateway.rest.house import House

CELLS = [(endpoint, role) for endpoint in ENDPOINTS for role in Role]
BOUNDED = [
    (endpoint, role)
    for endpoint, role in CELLS
    if ACTIONS[endpoint.action].get(role, Reach.ALL) is not Reach.ALL
]

NAMED = [cell for cell in BOUNDED if cell[0].names_something]
UNNAMED = [cell for cell in BOUNDED if not cell[0].names_something]
FILTERS = {
    f"{ADMIN}/users/": ("tenant_id", "partner_id"),
    f"{ADMIN}/users/identity-source/mismatches": ("tenant_id",),
    f"{ADMIN}/groups/": ("tenant_id", "partner_id"),
    f"{ADMIN}/identity-providers/": ("tenant_id", "partner_id"),
    f"{ADMIN}/applications/": ("tenant_id", "partner_id"),
    f"{ADMIN}/scim-tokens/": ("tenant_id", "partner_id"),
    f"{ADMIN}/tenants/": ("partner_id",),
    f"{ADMIN}/partners/": (),
}
"""Filters of the lists by what can be out of scope."""


async def asked(
    house: House,
    endpoint: Endpoint,
    ids: dict[str, str],
    role: Role,
    slug: str = "alpha",
    body: Any = None,
) -> httpx.Response:
    """Ask an endpoint about the things with these ids."""
    content = body if body is not None else filled(endpoint.body, ids)
    request = {} if endpoint.body is None else {"json": content}
    path = filled(endpoint.path + endpoint.query, ids)
    return await house.ask(endpoint.method, path, role=role, slug=slug, **request)


@pytest.mark.parametrize(("endpoint", "role"), CELLS, ids=str)
async def test_a_role_is_granted_what_the_table_says(
    house: House, endpoint: Endpoint, role: Role
) -> None:
    """Within its reach a role does what the table grants, and is refused what it does not."""
    response = await asked(house, endpoint, await furnish(house), role)
    granted = role in ACTIONS[endpoint.action]
    # No role reaches a partner that it has no part in, but those that reach all.
    if endpoint.action == "partners.get" and role is Role.TENANT_ADMIN:
        granted = False
    assert response.status_code == (endpoint.status if granted else 403), response.text


@pytest.mark.parametrize(("endpoint", "role"), NAMED, ids=str)
async def test_out_of_scope_equals_absent(house: House, endpoint: Endpoint, role: Role) -> None:
    """What is out of a caller's scope is answered as what does not exist, to the byte.

    Also where the body is wrong, so that a refusal of the body gives nothing away.
    """
    foreign = await furnish(house, "alpha")
    await furnish(house, "gamma")
    there = await asked(house, endpoint, foreign, role, "gamma")
    nowhere = await asked(house, endpoint, absent(foreign), role, "gamma")
    assert nowhere.status_code == 404
    assert same(there, nowhere)
    if endpoint.body is not None and "{" in endpoint.path:
        wrongs: tuple[Any, ...] = ({"no such member": 1}, [], 7)
        for wrong in wrongs:
            there = await asked(house, endpoint, foreign, role, "gamma", wrong)
            assert same(there, nowhere)


LISTS = [
    (e, role, parameter)
    for e, role in BOUNDED
    if e.method == "GET" and e.path.startswith(ADMIN) and "{" not in e.path
    for parameter in FILTERS[e.path]
]


@pytest.mark.parametrize(("endpoint", "role", "parameter"), LISTS, ids=str)
async def test_filters_by_what_is_out_of_scope_equal_absent_ones(
    house: House, endpoint: Endpoint, role: Role, parameter: str
) -> None:
    """A tenant or partner that the caller may not see is no more there as a filter."""
    foreign = await furnish(house, "alpha")
    unknown = absent(foreign)
    path = f"{endpoint.path}{endpoint.query or '?'}&{parameter}="
    there = await house.ask("GET", path + foreign[parameter], role=role, slug="gamma")
    nowhere = await house.ask("GET", path + unknown[parameter], role=role, slug="gamma")
    assert nowhere.status_code == 404
    assert same(there, nowhere)


@pytest.mark.parametrize(("endpoint", "role"), UNNAMED, ids=str)
async def test_lists_hold_nothing_that_is_out_of_scope(
    house: House, endpoint: Endpoint, role: Role
) -> None:
    """A list without a filter shows the caller's own things, and no foreign one."""
    foreign = await furnish(house, "alpha")
    own = await furnish(house, "gamma")
    response = await asked(house, endpoint, own, role, "gamma")
    shown = {item["id"] for item in response.json()["data"]}
    assert shown & set(own.values())
    assert not shown & set(foreign.values())
    assert response.json()["pagination"]["total_items"] == len(shown)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
async def test_without_a_token_nothing_is_told(house: House, endpoint: Endpoint) -> None:
    """401 for whatever exists or not, however wrong the body, with the challenge of RFC 6750."""
    ids = await furnish(house)
    for values in (ids, absent(ids)):
        path = filled(endpoint.path + endpoint.query, values)
        response = await house.client.request(endpoint.method, path, content=b"{")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json()["code"] == "unauthenticated"


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers can be told apart."""
    return (one.status_code, one.content, one.headers.raw) == (
        other.status_code,
        other.content,
        other.headers.raw,
    )
