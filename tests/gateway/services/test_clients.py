"""Tokens for applications (RFC 6749, 4.4)."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from gateway.domain.errors import Invalid, NotFound, Unauthenticated
from gateway.services.clients import ClientRules, ClientService
from tests.gateway.services.world import World

SECRET = "a client's secret"


class OpenIssuer:
    """An issuer whose tokens are their claims, to be read by the test."""

    def __init__(self) -> None:
        self.issued: list[tuple[Mapping[str, object], timedelta]] = []

    async def issue(self, claims: Mapping[str, object], lifetime: timedelta) -> str:
        """Keep the claims."""
        self.issued.append((claims, lifetime))
        return f"token-{len(self.issued)}"

    def jwks(self) -> Mapping[str, object]:
        """No keys: nothing is signed."""
        return {"keys": []}


async def _service(world: World, issuer: OpenIssuer, **rules: str) -> ClientService:
    for slug in ("alpha", "beta"):
        await (await world.tenant(slug)).applications.add(
            {"client_id": "shop", "secret": SECRET, "scopes": ("read", "admin:read")}
        )
    return ClientService(directory=world.directory, issuer=issuer, rules=ClientRules(**rules))  # type: ignore[arg-type]  # texts only


async def test_application_token(world: World) -> None:
    """The right secret gets a token of that application and tenant, with its scopes."""
    issuer = OpenIssuer()
    service = await _service(world, issuer)
    token = await service.token("alpha", "shop", SECRET)
    assert (token.access_token, token.expires_in) == ("token-1", 3600)
    assert token.scope == "read admin:read"
    claims, lifetime = issuer.issued[0]
    assert claims == {
        "sub": "shop",
        "client_id": "shop",
        "tenant_id": world.tenants["alpha"].id,
        "token_type": "client_credentials",
        "scope": "read admin:read",
    }
    assert lifetime == timedelta(hours=1)
    assert (await service.token("alpha", "shop", SECRET, "read read")).scope == "read"


@pytest.mark.parametrize(
    ("slug", "client", "secret"),
    [
        ("alpha", "shop", "wrong"),
        ("alpha", "shop", ""),
        ("alpha", "other", SECRET),
        ("gamma", "shop", SECRET),
        ("nowhere", "shop", SECRET),
        ("", "", ""),
    ],
)
async def test_wrong_clients(world: World, slug: str, client: str, secret: str) -> None:
    """Unknown tenants, unknown clients and wrong secrets read the same."""
    issuer = OpenIssuer()
    service = await _service(world, issuer)
    with pytest.raises(Unauthenticated) as refused:
        await service.token(slug, client, secret)
    assert refused.value.code == "invalid_client"
    assert issuer.issued == []


async def test_scopes_are_the_applications_own(world: World) -> None:
    """A client gets no scope that it was not given."""
    service = await _service(world, OpenIssuer())
    with pytest.raises(Invalid) as refused:
        await service.token("alpha", "shop", SECRET, "read admin:write")
    assert [p.type for p in refused.value.problems] == ["invalid_scope"]


async def test_platform_tokens_need_the_platforms_tenant(world: World) -> None:
    """Only applications of the operator's own tenant get platform tokens."""
    issuer = OpenIssuer()
    service = await _service(world, issuer, platform_tenant="beta")
    token = await service.platform_token("shop", SECRET)
    assert token.scope == "admin:read"
    assert issuer.issued[0][0]["platform_token"] is True
    nobody = ClientService(directory=world.directory, issuer=issuer, rules=ClientRules())
    with pytest.raises(Unauthenticated):
        await nobody.platform_token("shop", SECRET)


async def test_without_an_issuer(world: World) -> None:
    """Where the built-in issuer is switched off, there is no token endpoint."""
    service = ClientService(directory=world.directory, issuer=None, rules=ClientRules())
    with pytest.raises(NotFound):
        await service.token("alpha", "shop", SECRET)
