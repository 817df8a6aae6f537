"""The sample data, over the ports in memory."""

from datetime import UTC, datetime

from adapters.memory.directory import MemoryDirectory
from gateway.devstack import people, sample
from gateway.domain.mismatch import MismatchKind, detect
from gateway.domain.model import MembershipType
from gateway.domain.query import Query
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory


def _directory() -> MemoryDirectory:
    return MemoryDirectory(lambda: datetime.now(UTC))


async def _kinds(tenant: TenantDirectory) -> set[MismatchKind]:
    providers = (await tenant.identity_providers.find(Query(limit=None))).items
    types = {provider.id: provider.type for provider in providers}
    users = (await tenant.users.find(Query(limit=None))).items
    return {found.kind for user in users if (found := detect(user, types))}


async def test_there_are_three_tenants_of_two_partners() -> None:
    """The first two tenants belong to the partner that tokens are made for."""
    directory = _directory()
    ids = await sample.ensure(directory)
    tenants = (await directory.tenants.find(Query(limit=None))).items
    by_slug = {tenant.slug: tenant for tenant in tenants}
    assert set(by_slug) == {"acme", "birch", "cedar"}
    assert by_slug["acme"].id == ids["tenant"]
    assert by_slug["acme"].partner_id == by_slug["birch"].partner_id == ids["partner"]
    assert by_slug["cedar"].partner_id not in (None, ids["partner"])


async def test_two_tenants_have_a_user_of_each_mismatch_kind() -> None:
    """The third has none, to compare."""
    directory = _directory()
    await sample.ensure(directory)
    kinds = {
        slug: await _kinds(await directory.tenant(slug)) for slug in ("acme", "birch", "cedar")
    }
    assert kinds == {"acme": set(MismatchKind), "birch": set(MismatchKind), "cedar": set()}


async def test_each_tenant_shows_all_there_is() -> None:
    """Nested units and groups, every status, a second factor, assigned users and groups."""
    directory = _directory()
    await sample.ensure(directory)
    for slug in ("acme", "birch", "cedar"):
        tenant = await directory.tenant(slug)
        users = (await tenant.users.find(Query(limit=None))).items
        assert {user.status for user in users} == set(UserStatus)
        assert any(user.mfa_enabled for user in users)
        assert "/Engineering/Platform/Identity" in {user.ou_path for user in users}
        ada = await tenant.users.by_login("ada.young")
        types = {m.name: m.type for m in await tenant.groups.memberships(ada.id)}
        assert types["platform"] is MembershipType.DIRECT
        assert types["everyone"] is MembershipType.NESTED
        portal = await tenant.applications.by_client_id(people.CLIENT_ID)
        members = (await tenant.applications.members(portal.id, offset=0, limit=10)).items
        assert {member.id[:3] for member in members} == {"usr", "grp"}


async def test_the_user_of_the_tokens_is_assigned_to_their_application() -> None:
    """So an application token can read somebody."""
    directory = _directory()
    ids = await sample.ensure(directory)
    tenant = await directory.tenant(ids["tenant"])
    assert await tenant.applications.is_assigned(ids["application"], ids["user"])


async def test_doing_it_again_adds_nothing() -> None:
    """A run that was cut off is completed by the next one, which finds the same ids."""
    directory = _directory()
    first = await sample.ensure(directory)
    before = (await directory.users(None).find(Query(limit=None))).total
    assert await sample.ensure(directory) == first
    assert (await directory.users(None).find(Query(limit=None))).total == before
