"""The minimal issuer: client credentials, and its keys."""

import base64
import hmac
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.gateway.rest.endpoints import ADMIN
from tests.gateway.rest.house import AUDIENCE, ISSUER, USERS, House, open_house

TENANT = "/api/v1/auth/tenants/alpha/oauth/token"
PLATFORM = "/api/v1/platform/oauth/token"
GRANT = {"grant_type": "client_credentials"}


async def client(house: House, tenant: str = "alpha", **body: Any) -> tuple[str, str]:
    """Register an application; its id and secret."""
    body = {"client_id": "crm", "tenant_id": tenant, "scopes": ["users:read", "x"], **body}
    made = await house.ask("POST", f"{ADMIN}/applications", json=body)
    return made.json()["data"]["client_id"], made.json()["data"]["client_secret"]


async def verified(house: House, token: str) -> dict[str, Any]:
    """The claims of a token, checked with the published keys alone."""
    published = (await house.client.get("/.well-known/jwks.json")).json()
    keys = jwt.PyJWKSet.from_dict(published)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    return claims


@pytest.mark.parametrize("by", ["header", "body"])
async def test_a_client_gets_a_token_by_its_secret(house: House, by: str) -> None:
    """By either way to authenticate; kept by no cache; verifiable with the published keys."""
    id_, secret = await client(house)
    if by == "header":
        response = await house.client.post(TENANT, data=GRANT, auth=(id_, secret))
    else:
        form = {**GRANT, "client_id": id_, "client_secret": secret}
        response = await house.client.post(TENANT, data=form)
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    body = response.json()
    claims = await verified(house, body.pop("access_token"))
    assert body == {"token_type": "Bearer", "expires_in": 3600, "scope": "users:read x"}
    assert claims["tenant_id"] == house.world.tenants["alpha"].id
    assert claims["token_type"] == "client_credentials"
    assert (claims["client_id"], claims["exp"] - claims["iat"]) == ("crm", 3600)


async def test_scopes_can_be_fewer_and_never_more(house: House) -> None:
    """RFC 6749, 3.3 and 5.2."""
    auth = await client(house)
    fewer = await house.client.post(TENANT, data={**GRANT, "scope": "x"}, auth=auth)
    assert fewer.json()["scope"] == "x"
    more = await house.client.post(TENANT, data={**GRANT, "scope": "x admin:write"}, auth=auth)
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


async def test_only_the_platforms_own_clients_get_platform_tokens(house: House) -> None:
    """An application of a tenant with the scopes written on it is no platform client."""
    scopes = ["admin:read", "admin:write", "other"]
    own = await client(house, "gamma", scopes=scopes)
    other = await client(house, "alpha", scopes=scopes)
    token = await house.client.post(PLATFORM, data={**GRANT, "scope": "admin:read"}, auth=own)
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert (await house.client.get(USERS, headers=bearer)).status_code == 200
    assert (await house.client.post(USERS, headers=bearer, json={})).status_code == 403
    refused = await house.client.post(PLATFORM, data=GRANT, auth=other)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def basic(text: bytes) -> dict[str, str]:
    """A header of the scheme Basic."""
    return {"Authorization": "Basic " + base64.b64encode(text).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        basic(b"crm:wrong"),
        basic(b"nobody:x"),
        basic(b"crm"),
        basic(b"\xff:\xff"),
        {"Authorization": "Basic ***"},
        basic(b"cr%00m:x"),
        basic(b":"),
    ],
)
async def test_a_wrong_client_is_challenged(house: House, headers: dict[str, str]) -> None:
    """401 invalid_client, with the scheme that it used (RFC 6749, 5.2)."""
    await client(house)
    response = await house.client.post(TENANT, data=GRANT, headers=headers)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"] == "Basic"
    assert set(response.json()) == {"error", "error_description"}


async def test_a_tenant_that_is_not_there_is_no_news(house: House) -> None:
    """The answer for an unknown tenant is the one for a wrong secret."""
    await client(house)
    answers = [
        await house.client.post(
            f"/api/v1/auth/tenants/{slug}/oauth/token",
            data=GRANT,
            auth=("crm", "wrong"),
            headers={"X-Request-ID": "fixed"},
        )
        for slug in ("alpha", "nowhere", "%00")
    ]
    assert len({(a.status_code, a.content, tuple(a.headers.raw)) for a in answers}) == 1


async def form(house: House, content: bytes, type_: str | None = None) -> httpx.Response:
    """Send a body as it is."""
    headers = {"Content-Type": type_ or "application/x-www-form-urlencoded"}
    return await house.client.post(TENANT, content=content, headers=headers)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "invalid_request"),
        (b"grant_type=", "invalid_request"),
        (b"grant_type=password", "unsupported_grant_type"),
        (b"grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        (b"grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
        (b"grant_type=%ff", "invalid_request"),
        (b"\xff", "invalid_request"),
        (b"&".join(b"a%d=1" % i for i in range(2000)), "invalid_request"),
    ],
)
async def test_what_is_no_request_is_told_in_the_words_of_oauth(
    house: House, content: bytes, error: str
) -> None:
    """400 with the codes of RFC 6749, 5.2."""
    response = await form(house, content)
    assert (response.status_code, response.json()["error"]) == (400, error)


async def test_other_bodies_are_no_token_requests(house: House) -> None:
    """JSON is not what RFC 6749 asks for; too much is too much."""
    response = await form(house, b'{"grant_type": "client_credentials"}', "application/json")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert (await form(house, b"x" * (2**20 + 1))).status_code == 413


async def test_a_client_authenticates_once(house: House) -> None:
    """Header and body together are refused (RFC 6749, 2.3)."""
    id_, secret = await client(house)
    data = {**GRANT, "client_secret": secret}
    response = await house.client.post(TENANT, data=data, auth=(id_, secret))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    missing = await house.client.post(TENANT, data=GRANT)
    assert (missing.status_code, missing.json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" not in missing.headers


async def test_without_an_issuer_there_are_no_keys() -> None:
    """It can be switched off."""
    async with open_house() as house:
        object.__setattr__(house.world.services, "issuer", None)
        response = await house.client.get("/.well-known/jwks.json")
    assert response.status_code == 404


def with_shared_secret(token: str, secret: bytes) -> str:
    """The claims of a token, signed with HS256 by a key that is no secret."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
    signed = f"{head}.{token.split('.')[1]}"
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_forged_tokens_are_refused(house: House) -> None:
    """Unsigned, signed with the public key as a secret, tampered with, expired."""
    right = await house.token()
    claims = jwt.decode(right, options={"verify_signature": False})
    published = (await house.client.get("/.well-known/jwks.json")).json()["keys"][0]
    key = jwt.PyJWK.from_dict(published).key
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body, signature = right.split(".")
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        with_shared_secret(right, pem),
        f"{head}.{body}.{signature[::-1]}",
        f"{head}.{body}.",
        "not.a.token",
    ]
    assert (await asked(house, right)).status_code == 200
    house.world.clock.advance(hours=2)
    for token in (*forged, right):
        response = await asked(house, token)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def asked(house: House, token: str) -> httpx.Response:
    """Ask for something with that token."""
    return await house.client.get(USERS, headers={"Authorization": f"Bearer {token}"})
