"""Mismatches: what is found, what would be done, and what a fix does."""

from datetime import UTC, datetime

import pytest

from gateway.domain.access import Role
from gateway.domain.errors import Forbidden, NotFound
from gateway.domain.mismatch import MismatchCount, MismatchKind, Outcome
from gateway.domain.model import FederatedIdentity, IdentitySource, ProviderType, User
from gateway.services.mismatches import MismatchPage
from tests.gateway.services.world import World

GONE = f"idp_{'9' * 32}"
SHOW = "admin.users.mismatches"
FIX = "admin.users.mismatches.fix"


def _linked(
    provider_id: str, external_id: str = "x", *, primary: bool = False
) -> FederatedIdentity:
    return FederatedIdentity(
        identity_provider_id=provider_id,
        external_id=external_id,
        linked_at=datetime(2026, 1, 1, tzinfo=UTC),
        primary=primary,
    )


async def _populate(world: World, slug: str = "alpha") -> dict[str, User]:
    """One user of each kind in a tenant, and two without a fault."""
    tenant = await world.tenant(slug)
    oidc = await tenant.identity_providers.add({"name": "o", "type": ProviderType.OIDC})
    ldap = await tenant.identity_providers.add({"name": "l", "type": ProviderType.LDAP})
    specs: dict[str, dict[str, object]] = {
        "local": {},
        "agrees": {
            "identity_source": IdentitySource.OIDC,
            "federated_identities": (_linked(oidc.id),),
        },
        "mismatch": {"federated_identities": (_linked(oidc.id),)},
        "primary": {
            "identity_source": IdentitySource.SAML,
            "federated_identities": (_linked(oidc.id), _linked(ldap.id, primary=True)),
        },
        "missing": {"identity_source": IdentitySource.SCIM},
        "dangling": {"federated_identities": (_linked(GONE),)},
    }
    users = {}
    for name, values in specs.items():
        users[name] = await world.user(name, slug, **values)
        world.clock.advance(seconds=1)
    return users


def _told(page: MismatchPage) -> dict[str, tuple[MismatchKind, IdentitySource | None, Outcome]]:
    return {
        item.mismatch.user.username: (
            item.mismatch.kind,
            item.mismatch.expected_source,
            item.outcome,
        )
        for item in page.items
    }


async def test_report(world: World) -> None:
    """Each kind is told once with what would be done, newest user first, counts over all."""
    await _populate(world)
    page = await world.services.mismatches.list(world.call(SHOW))
    assert _told(page) == {
        "mismatch": (MismatchKind.MISMATCH, IdentitySource.OIDC, Outcome.PLANNED),
        "primary": (MismatchKind.MISMATCH, IdentitySource.LDAP, Outcome.PLANNED),
        "missing": (MismatchKind.MISSING_LINK, None, Outcome.NOT_FIXABLE),
        "dangling": (MismatchKind.DANGLING_LINK, None, Outcome.NOT_FIXABLE),
    }
    names = [item.mismatch.user.username for item in page.items]
    assert names == ["dangling", "missing", "primary", "mismatch"]
    assert page.total == sum(count.count for count in page.counts) == 4
    assert not any(item.fixed for item in page.items)


async def test_counts_cover_the_whole_filter(world: World) -> None:
    """Counts and totals are the same on every page, most frequent first."""
    await _populate(world)
    await _populate(world, "beta")
    show = world.services.mismatches.list
    first = await show(world.call(SHOW), page=1, per_page=3)
    last = await show(world.call(SHOW), page=3, per_page=3)
    past = await show(world.call(SHOW), page=4, per_page=3)
    assert (len(first.items), len(last.items), len(past.items)) == (3, 2, 0)
    assert first.total == last.total == past.total == 8
    assert first.counts == last.counts == past.counts
    assert {count.count for count in first.counts} == {2}
    assert (
        MismatchCount(
            identity_source=IdentitySource.LOCAL, expected_source=IdentitySource.OIDC, count=2
        )
        in first.counts
    )


