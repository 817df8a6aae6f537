"""SCIM tokens over HTTP: told once, good for SCIM alone, refused when they are over."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from gateway.rest.openapi import describe
from tests.gateway.rest.endpoints import ADMIN, ENDPOINTS, Endpoint, filled
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House

TOKENS = f"{ADMIN}/scim-tokens/"
BODY = {"tenant_id": "alpha", "name": "Okta"}


async def _made(house: House, **more: Any) -> dict[str, Any]:
    response = await house.ask("POST", TOKENS, json={**BODY, **more})
    assert response.status_code == 201, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


async def _status(house: House, token: str, path: str = USERS) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return (await house.client.get(path, headers=headers)).status_code


async def test_the_token_is_in_one_answer_and_nowhere_else(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Not stored by caches, not in lists, not in the logs, not in the audit log."""
    with caplog.at_level(logging.DEBUG):
        made = await house.ask("POST", TOKENS, json=BODY)
        data = made.json()["data"]
        token = data.pop("token")
        assert made.headers["Cache-Control"] == "no-store"
        assert made.headers["Location"] == f"{TOKENS}{data['id']}"
        listed = await house.ask("GET", TOKENS)
        read = await house.ask("GET", made.headers["Location"])
        await _status(house, token)
    assert listed.json()["data"] == [data] == [read.json()["data"]]
    assert set(data) == {
        "id", "tenant_id", "name", "identity_provider_id", "expires_at", "created_at", "updated_at",
    }  # fmt: skip
    assert data["expires_at"] is None
    assert token not in caplog.text + repr(house.world.audit.changes)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
async def test_a_scim_token_is_refused_by_every_other_face(
    house: House, endpoint: Endpoint
) -> None:
    """403 at each endpoint of REST, whatever it is asked about: it is good for SCIM alone."""
    ids = await furnish(house)
    provider = (await house.ask("GET", f"{TOKENS}{ids['scim_token_id']}")).json()["data"][
        "identity_provider_id"
    ]
    token = (await _made(house, identity_provider_id=provider))["token"]
    request = {} if endpoint.body is None else {"json": filled(endpoint.body, ids)}
    response = await house.client.request(
        endpoint.method,
        filled(endpoint.path + endpoint.query, ids),
        headers={"Authorization": f"Bearer {token}"},
        **request,
    )
    assert response.status_code == 403
    assert response.json()["detail"] == "Not allowed for scim tokens"


async def test_a_deleted_or_expired_token_is_no_token(house: House) -> None:
    """401 with the challenge for a bad token from the next request on."""
    lasting = await _made(house)
    passing = await _made(house, name="Short", expires_in_days=1)
    for made in (lasting, passing):
        assert await _status(house, made["token"]) == 403
    house.world.clock.advance(days=1)
    assert await _status(house, passing["token"]) == 401
    assert (await house.ask("DELETE", f"{TOKENS}{lasting['id']}")).status_code == 204
    headers = {"Authorization": f"Bearer {lasting['token']}"}
    refused = await house.client.get(USERS, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert refused.json()["code"] == "invalid_token"


async def test_the_end_of_a_token(house: House) -> None:
    """By a number of days or as a time, shown in UTC."""
    by_days = await _made(house, expires_in_days=365)
    end = house.world.clock().replace(microsecond=0) + timedelta(days=365)
    assert by_days["expires_at"] == f"{end:%Y-%m-%dT%H:%M:%SZ}"
    by_time = await _made(house, name="b", expires_at="2030-01-01T02:00:00.5+02:00")
    assert by_time["expires_at"] == "2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 3651}, "expires_in_days"),
        ({"expires_in_days": "7"}, "expires_in_days"),
        ({"expires_in_days": True}, "expires_in_days"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2030-01-01"}, "expires_at"),
        ({"expires_at": "1900000000"}, "expires_at"),
        ({"expires_at": 1900000000}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-01:00"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00Z", "expires_in_days": 1}, "expires_at"),
        ({"identity_provider_id": "nonsense"}, "identity_provider_id"),
        ({"digest": "0" * 64}, "digest"),
        ({"token": "mine"}, "token"),
    ],
    ids=json.dumps,
)
async def test_wrong_members_are_named(house: House, wrong: dict[str, Any], member: str) -> None:
    """422 in the usual form, and no token is made."""
    response = await house.ask("POST", TOKENS, json={**BODY, **wrong})
    assert response.status_code == 422
    assert [p["loc"] for p in response.json()["detail"]] == [["body", member]]
    assert (await house.ask("GET", TOKENS)).json()["data"] == []


async def test_several_providers_make_the_caller_choose(house: House) -> None:
    """422 names the member that is missing; a provider of the tenant is taken."""
    providers = f"{ADMIN}/identity-providers/"
    ids = []
    for name in ("a", "b"):
        body = {"tenant_id": "alpha", "name": name, "type": "SCIM"}
        ids.append((await house.ask("POST", providers, json=body)).json()["data"]["id"])
    refused = await house.ask("POST", TOKENS, json=BODY)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "identity_provider_id"]
    made = await _made(house, identity_provider_id=ids[1])
    assert made["identity_provider_id"] == ids[1]


async def test_tokens_are_described(house: House) -> None:
    """The description shows the token in the answer that makes it, and in no other."""
    schemas = describe(house.app)["components"]["schemas"]
    holding = {name for name, schema in schemas.items() if "token" in schema.get("properties", {})}
    assert "ScimTokenCreated" in holding
    assert not holding & {"ScimTokenResponse", "ScimTokenCreate"}
