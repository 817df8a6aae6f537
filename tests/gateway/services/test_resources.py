"""Tenants, partners, units, groups, providers and applications through their services."""

import pytest

from gateway.domain.access import Role
from gateway.domain.errors import Conflict, Invalid, NotFound, StaleVersion, Taken
from gateway.domain.model import ProviderType
from gateway.services.listing import Listing
from tests.gateway.services.world import World


def _where(refused: Invalid) -> list[tuple[str | int, ...]]:
    return [problem.loc for problem in refused.problems]


async def test_tenant_life(world: World) -> None:
    """A tenant is made with its partner, read by id and slug, and deleted while it is empty."""
    tenants, partner = world.services.tenants, world.partners["south"]
    values = {"slug": "delta", "name": "Delta", "partner_id": partner.id.upper()}
    made = await tenants.create(world.call("tenants.create"), values)
    assert (made.slug, made.name, made.partner_id) == ("delta", "Delta", partner.id)
    for ref in (made.id, "delta"):
        assert await tenants.get(world.call("tenants.get"), ref) == made
    with pytest.raises(Taken):
        await tenants.create(world.call("tenants.create"), values)
    await world.user(slug="delta")
    with pytest.raises(Conflict):
        await tenants.delete(world.call("tenants.delete"), made.id)
    with pytest.raises(StaleVersion):
        await tenants.delete(world.call("tenants.delete"), "alpha", version="stale")
    await tenants.delete(world.call("tenants.delete"), "alpha")
    with pytest.raises(NotFound):
        await tenants.get(world.call("tenants.get"), "alpha")


@pytest.mark.parametrize(
    "slug", [None, "", "A", "a b", "-a", "a-", "a_b", "a/b", "ü", "x" * 64, "a\n", "tnt_x"]
)
async def test_slugs(world: World, slug: str | None) -> None:
    """Slugs of tenants and partners fit into paths and host names, and never look like ids."""
    with pytest.raises(Invalid) as refused:
        await world.services.tenants.create(world.call("tenants.create"), {"slug": slug})
    assert _where(refused.value) == [("body", "slug")]
    with pytest.raises(Invalid):
        await world.services.partners.create(world.call("partners.create"), {"slug": slug})


async def test_partner_admins_tenants_are_its_partners(world: World) -> None:
    """A partner admin makes tenants for its own partner alone."""
    create = world.services.tenants.create
    call = world.call("tenants.create", role=Role.PARTNER_ADMIN)
    own = world.partners["north"].id
    assert (await create(call, {"slug": "d1"})).partner_id == own
    assert (await create(call, {"slug": "d2", "partner_id": own})).partner_id == own
    for unseen in (world.partners["south"].id, "nonsense", f"prt_{'0' * 32}"):
        with pytest.raises(NotFound) as absent:
            await create(call, {"slug": "d3", "partner_id": unseen})
        assert absent.value.code == "partner_not_found"


async def test_tenants_within_reach(world: World) -> None:
    """Each admin lists its tenants; search and paging work on those."""
    listing = world.services.tenants.list
    names = {}
    for role in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.TENANT_ADMIN):
        page = await listing(world.call("tenants.list", role=role), Listing())
        names[role] = {tenant.slug for tenant in page.items}
    assert names == {
        Role.SUPER_ADMIN: {"alpha", "beta", "gamma"},
        Role.PARTNER_ADMIN: {"alpha", "beta"},
        Role.TENANT_ADMIN: {"alpha"},
    }
    found = await listing(world.call("tenants.list"), Listing(search="GAM"))
    assert [tenant.slug for tenant in found.items] == ["gamma"]
    page = await listing(world.call("tenants.list"), Listing(page=2, per_page=2))
    assert (len(page.items), page.total) == (1, 3)


async def test_partners(world: World) -> None:
    """A partner admin sees its own partner; a partner with tenants is not deleted."""
    partners = world.services.partners
    north, south = world.partners["north"], world.partners["south"]
    call = world.call("partners.list", role=Role.PARTNER_ADMIN)
    assert (await partners.list(call, Listing())).items == (north,)
    assert (await partners.list(world.call("partners.list"), Listing())).total == 2
    read = world.call("partners.get", role=Role.PARTNER_ADMIN)
    assert await partners.get(read, north.id) == north
    with pytest.raises(NotFound):
        await partners.get(read, south.id)
    with pytest.raises(Conflict):
        await partners.delete(world.call("partners.delete"), north.id)
    made = await partners.create(world.call("partners.create"), {"slug": "west", "name": "West"})
    await partners.delete(world.call("partners.delete"), made.id, version=made.version)
    with pytest.raises(NotFound):
        await partners.get(world.call("partners.get"), made.id)


async def test_units(world: World) -> None:
    """Units nest; one that holds something is not deleted; a parent must exist in the tenant."""
    ous = world.services.ous
    create = world.call("ous.create", "alpha")
    top = await ous.create(create, {"name": "Sales"})
    below = await ous.create(create, {"name": "East/West", "parent_id": top.id.upper()})
    assert below.path == "/Sales/East%2FWest"
    listed = await ous.list(world.call("ous.list", "alpha"), Listing())
    assert {unit.id for unit in listed.items} == {top.id, below.id}
    with pytest.raises(Conflict):
        await ous.delete(world.call("ous.delete", "alpha"), top.id)
    for unknown in ("nonsense", f"ou_{'0' * 32}"):
        with pytest.raises(Invalid) as refused:
            await ous.create(create, {"name": "x", "parent_id": unknown})
        assert _where(refused.value) == [("body", "parent_id")]
    with pytest.raises(NotFound):
        await ous.get(world.call("ous.get", "beta"), top.id)
    await ous.delete(world.call("ous.delete", "alpha"), below.id)
    await ous.delete(world.call("ous.delete", "alpha"), top.id)


