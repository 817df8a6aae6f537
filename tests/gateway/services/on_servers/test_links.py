"""One-time links and federated identities, where the directory decides."""

from collections.abc import Awaitable

import pytest

from gateway.domain.errors import (
    Invalid,
    NotFound,
    Taken,
)
from gateway.domain.mismatch import Outcome
from gateway.domain.model import IdentitySource, ProviderType, User
from gateway.domain.status import UserStatus
from gateway.services.creation import NewUser
from tests.gateway.services.on_servers.site import NEW, Site, outcomes
from tests.gateway.services.world import PASSWORD


async def test_a_link_is_spent_once(site: Site) -> None:
    """Of many who use one link at the same time, one sets the password."""
    user = await site.user()
    token = await site.token(user)
    slug = site.tenant.tenant.slug
    tries = [f"Chosen-horse-{n}" for n in range(4)]
    redeem = site.services.credentials.redeem_link
    seen = await outcomes(*(redeem(slug, token, password) for password in tries))
    assert sorted(t.__name__ for t in seen) == ["NoneType", *["NotFound"] * 3]
    assert [site.binds(password) for password in tries].count(True) == 1


async def test_a_refused_password_keeps_the_link(site: Site) -> None:
    """What the directory's policy refuses is told with its reason, and the link stays good."""
    user = await site.user()
    token = await site.token(user)
    slug = site.tenant.tenant.slug
    for refused in ("x", PASSWORD):
        with pytest.raises(Invalid) as problem:
            await site.services.credentials.redeem_link(slug, token, refused)
        assert [p.loc for p in problem.value.problems] == [("body", "new_password")]
        assert site.binds()
    await site.services.credentials.redeem_link(slug, token, NEW)
    assert site.binds(NEW)


async def test_a_link_does_not_overrule_who_disables_meanwhile(site: Site) -> None:
    """A pending user whom an administrator disables is not activated by its link."""
    call = site.call("tenant.users.create")
    new = NewUser(values={"email": "ann@x.example", "username": "ann"})
    made = await site.services.users.create(call, new)
    token = site.mailer.sent[-1].values["link"].rsplit("/", 1)[1]
    site.modify("replace: dgwStatus\ndgwStatus: DISABLED")
    await site.services.credentials.redeem_link(site.tenant.tenant.slug, token, NEW)
    assert await site.status(made.user) is UserStatus.DISABLED
    assert not site.binds(NEW)


async def test_no_account_is_linked_twice(site: Site) -> None:
    """Two users that are linked to one account at the same time do not both keep it."""
    provider = await site.tenant.identity_providers.add({"name": "o", "type": ProviderType.OIDC})
    users = [await site.user(name) for name in ("ann", "bob")]
    call = site.call("admin.users.federated_identities.link")

    def link(user: User) -> Awaitable[object]:
        return site.services.identities.link(
            call, user.id, identity_provider_id=provider.id, external_id="X 1"
        )

    seen = await outcomes(*(link(user) for user in users))
    assert Taken in seen
    linked = await site.tenant.users.linked_to(provider.id, "X 1")
    assert len(linked) == len([s for s in seen if s is not Taken])


async def test_fix_skips_who_changed(site: Site) -> None:
    """A user that an LDAP tool changes between plan and fix is left alone."""
    provider = await site.tenant.identity_providers.add({"name": "o", "type": ProviderType.OIDC})
    link = site.call("admin.users.federated_identities.link")
    for name in ("ann", "bob"):
        user = await site.user(name)
        await site.services.identities.link(
            link, user.id, identity_provider_id=provider.id, external_id=name
        )
    tenant_id = site.tenant.tenant.id
    service = site.services.mismatches
    show, fix = site.call("admin.users.mismatches"), site.call("admin.users.mismatches.fix")
    plan = await service.list(show, tenant_id=tenant_id)
    assert [item.outcome for item in plan.items] == [Outcome.PLANNED] * 2
    site.modify("replace: title\ntitle: Dr")
    done = await service.apply(fix, plan)
    outcomes = {item.mismatch.user.username: item.outcome for item in done.items}
    assert outcomes == {"ann": Outcome.SKIPPED_CHANGED, "bob": Outcome.FIXED}
    fixed = await service.fix(fix, tenant_id=tenant_id)
    assert [item.outcome for item in fixed.items] == [Outcome.FIXED]
    assert (await service.list(show, tenant_id=tenant_id)).total == 0
    after = [await site.tenant.users.by_login(name) for name in ("ann", "bob")]
    assert [user.identity_source for user in after] == [IdentitySource.OIDC] * 2


async def test_another_address_drops_the_links_to_the_old_one(site: Site) -> None:
    """A link that was sent to an address is worth nothing once the user has another one."""
    user = await site.user()
    slug, credentials = site.tenant.tenant.slug, site.services.credentials
    await credentials.redeem_link(slug, await site.token(user), NEW)
    token = await site.token(user)
    call = site.call("tenant.users.update")
    changed = await site.services.users.update(call, user.id, {"email": "lee@x.example"})
    assert not changed.user.email_verified
    with pytest.raises(NotFound):
        await credentials.redeem_link(slug, token, PASSWORD)
