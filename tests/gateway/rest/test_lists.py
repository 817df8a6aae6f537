"""Pages, orders and filters of lists, over HTTP."""

from typing import Any

import pytest

from tests.gateway.rest.endpoints import ADMIN
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House

ALPHA = "/api/v1/tenants/alpha/users"
NAMES = ["ann", "Ben", "cyd", "dan", "eve"]
COLLECTIONS = [
    f"{ADMIN}/users/",
    f"{ADMIN}/users/identity-source/mismatches",
    f"{ADMIN}/groups/",
    f"{ADMIN}/identity-providers/",
    f"{ADMIN}/applications/",
    f"{ADMIN}/scim-tokens/",
    f"{ADMIN}/tenants/",
    f"{ADMIN}/partners/",
    ALPHA,
    "/api/v1/tenants/alpha/ous",
]


async def populate(house: House) -> None:
    """Five users, each a second younger than the one before."""
    for name in NAMES:
        await house.world.user(name, display_name=name.upper())
        house.world.clock.advance(seconds=1)


async def names(house: House, path: str = ALPHA, **params: Any) -> list[str]:
    """Local parts of the addresses on a page, in order."""
    response = await house.ask("GET", path, params=params)
    assert response.status_code == 200, response.text
    return [item["email"].partition("@")[0] for item in response.json()["data"]]


async def test_the_default_page_is_the_newest_first(house: House) -> None:
    """50 a page, by the time of creation, descending."""
    await populate(house)
    response = await house.ask("GET", ALPHA)
    assert response.json()["pagination"] == {
        "page": 1,
        "per_page": 50,
        "total_items": 5,
        "total_pages": 1,
    }
    assert set(response.json()["data"][0]) == {
        "id",
        "email",
        "display_name",
        "status",
        "ou_path",
        "identity_source",
        "mfa_enabled",
        "last_login_at",
    }
    assert await names(house) == NAMES[::-1]


async def test_pages_follow_each_other(house: House) -> None:
    """All items once, totals on each page, nothing past the end."""
    await populate(house)
    seen = []
    for page in (1, 2, 3):
        seen += await names(house, sort_by="email", sort_order="asc", page=page, per_page=2)
    assert seen == NAMES
    for page in (4, 10**6, 10**30, 10**300):
        response = await house.ask("GET", ALPHA, params={"page": str(page), "per_page": "2"})
        assert response.json()["data"] == []
        assert response.json()["pagination"]["total_items"] == 5
        assert response.json()["pagination"]["total_pages"] == 3


async def test_an_empty_list_has_no_pages(house: House) -> None:
    """`total_pages` is 0."""
    response = await house.ask("GET", ALPHA)
    assert response.json()["pagination"]["total_pages"] == 0


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "1.0"),
        ("page", "1_0"),
        ("page", "x"),
        ("page", ""),
        ("page", "9" * 5000),
        ("page", "١"),
        ("per_page", "0"),
        ("per_page", "201"),
        ("per_page", "1e2"),
        ("per_page", "null"),
    ],
)
async def test_bounds_are_refused_by_name(
    house: House, path: str, parameter: str, value: str
) -> None:
    """Outside of 1.. and 1..200, or no number at all: 422 on every list."""
    response = await house.ask("GET", path, params={parameter: value})
    assert response.status_code == 422
    assert [p["loc"] for p in response.json()["detail"]] == [["query", parameter]]


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_every_list_has_pages(house: House, path: str) -> None:
    """`page` and `per_page` mean the same on every list."""
    await furnish(house, "alpha")
    whole = (await house.ask("GET", path)).json()
    assert whole["pagination"]["total_items"] == len(whole["data"]) > 0
    singles = []
    for page in range(1, len(whole["data"]) + 1):
        part = (await house.ask("GET", path, params={"page": page, "per_page": 1})).json()
        assert part["pagination"]["total_items"] == len(whole["data"])
        singles += part["data"]
    assert singles == whole["data"]


@pytest.mark.parametrize(
    ("sort_by", "order", "expected"),
    [
        ("created_at", "asc", NAMES),
        ("username", "desc", NAMES[::-1]),
        ("display_name", "asc", NAMES),
        ("email", "asc", NAMES),
    ],
)
async def test_orders(house: House, sort_by: str, order: str, expected: list[str]) -> None:
    """Case does not matter, both directions work."""
    await populate(house)
    assert await names(house, sort_by=sort_by, sort_order=order) == expected


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("sort_by", "password"),
        ("sort_by", ""),
        ("sort_by", "email,username"),
        ("sort_by", "EMAIL"),
        ("sort_order", "ASC"),
        ("sort_order", "up"),
        ("status", "active"),
        ("status", ""),
        ("mfa_enabled", "maybe"),
        ("mfa_enabled", ""),
        ("mfa_enabled", "2"),
        ("search", "x" * 257),
    ],
)
async def test_unknown_words_are_refused_by_name(house: House, parameter: str, value: str) -> None:
    """422 that names the parameter."""
    response = await house.ask("GET", ALPHA, params={parameter: value})
    assert response.status_code == 422
    assert [p["loc"] for p in response.json()["detail"]] == [["query", parameter]]


async def test_filters(house: House) -> None:
    """Status, second factor, unit, group and search, alone and together."""
    ids = await furnish(house)
    await populate_rest(house, ids)
    assert await names(house, status="DISABLED") == ["ben"]
    assert await names(house, mfa_enabled="true") == ["cyd"]
    assert await names(house, mfa_enabled="False", search="ann") == ["ann"]
    assert await names(house, ou_id=ids["ou_id"]) == ["cyd"]
    assert await names(house, group_id=ids["group_id"]) == ["ann"]
    assert await names(house, search="ALPHA.EX", sort_by="email", sort_order="asc") == [
        "ann",
        "ben",
        "cyd",
    ]
    assert await names(house, search="a*n") == []
    assert await names(house, ou_id="ou_x") == await names(house, group_id="grp_" + "0" * 32) == []
    assert await names(house, USERS, status="DISABLED") == ["ben"]
    assert (await house.ask("GET", USERS, params={"status": "OFF"})).status_code == 422


async def populate_rest(house: House, ids: dict[str, str]) -> None:
    """A disabled user, and one with a second factor in a unit."""
    ben = await house.world.user("ben")
    await house.ask("PUT", f"{ALPHA}/{ben.id}/status", json={"status": "DISABLED"})
    await house.world.user("cyd", mfa_enabled=True, ou_id=ids["ou_id"])


async def test_the_admin_list_narrows_to_tenants_and_partners(house: House) -> None:
    """Each item names its tenant; both filters hold at once."""
    for slug in ("alpha", "beta", "gamma"):
        await house.world.user(slug, slug)
    tenants = house.world.tenants
    response = await house.ask("GET", USERS)
    assert {i["tenant_id"] for i in response.json()["data"]} == {t.id for t in tenants.values()}
    north = tenants["alpha"].partner_id
    assert set(await names(house, USERS, partner_id=north)) == {"alpha", "beta"}
    assert await names(house, USERS, tenant_id="beta") == ["beta"]
    assert await names(house, USERS, tenant_id=tenants["beta"].id, partner_id=north) == ["beta"]
    assert await names(house, USERS, tenant_id="gamma", partner_id=north) == []
