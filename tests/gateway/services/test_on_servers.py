"""Where the directory decides: the services over a real slapd and Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from adapters.memory import MemoryAuditLog, MemoryMailer, MemoryMetrics
from adapters.redis.client import RedisClient
from adapters.redis.failures import RedisFailures
from adapters.redis.keys import Keys
from adapters.redis.revocations import RedisRevocations
from adapters.redis.settings import RedisSettings
from gateway.domain.access import Principal, Role
from gateway.domain.errors import (
    AccountLocked,
    Conflict,
    Forbidden,
    GatewayError,
    Invalid,
    NotFound,
    Unauthenticated,
)
from gateway.domain.mismatch import Outcome
from gateway.domain.model import IdentitySource, ProviderType, User
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from gateway.services.access import Call
from gateway.services.all import Services, assemble
from gateway.services.creation import NewUser
from gateway.services.listing import UserListing
from mappings.loader import load
from tests.gateway.services.world import PASSWORD, RULES, NoTokens
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

NEW = "Another-horse-8"
CALLER = Principal(subject="root", role=Role.SUPER_ADMIN)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Services over the servers, and a tenant of one test's own."""

    services: Services
    mailer: MemoryMailer
    tenant: TenantDirectory
    redis: RedisClient
    keys: Keys
    stack: Stack
    tools: LdapTools

    def call(self, action: str, *, address: str = "192.0.2.7") -> Call:
        """A call below the tenant's path."""
        ref = self.tenant.tenant.slug
        return Call(principal=CALLER, action=action, tenant_ref=ref, address=address)

    async def user(self, name: str = "ann", **values: object) -> User:
        """Create a user with a password through the service."""
        new = NewUser(
            values={"email": f"{name}@x.example", "username": name, **values}, password=PASSWORD
        )
        made = await self.services.users.create(self.call("tenant.users.create"), new)
        return made.user

    def dn(self, name: str = "ann") -> str:
        """Where the user stands."""
        people = f"ou=people,o={self.tenant.tenant.slug},ou=tenants,{self.stack.suffix}"
        return f"uid={name},{people}"

    def binds(self, password: str = PASSWORD, name: str = "ann") -> bool:
        """Whether an LDAP client gets in with that password."""
        return self.tools.as_user(self.dn(name), password).whoami().code == 0

    def modify(self, change: str, name: str = "ann") -> None:
        """Change the user as a directory administrator does."""
        done = self.tools.modify(f"dn: {self.dn(name)}\nchangetype: modify\n{change}\n")
        assert done.code == 0, done.err

    async def check(self, password: str = PASSWORD, login: str = "ann") -> User:
        """Check a login."""
        call = self.call("tenant.users.authenticate")
        found = await self.services.credentials.authenticate(call, login, password)
        return found.details.user

    async def fails(self, times: int) -> None:
        """Try wrong passwords."""
        for _ in range(times):
            with pytest.raises(Unauthenticated):
                await self.check("wrong")

    async def status(self, user: User) -> UserStatus:
        """The user's status now."""
        return (await self.tenant.users.get(user.id)).status

    async def token(self, user: User) -> str:
        """Have a reset link mailed, and take its token from the mail."""
        call = self.call("tenant.users.password_reset")
        await self.services.credentials.send_reset_link(call, user.id)
        return self.mailer.sent[-1].values["link"].rsplit("/", 1)[1]

    async def failures_allowed(self, user: User) -> int:
        """How many failures the policy allows before it locks."""
        return (await self.tenant.users.lockout_policy(user.id)).max_failures


@pytest_asyncio.fixture(scope="session")
async def directory(stack: Stack) -> AsyncIterator[LdapDirectory]:
    """The directory on slapd."""
    settings = LdapSettings.model_validate(
        {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
        }
    )
    mappings = load(settings.mapping)
    client = LdapClient(settings)
    yield LdapDirectory(client, mappings, Layout(settings, mappings), _now)
    await client.close()


@pytest_asyncio.fixture
async def site(
    stack: Stack, directory: LdapDirectory, ldap_tools: LdapTools
) -> AsyncIterator[Site]:
    """Services over the servers, with a new tenant and Redis keys that no other test uses."""
    redis = RedisClient(RedisSettings(url=stack.redis_url, backoff_seconds=0))
    keys = Keys(f"t{uuid4().hex[:12]}")
    mailer = MemoryMailer()
    tenant = await directory.tenants.add({"slug": f"s{uuid4().hex[:12]}"})
    yield Site(
        services=assemble(
            directory=directory,
            failures=RedisFailures(redis, keys),
            revocations=RedisRevocations(redis, keys, seconds=60),
            mailer=mailer,
            audit_log=MemoryAuditLog(),
            metrics=MemoryMetrics(),
            clock=_now,
            verifier=NoTokens(),
            issuer=None,
            link_rules=RULES,
            failure_pace=timedelta(0),
        ),
        mailer=mailer,
        tenant=await directory.tenant(tenant.id),
        redis=redis,
        keys=keys,
        stack=stack,
        tools=ldap_tools,
    )
    await redis.close()


