"""Who sees what, for each role and each action."""

from contextlib import suppress
from dataclasses import replace

import pytest

from gateway.domain.access import ACTIONS, Reach, Role
from gateway.domain.errors import Forbidden, NotFound
from gateway.services.listing import Listing, UserListing
from tests.gateway.services.world import World

CELLS = [(action, role) for action in sorted(ACTIONS) for role in Role]
GRANTED = [(a, r) for a, r in CELLS if r in ACTIONS[a]]
REFUSED = [(a, r) for a, r in CELLS if r not in ACTIONS[a]]
REACHED = {
    Reach.ALL: {"alpha", "beta", "gamma"},
    Reach.PARTNER: {"alpha", "beta"},
    Reach.TENANT: {"alpha"},
    Reach.ASSIGNED: {"alpha"},
}
MISSING_USER = f"usr_{'0' * 32}"


def _ids(world: World, *slugs: str) -> frozenset[str]:
    return frozenset(world.tenants[slug].id for slug in slugs)


async def _seen(world: World, action: str, role: Role) -> set[str]:
    seen = set()
    for slug in world.tenants:
        with suppress(NotFound):
            found = await world.services.access.tenant(world.call(action, slug, role=role))
            seen.add(found.tenant.slug)
    return seen


@pytest.mark.parametrize(("action", "role"), GRANTED)
async def test_reach(world: World, action: str, role: Role) -> None:
    """A role that has an action sees exactly the tenants within its reach."""
    assert await _seen(world, action, role) == REACHED[ACTIONS[action][role]]


@pytest.mark.parametrize(("action", "role"), REFUSED)
async def test_refusal(world: World, action: str, role: Role) -> None:
    """A role without an action is refused, also where the tenant does not exist."""
    access = world.services.access
    for slug in (*world.tenants, "nowhere"):
        with pytest.raises(Forbidden):
            await access.tenant(world.call(action, slug, role=role))
    with pytest.raises(Forbidden):
        await access.user(world.call(action, role=role), MISSING_USER)
    with pytest.raises(Forbidden):
        await access.scope(world.call(action, role=role))
    with pytest.raises(Forbidden):
        await access.visible(world.call(action, role=role), user_id=MISSING_USER)


@pytest.mark.parametrize(("action", "role"), GRANTED)
async def test_scope(world: World, action: str, role: Role) -> None:
    """A listing covers what the role reaches: None for everything, else the tenants."""
    scope = await world.services.access.scope(world.call(action, role=role))
    granted = ACTIONS[action][role]
    if granted is Reach.ALL:
        assert scope is None
    else:
        assert scope == _ids(world, *REACHED[granted])


@pytest.mark.parametrize(
    "role", [Role.SUPER_ADMIN, Role.PLATFORM_READ, Role.PARTNER_ADMIN, Role.TENANT_ADMIN]
)
async def test_users_without_a_tenant_in_the_path(world: World, role: Role) -> None:
    """A user is found in any tenant within reach, and a foreign one reads as absent."""
    users = {slug: await world.user(slug=slug) for slug in world.tenants}
    call = world.call("admin.users.get", role=role)
    reached = REACHED[ACTIONS[call.action][role]]
    with pytest.raises(NotFound) as absent:
        await world.services.access.user(call, MISSING_USER)
    for slug, user in users.items():
        if slug in reached:
            directory, found = await world.services.access.user(call, user.id.upper())
            assert (directory.tenant.slug, found) == (slug, user)
            continue
        with pytest.raises(NotFound) as hidden:
            await world.services.access.user(call, user.id)
        assert (hidden.value.detail, hidden.value.code) == (absent.value.detail, absent.value.code)


async def test_user_of_another_tenant_than_the_path(world: World) -> None:
    """A user is not found under a tenant that is not its own, whoever asks."""
    user = await world.user(slug="beta")
    with pytest.raises(NotFound) as absent:
        await world.services.access.user(world.call("tenant.users.get", "alpha"), user.id)
    assert absent.value.code == "user_not_found"


async def test_tenant_is_looked_at_before_the_user(world: World) -> None:
    """An unseen tenant in the path is what is missing, even where the user exists."""
    user = await world.user(slug="gamma")
    call = world.call("tenant.users.get", "gamma", role=Role.TENANT_ADMIN)
    with pytest.raises(NotFound) as absent:
        await world.services.access.user(call, user.id)
    assert absent.value.code == "tenant_not_found"


