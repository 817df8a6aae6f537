"""SCIM tokens: what is made, kept, told, and refused."""

import re
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from gateway.domain.access import Role
from gateway.domain.errors import Forbidden, Invalid, NotFound, Taken
from gateway.domain.model import ProviderType, ScimToken
from gateway.services.listing import Listing
from gateway.services.scim_tokens import digest_of, new_token
from tests.gateway.services.world import World


async def _issue(world: World, name: str = "okta", **how: Any) -> tuple[ScimToken, str]:
    call = world.call("scim_tokens.create")
    return await world.services.scim_tokens.issue(call, name, **{"tenant_id": "alpha", **how})


def test_tokens_are_long_random_and_known_by_their_form() -> None:
    """43 characters after the prefix; whatever looks otherwise is not worth asking for."""
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    for token in tokens:
        assert re.fullmatch(r"dgwscim_[A-Za-z0-9_-]{43}", token)
        assert digest_of(token) == sha256(token.encode()).hexdigest()
        for wrong in (token[:-1], f"{token}=", f"{token}\n", token.upper(), f" {token}"):
            assert digest_of(wrong) is None


async def test_a_token_is_told_once(world: World) -> None:
    """No listing and no line of the audit log has the token, or what it hashes to."""
    made, token = await _issue(world)
    assert (made.name, made.tenant_id) == ("okta", world.tenants["alpha"].id)
    assert made.expires_at is None
    listed = await world.services.scim_tokens.list(world.call("scim_tokens.list"), Listing())
    read = await world.services.scim_tokens.get(world.call("scim_tokens.get"), made.id)
    assert listed.items == (made,)
    assert read == made
    told = repr((made, listed, world.audit.changes))
    for secret in (token, token.removeprefix("dgwscim_"), digest_of(token)):
        assert secret is not None
        assert secret not in told


async def test_what_is_done_is_audited(world: World) -> None:
    """A provider that is made for the first token has its own line; so has the revocation."""
    made, _ = await _issue(world)
    await world.services.scim_tokens.delete(world.call("scim_tokens.delete"), made.id)
    lines = [(change.action, change.target) for change in world.audit.changes]
    assert lines == [
        ("identity_providers.create", made.identity_provider_id),
        ("scim_tokens.create", made.id),
        ("scim_tokens.delete", made.id),
    ]
    assert {change.tenant_id for change in world.audit.changes} == {made.tenant_id}


async def test_the_provider_is_chosen_or_named(world: World) -> None:
    """The only one of type SCIM; with several one must be named, and be of that type."""
    providers = (await world.tenant()).identity_providers
    saml = await providers.add({"name": "saml", "type": ProviderType.SAML})
    first, _ = await _issue(world, "first")
    again, _ = await _issue(world, "again")
    assert again.identity_provider_id == first.identity_provider_id
    other = await providers.add({"name": "other", "type": ProviderType.SCIM})
    named, _ = await _issue(world, "named", identity_provider_id=other.id.upper())
    assert named.identity_provider_id == other.id
    for wrong in (None, saml.id, "nonsense", f"idp_{'0' * 32}"):
        with pytest.raises(Invalid) as refused:
            await _issue(world, "wrong", identity_provider_id=wrong)
        assert [p.loc for p in refused.value.problems] == [("body", "identity_provider_id")]


async def test_the_end_is_in_whole_seconds(world: World) -> None:
    """A span counts from now; a time may come in any zone."""
    span, _ = await _issue(world, "span", lifetime=timedelta(days=90))
    assert span.expires_at == datetime(2026, 5, 30, 12, 0, tzinfo=UTC)
    ahead = timezone(timedelta(hours=2))
    point, _ = await _issue(
        world, "point", expires_at=datetime(2027, 1, 1, 1, 0, 0, 999_999, ahead)
    )
    assert point.expires_at == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "how",
    [
        {"expires_at": datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)},
        {"expires_at": datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)},
        {"expires_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))},
        {"expires_at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))},
        {"expires_at": datetime(2030, 1, 1, tzinfo=UTC), "lifetime": timedelta(days=1)},
    ],
)
async def test_an_end_that_is_none_is_refused(world: World, how: dict[str, Any]) -> None:
    """Past, outside the years in UTC, or given twice: nothing is made, not even a provider."""
    with pytest.raises(Invalid) as refused:
        await _issue(world, **how)
    assert [p.loc for p in refused.value.problems] == [("body", "expires_at")]
    assert world.audit.changes == []


async def test_names_are_taken_once_in_a_tenant(world: World) -> None:
    """A second one of the name is refused; another tenant may have it."""
    await _issue(world)
    with pytest.raises(Taken):
        await _issue(world, "OKTA")
    made, _ = await _issue(world, tenant_id="beta")
    assert made.tenant_id == world.tenants["beta"].id


async def test_tokens_are_within_reach_or_absent(world: World) -> None:
    """A tenant admin makes its own and sees no others; a SCIM client sees none at all."""
    service = world.services.scim_tokens
    foreign, _ = await _issue(world, tenant_id="gamma")
    own, _ = await service.issue(world.call("scim_tokens.create", role=Role.TENANT_ADMIN), "own")
    assert own.tenant_id == world.tenants["alpha"].id
    listed = await service.list(world.call("scim_tokens.list", role=Role.TENANT_ADMIN), Listing())
    assert listed.items == (own,)
    with pytest.raises(NotFound):
        await service.delete(world.call("scim_tokens.delete", role=Role.TENANT_ADMIN), foreign.id)
    with pytest.raises(NotFound):
        await service.issue(
            world.call("scim_tokens.create", role=Role.TENANT_ADMIN), "x", tenant_id="gamma"
        )
    with pytest.raises(Forbidden):
        await service.list(world.call("scim_tokens.list", role=Role.SCIM), Listing())


async def test_a_tenant_is_deleted_with_its_tokens(world: World) -> None:
    """Users keep a tenant; tokens go with it."""
    made, _ = await _issue(world)
    await world.services.tenants.delete(world.call("tenants.delete"), "alpha")
    with pytest.raises(NotFound):
        await world.services.scim_tokens.get(world.call("scim_tokens.get"), made.id)
