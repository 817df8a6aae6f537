"""Something of every kind in each tenant, for tests that ask for everything."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from gateway.domain.model import FederatedIdentity, IdentitySource, ProviderType
from tests.gateway.rest.house import House
from tests.gateway.services.world import PASSWORD

LINKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def furnish(house: House, slug: str = "alpha") -> dict[str, str]:
    """Fill a tenant; returns the ids that paths can be filled with."""
    world = house.world
    directory = await world.tenant(slug)
    provider = await directory.identity_providers.add({"name": "one", "type": ProviderType.LDAP})
    linked = await directory.identity_providers.add({"name": "two", "type": ProviderType.OIDC})
    link = FederatedIdentity(
        identity_provider_id=linked.id, external_id="ann-at-two", linked_at=LINKED_AT, primary=True
    )
    user = await world.user(
        "ann",
        slug,
        password=PASSWORD,
        federated_identities=(link,),
        identity_source=IdentitySource.LOCAL,
    )
    deleted = await world.user("gone", slug)
    await directory.users.retire(deleted.id)
    group = await directory.groups.add({"name": "staff"})
    await directory.groups.add_members(group.id, [user.id])
    application = await directory.applications.add({"client_id": "shop", "secret": "secret-1"})
    await directory.applications.add_members(application.id, [group.id])
    provisioning = await directory.identity_providers.add(
        {"name": "three", "type": ProviderType.SCIM}
    )
    token = await directory.scim_tokens.add(
        {
            "name": "one",
            "identity_provider_id": provisioning.id,
            "digest": sha256(slug.encode()).hexdigest(),
        }
    )
    unit = await directory.ous.add({"name": "Engineering"})
    tenant = world.tenants[slug]
    empty = await world.directory.tenants.add(
        {"slug": f"{slug}-empty", "partner_id": tenant.partner_id}
    )
    lonely = await world.directory.partners.add({"slug": f"{slug}-lonely"})
    return {
        "empty_tenant_id": empty.id,
        "lonely_partner_id": lonely.id,
        "tenant_id": tenant.id,
        "slug": slug,
        "partner_id": str(tenant.partner_id),
        "user_id": user.id,
        "member_id": user.id,
        "deleted_id": deleted.id,
        "group_id": group.id,
        "application_id": application.id,
        "identity_provider_id": provider.id,
        "linked_provider_id": linked.id,
        "ou_id": unit.id,
        "scim_token_id": token.id,
    }


def absent(ids: dict[str, str]) -> dict[str, str]:
    """Ids of the same kinds that nothing has."""
    return {
        name: f"{id_.partition('_')[0]}_{uuid4().hex}" if name.endswith("_id") else "nowhere"
        for name, id_ in ids.items()
    }