async def test_fix_applies_the_plan_of_the_page(world: World) -> None:
    """A fix mends what the same page planned, nothing of other pages, nothing unfixable."""
    users = await _populate(world)
    service = world.services.mismatches
    plan = await service.list(world.call(SHOW), page=1, per_page=3)
    done = await service.fix(world.call(FIX), page=1, per_page=3)
    assert [i.mismatch for i in done.items] == [i.mismatch for i in plan.items]
    assert (done.total, done.counts) == (plan.total, plan.counts)
    assert _told(done) == {
        "dangling": (MismatchKind.DANGLING_LINK, None, Outcome.NOT_FIXABLE),
        "missing": (MismatchKind.MISSING_LINK, None, Outcome.NOT_FIXABLE),
        "primary": (MismatchKind.MISMATCH, IdentitySource.LDAP, Outcome.FIXED),
    }
    tenant = await world.tenant()
    assert (await tenant.users.get(users["primary"].id)).identity_source is IdentitySource.LDAP
    for name in ("mismatch", "missing", "dangling", "local", "agrees"):
        assert await tenant.users.get(users[name].id) == users[name]
    left = await service.list(world.call(SHOW))
    assert set(_told(left)) == {"mismatch", "missing", "dangling"}


async def test_users_changed_meanwhile_are_skipped(world: World) -> None:
    """Whoever changed between finding and fixing is left alone, and said so."""
    users = await _populate(world)
    tenant = await world.tenant()
    service = world.services.mismatches
    plan = await service.list(world.call(SHOW))
    await tenant.users.update(users["mismatch"].id, {"first_name": "Ann"})
    await tenant.users.retire(users["primary"].id)
    outcomes = [item.outcome for item in (await service.apply(world.call(FIX), plan)).items]
    assert sorted(outcomes) == sorted([Outcome.NOT_FIXABLE] * 2 + [Outcome.SKIPPED_CHANGED] * 2)
    after = await tenant.users.get(users["mismatch"].id)
    assert (after.identity_source, after.first_name) == (IdentitySource.LOCAL, "Ann")


async def test_reach(world: World) -> None:
    """Each admin sees the mismatches of its tenants; a named one must be among them."""
    for slug in world.tenants:
        await _populate(world, slug)
    show = world.services.mismatches.list
    totals = {
        role: (await show(world.call(SHOW, role=role))).total
        for role in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.TENANT_ADMIN)
    }
    assert totals == {Role.SUPER_ADMIN: 12, Role.PARTNER_ADMIN: 8, Role.TENANT_ADMIN: 4}
    named = await show(world.call(SHOW), tenant_id="gamma")
    assert {i.mismatch.user.tenant_id for i in named.items} == {world.tenants["gamma"].id}
    with pytest.raises(NotFound):
        await show(world.call(SHOW, role=Role.PARTNER_ADMIN), tenant_id="gamma")


async def test_fixing_needs_write_authority(world: World) -> None:
    """A platform token that may only read sees the plan and cannot apply it."""
    await _populate(world)
    service = world.services.mismatches
    assert (await service.list(world.call(SHOW, role=Role.PLATFORM_READ))).total == 4
    with pytest.raises(Forbidden):
        await service.fix(world.call(FIX, role=Role.PLATFORM_READ))


async def test_fixes_are_audited(world: World) -> None:
    """Each mended user is a line of the audit log, from which source to which."""
    await _populate(world)
    await world.services.mismatches.fix(world.call(FIX))
    told = [(c.action, c.before, c.after) for c in world.audit.changes]
    assert told == [
        (
            FIX,
            {"identity_source": IdentitySource.SAML},
            {"identity_source": IdentitySource.LDAP},
        ),
        (
            FIX,
            {"identity_source": IdentitySource.LOCAL},
            {"identity_source": IdentitySource.OIDC},
        ),
    ]