async def test_application_sees_assigned_users_only(world: World) -> None:
    """An application reads users that are assigned to it, directly or through nested groups."""
    tenant = await world.tenant()
    direct, nested, other = [await world.user(name) for name in ("direct", "nested", "other")]
    inner = await tenant.groups.add({"name": "inner"})
    outer = await tenant.groups.add({"name": "outer"})
    await tenant.groups.add_members(inner.id, [nested.id])
    await tenant.groups.add_members(outer.id, [inner.id])
    shop = await tenant.applications.add({"client_id": "shop"})
    await tenant.applications.add_members(shop.id, [direct.id, outer.id])
    call = world.call("tenant.users.get", "alpha", role=Role.APPLICATION)
    for user in (direct, nested):
        assert (await world.services.users.get(call, user.id)).user == user
    with pytest.raises(NotFound):
        await world.services.users.get(call, other.id)


async def test_application_that_is_gone_sees_nobody(world: World) -> None:
    """The token of a deleted application reads no user, and says no more than that."""
    user = await world.user()
    call = world.call("tenant.users.get", "alpha", role=Role.APPLICATION)
    with pytest.raises(NotFound) as absent:
        await world.services.users.get(call, user.id)
    assert absent.value.code == "user_not_found"


async def test_application_sees_its_own_effective_users_only(world: World) -> None:
    """Another application's assignments read as no application at all."""
    tenant = await world.tenant()
    await tenant.applications.add({"client_id": "shop"})
    other = await tenant.applications.add({"client_id": "other"})
    call = world.call("tenant.applications.effective_users", "alpha", role=Role.APPLICATION)
    with pytest.raises(NotFound) as absent:
        await world.services.applications.effective_users(call, other.id)
    assert absent.value.code == "application_not_found"


async def test_token_may_name_its_tenant_by_slug(world: World) -> None:
    """A tenant admin whose token holds the slug reaches that tenant and no other."""
    call = world.call("admin.users.list", role=Role.TENANT_ADMIN)
    call = replace(call, principal=replace(call.principal, tenant_id="Alpha"))
    assert await world.services.access.scope(call) == _ids(world, "alpha")
    assert (await world.services.access.tenant(call, "alpha")).tenant.slug == "alpha"
    with pytest.raises(NotFound):
        await world.services.access.tenant(call, "beta")


@pytest.mark.parametrize("role", [Role.TENANT_ADMIN, Role.PARTNER_ADMIN])
async def test_claims_of_nothing_reach_nothing(world: World, role: Role) -> None:
    """An admin token without a tenant or partner reaches no tenant, also none without partner."""
    await world.directory.tenants.add({"slug": "orphan"})
    call = world.call("admin.users.list", role=role)
    call = replace(call, principal=replace(call.principal, tenant_id=None, partner_id=None))
    assert await world.services.access.scope(call) == frozenset()
    with pytest.raises(NotFound):
        await world.services.access.tenant(call, "orphan")


async def test_filters_narrow_and_never_widen(world: World) -> None:
    """Filters of a listing name what the caller sees, or nothing that exists."""
    access, tenants = world.services.access, world.tenants
    north, south = world.partners["north"].id, world.partners["south"].id
    for role in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN):
        call = world.call("admin.users.list", role=role)
        assert await access.scope(call, partner_id=north) == _ids(world, "alpha", "beta")
        assert await access.scope(call, tenant_id="beta") == _ids(world, "beta")
    call = world.call("admin.users.list", role=Role.SUPER_ADMIN)
    assert await access.scope(call, partner_id=south, tenant_id="beta") == frozenset()
    call = world.call("admin.users.list", role=Role.PARTNER_ADMIN)
    for unseen in (south, f"prt_{'0' * 32}", "nonsense"):
        with pytest.raises(NotFound) as absent:
            await access.scope(call, partner_id=unseen)
        assert absent.value.code == "partner_not_found"
    for unseen in ("gamma", tenants["gamma"].id, "nonsense"):
        with pytest.raises(NotFound) as absent:
            await access.scope(call, tenant_id=unseen)
        assert absent.value.code == "tenant_not_found"


async def test_a_tenant_admin_may_name_its_own_partner(world: World) -> None:
    """The partner of one's own tenant is no secret, and narrows to that tenant."""
    call = world.call("admin.users.list", role=Role.TENANT_ADMIN)
    north, south = world.partners["north"].id, world.partners["south"].id
    assert await world.services.access.scope(call, partner_id=north) == _ids(world, "alpha")
    with pytest.raises(NotFound):
        await world.services.access.scope(call, partner_id=south)


