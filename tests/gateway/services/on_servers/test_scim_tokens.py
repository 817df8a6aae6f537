"""SCIM tokens over slapd: the directory decides races."""

import asyncio

from gateway.domain.errors import Taken
from gateway.domain.model import ProviderType, ScimToken
from gateway.domain.query import Compare, Query
from tests.gateway.services.on_servers.site import Site


async def _issue(site: Site, name: str) -> ScimToken:
    made, _ = await site.services.scim_tokens.issue(site.call("scim_tokens.create"), name)
    return made


async def test_the_first_tokens_of_a_tenant_share_one_provider(site: Site) -> None:
    """Whoever comes too late to make the provider finds the one that was made."""
    made = await asyncio.gather(*(_issue(site, f"client {number}") for number in range(8)))
    found = await site.tenant.identity_providers.find(
        Query(filter=Compare("type", "eq", ProviderType.SCIM))
    )
    assert found.total == 1
    assert {token.identity_provider_id for token in made} == {found.items[0].id}


async def test_one_name_is_given_once(site: Site) -> None:
    """Of several that ask for the same name at once, one gets it."""
    await _issue(site, "first")  # so that there is a provider
    answers = await asyncio.gather(
        *(_issue(site, "okta") for _ in range(6)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["ScimToken"] + ["Taken"] * 5
    assert all(isinstance(answer, ScimToken | Taken) for answer in answers)
