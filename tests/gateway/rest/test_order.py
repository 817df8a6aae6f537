"""Refusals come in one order: 401, 413 and 415, 403, 404, 422, 412, 409."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.domain.access import ACTIONS, Role
from gateway.http.settings import HttpSettings
from tests.gateway.rest.endpoints import ENDPOINTS, Endpoint, filled
from tests.gateway.rest.furniture import absent, furnish
from tests.gateway.rest.house import USERS, House, open_house

WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.body is not None]
BELOW_SOMETHING = [endpoint for endpoint in WITH_BODY if "{" in endpoint.path]
LIMIT = 2048
JSON = {"Content-Type": "application/json"}
TOO_DEEP = b'{"a":' * 40 + b"1" + b"}" * 40


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 512):
        yield b" " * 512


async def sent(
    house: House,
    endpoint: Endpoint,
    ids: dict[str, str],
    content: Any,
    *,
    role: Role = Role.SUPER_ADMIN,
    headers: dict[str, str] = JSON,
) -> httpx.Response:
    """Send a body as it is."""
    path = filled(endpoint.path, ids)
    return await house.ask(endpoint.method, path, role=role, headers=headers, content=content)


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
async def test_the_body_is_judged_in_order(endpoint: Endpoint) -> None:
    """From the outside in: size and type, role, visibility, JSON and members."""
    async with open_house(HttpSettings(max_body=LIMIT)) as house:
        ids = await furnish(house)
        unknown = absent(ids)
        refused = next(role for role in Role if role not in ACTIONS[endpoint.action])
        text = {"Content-Type": "text/plain"}

        def long() -> AsyncIterator[bytes]:
            return chunks(LIMIT + 512)

        # 401 before 413 and 415
        path = filled(endpoint.path, unknown)
        response = await house.client.request(endpoint.method, path, content=long(), headers=text)
        assert response.status_code == 401
        # 413 and 415 before 403
        for content, headers, status in (
            (long(), JSON, 413),
            (b"x" * (LIMIT + 1), text, 413),
            (b"{}", text, 415),
            (b"{", {}, 415),
        ):
            response = await sent(house, endpoint, unknown, content, role=refused, headers=headers)
            assert response.status_code == status
        # 403 before 404 and 422
        response = await sent(house, endpoint, unknown, b"{", role=refused)
        assert response.status_code == 403
        # 404 before 422
        if endpoint in BELOW_SOMETHING:
            for content in (b"{", b"", b"[]", b'{"surplus": 1}'):
                response = await sent(house, endpoint, unknown, content)
                assert response.status_code == 404
        # and then 422
        for content in (
            b"{",
            b"",
            b"null",
            b"[]",
            b'{"surplus": 1}',
            b'{"a":' * 40 + b"1" + b"}" * 40,
        ):
            response = await sent(house, endpoint, ids, content)
            assert response.status_code == 422
            assert response.json()["detail"][0]["loc"][0] == "body"


async def test_a_body_of_just_the_limit_is_taken() -> None:
    """With the length announced and without."""
    body = b'{"surplus": 1}'
    for content in (body.ljust(LIMIT), chunks(LIMIT)):
        async with open_house(HttpSettings(max_body=LIMIT)) as house:
            response = await house.ask("POST", USERS, headers=JSON, content=content)
            assert response.status_code == 422


async def test_endpoints_without_a_body_ignore_one(house: House) -> None:
    """No type and no JSON is asked of what nobody reads."""
    ids = await furnish(house)
    path = f"{USERS}{ids['user_id']}/unlock"
    response = await house.ask("POST", path, content=b"{", headers={"Content-Type": "text/plain"})
    assert response.status_code == 200


async def test_422_comes_before_412_and_412_before_409(house: House) -> None:
    """A wrong body, then a stale version, then a taken e-mail."""
    ids = await furnish(house)
    await house.world.user("ben")
    path = f"{USERS}{ids['user_id']}"
    stale = {"If-Match": '"stale-0"'}
    wrong = await house.ask("PATCH", path, headers=stale, json={"timezone": "Nowhere"})
    assert wrong.status_code == 422
    taken = {"email": "ben@alpha.example"}
    late = await house.ask("PATCH", path, headers=stale, json=taken)
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    now = await house.ask("PATCH", path, json=taken)
    assert (now.status_code, now.json()["code"]) == (409, "email_taken")