async def test_tenant_of_a_new_resource(world: World) -> None:
    """Beside a tenant's path the tenant is named, but for a tenant admin; it must be seen."""
    create = world.services.groups.create
    with pytest.raises(Invalid) as refused:
        await create(world.call("groups.create"), {"name": "staff"})
    assert _where(refused.value) == [("body", "tenant_id")]
    own = await create(world.call("groups.create", role=Role.TENANT_ADMIN), {"name": "staff"})
    assert own.tenant_id == world.tenants["alpha"].id
    with pytest.raises(Taken):
        await create(world.call("groups.create"), {"name": "Staff"}, tenant_id="alpha")
    call = world.call("groups.create", role=Role.TENANT_ADMIN)
    with pytest.raises(NotFound):
        await create(call, {"name": "other"}, tenant_id="beta")


async def test_group_members(world: World) -> None:
    """Members come and go one by one; who is there already or is not there is success."""
    groups = world.services.groups
    group = await groups.create(world.call("groups.create"), {"name": "g"}, tenant_id="alpha")
    inner = await groups.create(world.call("groups.create"), {"name": "i"}, tenant_id="alpha")
    ann = await world.user()
    add, remove = world.call("groups.members.add"), world.call("groups.members.remove")
    for _ in range(2):
        await groups.add_members(add, group.id, [ann.id.upper(), inner.id, ann.id])
    page = await groups.members(world.call("groups.members.list"), group.id, page=1, per_page=1)
    assert (len(page.items), page.total) == (1, 2)
    for _ in range(2):
        await groups.remove_members(remove, group.id, [ann.id])
    page = await groups.members(world.call("groups.members.list"), group.id)
    assert [member.id for member in page.items] == [inner.id]
    with pytest.raises(NotFound):
        await groups.remove_members(remove, group.id, ["nonsense"])


async def test_unknown_members(world: World) -> None:
    """Members that do not exist in the tenant are named, and nobody was added."""
    groups = world.services.groups
    group = await groups.create(world.call("groups.create"), {"name": "g"}, tenant_id="alpha")
    ann, foreign = await world.user(), await world.user(slug="beta")
    call = world.call("groups.members.add")
    with pytest.raises(Invalid) as refused:
        await groups.add_members(call, group.id, [ann.id, "nonsense", "tnt_1"])
    assert _where(refused.value) == [("body", "member_ids", 1), ("body", "member_ids", 2)]
    for unknown in (foreign.id, f"usr_{'0' * 32}", f"grp_{'0' * 32}"):
        with pytest.raises(Invalid) as refused:
            await groups.add_members(call, group.id, [ann.id, unknown])
        assert {loc[:2] for loc in _where(refused.value)} == {("body", "member_ids")}
    page = await groups.members(world.call("groups.members.list"), group.id)
    assert page.total == 0


async def test_providers(world: World) -> None:
    """Identity providers are made, listed over tenants, and deleted."""
    service = world.services.identity_providers
    values = {"name": "sso", "type": ProviderType.SAML, "description": None}
    made = await service.create(world.call("identity_providers.create"), values, tenant_id="alpha")
    assert (made.name, made.type) == ("sso", ProviderType.SAML)
    listed = await service.list(world.call("identity_providers.list"), Listing(search="SS"))
    assert listed.items == (made,)
    nowhere = await service.list(world.call("identity_providers.list"), Listing(search="\0"))
    assert nowhere.total == 0
    await service.delete(world.call("identity_providers.delete"), made.id, version=made.version)
    with pytest.raises(NotFound):
        await service.get(world.call("identity_providers.get"), made.id)


async def test_applications(world: World) -> None:
    """A registered application gets a secret that is told once and opens only its own client."""
    service = world.services.applications
    values = {"client_id": "shop", "scopes": ("a", "b")}
    made, secret = await service.register(
        world.call("applications.create"), values, tenant_id="alpha"
    )
    assert made.scopes == ("a", "b")
    applications = (await world.tenant()).applications
    assert await applications.check_secret("shop", secret)
    assert not await applications.check_secret("shop", secret + "x")
    assert all(secret not in repr(change) for change in world.audit.changes)


async def test_effective_users(world: World) -> None:
    """Effective users are those assigned directly or through groups, each once, in pages."""
    service, tenant = world.services.applications, await world.tenant()
    made, _ = await service.register(
        world.call("applications.create"), {"client_id": "shop"}, tenant_id="alpha"
    )
    users = [await world.user(f"u{number}") for number in range(4)]
    group = await tenant.groups.add({"name": "g"})
    await tenant.groups.add_members(group.id, [users[0].id, users[1].id])
    call = world.call("applications.members.add")
    await service.add_members(call, made.id, [group.id, users[1].id, users[2].id])
    call = world.call("tenant.applications.effective_users", "alpha", role=Role.APPLICATION)
    first = await service.effective_users(call, made.id, page=1, per_page=2)
    second = await service.effective_users(call, made.id, page=2, per_page=2)
    assert first.total == second.total == 3
    found = [user.id for user in (*first.items, *second.items)]
    assert found == sorted(user.id for user in users[:3])