def _now() -> datetime:
    return datetime.now(UTC)


async def _outcomes(*tries: Awaitable[object]) -> list[type[object]]:
    """How several things at the same time ended: the types of results and errors."""
    done = await asyncio.gather(*tries, return_exceptions=True)
    unexpected = [e for e in done if isinstance(e, Exception) and not isinstance(e, GatewayError)]
    assert not unexpected
    return [type(d) for d in done]


async def test_failures_here_and_there_lock_once(site: Site) -> None:
    """Failed checks and failed LDAP binds add up, the lock holds for both, an unlock ends it."""
    user = await site.user()
    allowed = await site.failures_allowed(user)
    await site.fails(allowed - 1)
    assert not site.binds("wrong")
    assert await site.status(user) is UserStatus.LOCKED
    assert not site.binds()
    with pytest.raises(AccountLocked):
        await site.check()
    await site.services.users.unlock(site.call("admin.users.unlock"), user.id)
    assert site.binds()
    await site.fails(allowed - 1)
    assert (await site.check()).status is UserStatus.ACTIVE


@pytest.mark.parametrize("cleared_by", ["bind", "lock and unlock", "password"])
async def test_failures_cleared_by_ldap_tools(site: Site, cleared_by: str) -> None:
    """Whatever clears the directory's count clears the counter: it never locks alone."""
    user = await site.user()
    allowed = await site.failures_allowed(user)
    password = PASSWORD
    await site.fails(allowed - 1)
    if cleared_by == "bind":
        assert site.binds()
    elif cleared_by == "password":
        password = NEW
        assert site.tools.set_password(NEW, dn=site.dn()).code == 0
    else:
        site.modify("replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
        site.modify("delete: pwdAccountLockedTime")
    await site.fails(allowed - 1)
    assert await site.status(user) is UserStatus.ACTIVE
    assert (await site.check(password)).id == user.id


async def test_an_administrators_lock_and_status(site: Site) -> None:
    """A lock or status that an LDAP tool writes is answered like one of this gateway."""
    user = await site.user()
    site.modify("replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    with pytest.raises(AccountLocked):
        await site.check()
    call = site.call("tenant.users.status")
    await site.services.users.set_status(call, user.id, UserStatus.ACTIVE)
    assert site.binds()
    await site.services.users.set_status(call, user.id, UserStatus.DISABLED)
    assert not site.binds()
    with pytest.raises(Forbidden):
        await site.check()
    site.modify("delete: dgwStatus")
    assert (await site.check()).status is UserStatus.ACTIVE


async def test_many_wrong_passwords_at_once(site: Site) -> None:
    """However many try at the same time, the account ends up locked for everybody."""
    user = await site.user()
    allowed = await site.failures_allowed(user)
    seen = await _outcomes(*(site.check(f"wrong-{n}") for n in range(allowed * 2)))
    assert set(seen) <= {Unauthenticated, AccountLocked}
    assert await site.status(user) is UserStatus.LOCKED
    assert not site.binds()


async def test_a_link_is_spent_once(site: Site) -> None:
    """Of many who use one link at the same time, one sets the password."""
    user = await site.user()
    token = await site.token(user)
    slug = site.tenant.tenant.slug
    tries = [f"Chosen-horse-{n}" for n in range(4)]
    redeem = site.services.credentials.redeem_link
    seen = await _outcomes(*(redeem(slug, token, password) for password in tries))
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


async def test_temporary_password(site: Site) -> None:
    """A generated password passes the directory's policy and has to be changed."""
    user = await site.user()
    call = site.call("tenant.users.password_reset")
    password = await site.services.credentials.set_temporary(call, user.id)
    authenticate = site.services.credentials.authenticate
    found = await authenticate(site.call("tenant.users.authenticate"), "ann", password)
    assert found.password_change_required


async def test_concurrent_patches_lose_nothing(site: Site) -> None:
    """Custom attributes that several callers add at the same time are all there."""
    user = await site.user()
    call = site.call("tenant.users.update")
    update = site.services.users.update
    await asyncio.gather(
        *(update(call, user.id, {"custom_attributes": {f"k{n}": n}}) for n in range(4))
    )
    after = await site.tenant.users.get(user.id)
    assert after.custom_attributes == {f"k{n}": n for n in range(4)}


async def test_no_account_is_linked_twice(site: Site) -> None:
    """Two users that are linked to one account at the same time do not both keep it."""
    provider = await site.tenant.identity_providers.add({"name": "o", "type": ProviderType.OIDC})
    users = [await site.user(name) for name in ("ann", "bob")]
    call = site.call("admin.users.federated_identities.link")

    def link(user: User) -> Awaitable[object]:
        return site.services.identities.link(
            call, user.id, identity_provider_id=provider.id, external_id="X 1"
        )

    seen = await _outcomes(*(link(user) for user in users))
    assert Conflict in seen
    linked = await site.tenant.users.linked_to(provider.id, "X 1")
    assert len(linked) == len([s for s in seen if s is not Conflict])


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


async def test_ended_sessions_survive_a_flush(site: Site) -> None:
    """With all of Redis gone, tokens of ended sessions are refused as before."""
    user = await site.user()
    issued_at = _now() - timedelta(minutes=5)
    await site.services.sessions.check(user.id, issued_at)
    call = site.call("tenant.users.status")
    await site.services.users.set_status(call, user.id, UserStatus.ACTIVE, terminate_sessions=True)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await site.services.sessions.check(user.id, issued_at)
        await site.redis.delete(site.keys.valid_from(user.id))
    await site.services.sessions.check(user.id, _now() + timedelta(seconds=1))


async def test_deleting_and_restoring(site: Site) -> None:
    """A deleted user cannot bind and frees its names; restored, it binds with its password."""
    user = await site.user()
    call = site.call("tenant.users.delete")
    await site.services.users.delete(call, user.id, confirm_email="ANN@X.example")
    assert not site.binds()
    with pytest.raises(Unauthenticated):
        await site.check()
    heir = await site.user()
    with pytest.raises(Conflict):
        await site.services.users.restore(site.call("admin.users.restore"), user.id)
    await site.services.users.delete(call, heir.id)
    back = await site.services.users.restore(site.call("admin.users.restore"), user.id)
    assert back.user.email == user.email
    assert site.binds()
    with pytest.raises(NotFound):
        await site.services.users.restore(site.call("admin.users.restore"), user.id)


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


async def test_disabling_mfa_leaves_no_factor(site: Site) -> None:
    """Flag and factors, wherever they came from, are gone from the directory."""
    user = await site.user()
    classes = site.tools.read(site.dn(), "objectClass").texts("objectClass")
    change = "replace: dgwMfaEnabled\ndgwMfaEnabled: TRUE\n-\nadd: dgwMfaFactor\ndgwMfaFactor: seed"
    if "dgwUser" not in classes:
        change = f"add: objectClass\nobjectClass: dgwUser\n-\n{change}"
    site.modify(change)
    assert (await site.tenant.users.get(user.id)).mfa_enabled
    for _ in range(2):
        call = site.call("admin.users.mfa.disable")
        assert not (await site.services.users.disable_mfa(call, user.id)).user.mfa_enabled
    left = site.tools.read(site.dn(), "dgwMfaEnabled", "dgwMfaFactor")
    assert left.all("dgwMfaFactor") == ()
    assert left.text("dgwMfaEnabled") in {None, "FALSE"}


async def test_filters_of_what_is_not_there(site: Site) -> None:
    """Unknown and malformed units and groups match nobody, absent flags count as false."""
    user = await site.user()
    call = site.call("tenant.users.list")
    for nothing in (UserListing(ou_id=f"ou_{'0' * 32}"), UserListing(group_id=f"grp_{'0' * 32}")):
        assert (await site.services.users.list(call, nothing)).total == 0
    for all_ in (UserListing(mfa_enabled=False), UserListing(search=" "), UserListing(search="NN")):
        page = await site.services.users.list(call, all_)
        assert [found.id for found in page.items] == [user.id]


async def test_what_the_directory_finds_wrong_is_named(site: Site) -> None:
    """Unknown groups and units, and refused passwords, are 422s that name the member."""
    call = site.call("tenant.users.create")
    for wrong, member in (
        (NewUser(values={"email": "b@x.example"}, password="x"), "password"),
        (NewUser(values={"email": "b@x.example"}, ou_id=f"ou_{'0' * 32}"), "ou_id"),
        (NewUser(values={"email": "b@x.example"}, group_ids=(f"grp_{'0' * 32}",)), "group_ids"),
    ):
        with pytest.raises(Invalid) as refused:
            await site.services.users.create(call, wrong)
        assert {p.loc[:2] for p in refused.value.problems} == {("body", member)}
    page = await site.services.users.list(site.call("tenant.users.list"), UserListing())
    assert page.total == 0
