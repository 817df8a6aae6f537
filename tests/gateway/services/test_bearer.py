"""Bearer tokens of either kind: who the bearer is, and when it is nobody."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from gateway.domain.access import Principal, Role
from gateway.domain.errors import Unauthenticated
from gateway.domain.model import ScimToken
from gateway.services.bearer import BearerVerifier
from gateway.services.scim_tokens import new_token
from tests.gateway.services.world import World

SOMEBODY = Principal(subject="somebody", role=Role.SUPER_ADMIN)


@dataclass
class Jwts:
    """A verifier that takes whatever it is given for a token of one caller."""

    asked: list[str] = field(default_factory=list)

    async def verify(self, token: str) -> Principal:
        """Accept."""
        self.asked.append(token)
        return SOMEBODY


def _verifier(world: World, jwts: Jwts | None = None) -> BearerVerifier:
    return BearerVerifier(directory=world.directory, jwts=jwts or Jwts(), clock=world.clock)


async def _issue(world: World, lifetime: timedelta | None = None) -> tuple[ScimToken, str]:
    call = world.call("scim_tokens.create", "alpha")
    return await world.services.scim_tokens.issue(call, "okta", lifetime=lifetime)


async def _refusal(verifier: BearerVerifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    assert (refused.value.presented, refused.value.code) == (True, "invalid_token")
    assert token not in refused.value.detail
    return refused.value.detail


async def test_the_bearer_of_a_scim_token(world: World) -> None:
    """Its tenant, its provider and its id, and no session that could be ended."""
    made, token = await _issue(world)
    principal = await _verifier(world).verify(token)
    assert principal == Principal(
        subject=made.id,
        role=Role.SCIM,
        tenant_id=made.tenant_id,
        identity_provider_id=made.identity_provider_id,
        token_id=made.id,
        issued_at=made.created_at,
    )
    await world.services.sessions.check(principal.subject, principal.issued_at)


async def test_all_else_is_for_the_verifier_of_jwts(world: World) -> None:
    """What does not begin as a SCIM token is handed over; what does is never."""
    jwts = Jwts()
    verifier = _verifier(world, jwts)
    for token in ("eyJhbGciOi.e30.x", "", "DGWSCIM_" + "a" * 43):
        assert await verifier.verify(token) is SOMEBODY
    assert jwts.asked == ["eyJhbGciOi.e30.x", "", "DGWSCIM_" + "a" * 43]
    for token in (new_token(), "dgwscim_", "dgwscim_*", "dgwscim_" + "ä" * 43):
        await _refusal(verifier, token)
    assert len(jwts.asked) == 3


async def test_a_revoked_token_is_refused(world: World) -> None:
    """With the next request, though it was good a moment before."""
    made, token = await _issue(world)
    verifier = _verifier(world)
    await verifier.verify(token)
    await world.services.scim_tokens.delete(world.call("scim_tokens.delete"), made.id)
    await _refusal(verifier, token)


async def test_an_expired_token_is_refused(world: World) -> None:
    """From the very second in which it ends."""
    made, token = await _issue(world, timedelta(days=1))
    verifier = _verifier(world)
    assert made.expires_at is not None
    world.clock.now = made.expires_at - timedelta(microseconds=1)
    assert (await verifier.verify(token)).token_id == made.id
    world.clock.now = made.expires_at
    assert await _refusal(verifier, token) == "The token has expired"


async def test_a_token_of_a_deleted_provider_is_refused(world: World) -> None:
    """The client cannot act for a provider that is gone."""
    made, token = await _issue(world)
    call = world.call("identity_providers.delete")
    await world.services.identity_providers.delete(call, made.identity_provider_id)
    await _refusal(_verifier(world), token)


async def test_a_token_of_a_deleted_tenant_is_refused(world: World) -> None:
    """The tenant takes its tokens along, also where one of the same name follows."""
    _, token = await _issue(world)
    await world.services.tenants.delete(world.call("tenants.delete"), "alpha")
    await _refusal(_verifier(world), token)
    await world.services.tenants.create(world.call("tenants.create"), {"slug": "alpha"})
    await _refusal(_verifier(world), token)


async def test_all_services_share_the_verifier(world: World) -> None:
    """Whoever assembles the services has one that knows SCIM tokens."""
    made, token = await _issue(world)
    assert (await world.services.verifier.verify(token)).subject == made.id
