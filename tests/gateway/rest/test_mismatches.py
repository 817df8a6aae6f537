"""Mismatches and federated identities, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.access import Role
from gateway.domain.model import FederatedIdentity, IdentitySource
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House

MISMATCHES = f"{USERS}identity-source/mismatches"


async def of_each_kind(house: House) -> dict[str, str]:
    """A user of each kind in alpha; returns ids by kind."""
    ids = await furnish(house)
    missing = await house.world.user("ben", identity_source=IdentitySource.LDAP)
    gone = FederatedIdentity(
        identity_provider_id="idp_" + "0" * 32,
        external_id="c",
        linked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    dangling = await house.world.user("cyd", federated_identities=(gone,))
    await house.world.user("dan")
    return ids | {
        "mismatch": ids["user_id"],
        "missing_link": missing.id,
        "dangling_link": dangling.id,
    }


async def test_each_kind_is_reported(house: House) -> None:
    """With links, what is expected, what a fix would do, and counts over the filter."""
    ids = await of_each_kind(house)
    response = await house.ask("GET", MISMATCHES)
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert {item["kind"]: item["id"] for item in body["data"]} == {
        kind: ids[kind] for kind in ("mismatch", "missing_link", "dangling_link")
    }
    found = next(item for item in body["data"] if item["kind"] == "mismatch")
    assert found == {
        "id": ids["user_id"],
        "tenant_id": ids["tenant_id"],
        "email": "ann@alpha.example",
        "kind": "mismatch",
        "identity_source": "LOCAL",
        "expected_source": "OIDC",
        "links": [
            {
                "identity_provider_id": ids["linked_provider_id"],
                "type": "OIDC",
                "external_id": "ann-at-two",
                "linked_at": "2026-01-02T03:04:05Z",
                "primary": True,
            }
        ],
        "fixed": False,
        "outcome": "planned",
    }
    assert {item["outcome"] for item in body["data"] if item != found} == {"not_fixable"}
    assert sum(count["count"] for count in body["counts"]) == 3
    assert body["pagination"]["total_items"] == 3


@pytest.mark.parametrize(("method", "query"), [("GET", "?fix=true"), ("POST", "")])
async def test_a_fix_does_what_was_planned(house: House, method: str, query: str) -> None:
    """Each outcome is told, and only what can be mended is."""
    ids = await of_each_kind(house)
    planned = (await house.ask("GET", f"{MISMATCHES}?fix=false")).json()["data"]
    done = (await house.ask(method, MISMATCHES + query)).json()["data"]
    assert [
        item | ({"fixed": True, "outcome": "fixed"} if item["outcome"] == "planned" else {})
        for item in planned
    ] == done
    user = await house.ask("GET", f"{USERS}{ids['user_id']}")
    assert user.json()["data"]["identity_source"] == "OIDC"
    left = (await house.ask("GET", MISMATCHES)).json()
    assert {item["kind"] for item in left["data"]} == {"missing_link", "dangling_link"}


async def test_reading_does_not_allow_to_fix(house: House) -> None:
    """fix=true needs write authority, also before a wrong parameter is told."""
    await of_each_kind(house)
    for query, status in (
        ("", 200),
        ("?fix=false", 200),
        ("?fix=true", 403),
        ("?fix=1", 403),
        ("?fix=TRUE&page=x", 403),
        ("?fix=false&page=x", 422),
        ("?fix=yes", 422),
    ):
        response = await house.ask("GET", MISMATCHES + query, role=Role.PLATFORM_READ)
        assert response.status_code == status, query
    assert (await house.ask("POST", MISMATCHES, role=Role.PLATFORM_READ)).status_code == 403
    assert (await house.ask("GET", MISMATCHES)).json()["pagination"]["total_items"] == 3


async def test_links_come_and_go(house: House) -> None:
    """Listed with the provider's type, linked, linked again, unlinked."""
    ids = await furnish(house)
    path = f"{USERS}{ids['user_id']}/federated-identities"

    async def links() -> Any:
        return (await house.ask("GET", path)).json()["data"]

    assert [(link["type"], link["primary"]) for link in await links()] == [("OIDC", True)]
    body = {
        "identity_provider_id": ids["identity_provider_id"],
        "external_id": "cn=ann,dc=corp",
        "primary": True,
    }
    for _ in range(2):
        made = await house.ask("POST", path, json=body)
        assert made.status_code == 201
        assert made.json()["data"] | body == made.json()["data"]
    assert [(link["type"], link["primary"]) for link in await links()] == [
        ("LDAP", True),
        ("OIDC", False),
    ]
    other = await house.ask("POST", path, json=body | {"external_id": "another"})
    assert (other.status_code, other.json()["code"]) == (409, "identity_provider_linked")
    unknown = body | {"identity_provider_id": "idp_" + "0" * 32}
    refused = await house.ask("POST", path, json=unknown)
    assert refused.json()["detail"][0]["loc"] == ["body", "identity_provider_id"]
    for status in (204, 404):
        gone = await house.ask("DELETE", f"{path}/{ids['identity_provider_id']}")
        assert gone.status_code == status