async def test_listings_hold_nobody_from_outside(world: World) -> None:
    """The admin list of each role holds the users of its tenants, and no others."""
    for slug in world.tenants:
        await world.user(slug=slug)
    for role in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.TENANT_ADMIN):
        call = world.call("admin.users.list", role=role)
        page = await world.services.users.list(call, UserListing())
        reached = REACHED[ACTIONS[call.action][role]]
        assert {user.tenant_id for user in page.items} == {world.tenants[s].id for s in reached}
        assert page.total == len(reached)


async def test_groups_and_providers_across_tenants(world: World) -> None:
    """A group or provider is found without its tenant's name, within reach only."""
    made = {}
    for slug in world.tenants:
        tenant = await world.tenant(slug)
        group = await tenant.groups.add({"name": "staff"})
        provider = await tenant.identity_providers.add({"name": "sso", "type": "OIDC"})
        made[slug] = (group, provider)
    services = world.services
    for slug, (group, provider) in made.items():
        groups = world.call("groups.get", role=Role.PARTNER_ADMIN)
        providers = world.call("identity_providers.get", role=Role.PARTNER_ADMIN)
        if slug == "gamma":
            with pytest.raises(NotFound):
                await services.groups.get(groups, group.id)
            with pytest.raises(NotFound):
                await services.identity_providers.get(providers, provider.id)
        else:
            assert await services.groups.get(groups, group.id) == group
            assert await services.identity_providers.get(providers, provider.id) == provider
    listed = await services.groups.list(
        world.call("groups.list", role=Role.TENANT_ADMIN), Listing()
    )
    assert [group.id for group in listed.items] == [made["alpha"][0].id]


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("tenants.get", "tenant_id"),
        ("partners.get", "partner_id"),
        ("admin.users.update", "user_id"),
        ("groups.members.add", "group_id"),
        ("identity_providers.delete", "identity_provider_id"),
        ("applications.get", "application_id"),
    ],
)
async def test_visible_tells_what_the_action_would(world: World, action: str, name: str) -> None:
    """Before a wrong body is told, what the path names must be there."""
    with pytest.raises(NotFound):
        await world.services.access.visible(world.call(action), **{name: "nothing"})


async def test_visible_of_a_tenants_path(world: World) -> None:
    """What a tenant's path names is looked for in that tenant."""
    user = await world.user()
    visible = world.services.access.visible
    await visible(world.call("tenant.users.update", "alpha"), tenant_id="alpha", user_id=user.id)
    with pytest.raises(NotFound) as absent:
        await visible(world.call("tenant.users.update", "beta"), tenant_id="beta", user_id=user.id)
    assert absent.value.code == "user_not_found"
    with pytest.raises(NotFound) as absent:
        await visible(world.call("ous.create", "nowhere"), tenant_id="nowhere")
    assert absent.value.code == "tenant_not_found"


async def test_one_request(world: World) -> None:
    """Within one request the tenant stays found; the next request sees what became of it."""
    access, call = world.services.access, world.call("tenant.users.get", "alpha")
    request = access.of_one_request()
    first = await request.tenant(call)
    await world.directory.tenants.update(first.tenant.id, {"slug": "omega"})
    assert (await request.tenant(call)).tenant.id == first.tenant.id
    for later in (access, access.of_one_request()):
        with pytest.raises(NotFound):
            await later.tenant(call)


async def test_authority_within_one_request(world: World) -> None:
    """That a request has seen a tenant gives nobody a way into it."""
    request, alpha = world.services.access.of_one_request(), world.tenants["alpha"].id
    await request.tenant(world.call("tenant.users.get", alpha))
    with pytest.raises(NotFound):
        await request.tenant(
            world.call("tenant.users.get", alpha, role=Role.TENANT_ADMIN, slug="beta")
        )
    with pytest.raises(Forbidden):
        await request.tenant(world.call("tenant.users.get", alpha, role=Role.SCIM))


async def test_missing_within_one_request(world: World) -> None:
    """A tenant that was absent is looked for again."""
    request = world.services.access.of_one_request()
    with pytest.raises(NotFound):
        await request.tenant(world.call("tenant.users.get", "delta"))
    made = await world.directory.tenants.add({"slug": "delta", "name": "Delta"})
    assert (await request.tenant(world.call("tenant.users.get", "delta"))).tenant.id == made.id
