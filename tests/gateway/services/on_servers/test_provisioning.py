"""Provisioning, where the directory decides: one operation for a change, and races."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from adapters.memory import MemoryAuditLog, MemoryMetrics
from adapters.redis.failures import RedisFailures
from adapters.redis.revocations import RedisRevocations
from adapters.redis.tally import RedisTally
from gateway.domain.access import Principal, Role
from gateway.domain.errors import Invalid, Taken, TooManyAttempts
from gateway.domain.model import IdentityProvider, IdentitySource, ProviderType, User
from gateway.domain.query import Query
from gateway.domain.status import UserStatus
from gateway.ports import OneTimeSecret
from gateway.services.access import Call
from gateway.services.all import assemble
from gateway.services.brake import BrakeRules
from gateway.services.provisioning import ProvisioningService, WantedGroup, WantedUser
from mappings.loader import load
from tests.gateway.services.on_servers.conftest import now
from tests.gateway.services.on_servers.site import NEW, Site, outcomes
from tests.gateway.services.world import PASSWORD, RULES, NoTokens

WRITES = ("add", "modify", "modify_dn", "delete")


@dataclass(frozen=True, kw_only=True)
class Okta:
    """A provisioning client of the site's tenant; `writes` are its operations in LDAP."""

    site: Site
    service: ProvisioningService
    provider: IdentityProvider
    writes: Counter[str]

    def call(self, action: str) -> Call:
        """A call with its token."""
        principal = Principal(
            subject="tok_1",
            role=Role.SCIM,
            tenant_id=self.site.tenant.tenant.id,
            identity_provider_id=self.provider.id,
            token_id="tok_1",
        )
        return replace(self.site.call(f"scim.{action}"), principal=principal, tenant_ref=None)

    async def create(self, name: str, **wanted: object) -> User:
        """Create a user."""
        new = WantedUser(values={"username": name}, **wanted)  # type: ignore[arg-type] # by test
        return (await self.service.create_user(self.call("users.create"), new)).user

    async def update(self, user: User, wanted: WantedUser) -> User:
        """Change a user."""
        call = self.call("users.update")
        return (await self.service.update_user(call, user.id, lambda _: wanted)).user

    async def regroup(self, group_id: str, wanted: WantedGroup) -> None:
        """Change a group."""
        await self.service.update_group(self.call("groups.update"), group_id, lambda _: wanted)

    async def members(self, group_id: str) -> set[str]:
        """Who is in a group."""
        found = await self.service.members(self.call("groups.read"), [group_id])
        return {member.id for member in found[group_id]}


@pytest_asyncio.fixture
async def okta(site: Site) -> AsyncIterator[Okta]:
    """A client with a connection to slapd whose operations are counted."""
    settings = LdapSettings.model_validate(
        {
            "url": site.stack.ldap_url,
            "suffix": site.stack.suffix,
            "bind_dn": site.stack.service_dn,
            "bind_password": site.stack.service_password,
        }
    )
    writes: Counter[str] = Counter()

    def observe(operation: str, seconds: float, outcome: str) -> None:
        del seconds, outcome
        if operation in WRITES:
            writes[operation] += 1

    client = LdapClient(settings, observe=observe)
    mappings = load(settings.mapping)
    services = assemble(
        directory=LdapDirectory(client, mappings, Layout(settings, mappings), now),
        failures=RedisFailures(site.redis, site.keys),
        revocations=RedisRevocations(site.redis, site.keys, seconds=60),
        tally=RedisTally(site.redis, site.keys),
        mailer=site.mailer,
        audit_log=MemoryAuditLog(),
        metrics=MemoryMetrics(),
        clock=now,
        verifier=NoTokens(),
        issuer=None,
        link_rules=RULES,
        brake_rules=BrakeRules(minimum=8),
    )
    provider = await site.tenant.identity_providers.add({"name": "o", "type": ProviderType.SCIM})
    yield Okta(site=site, service=services.provisioning, provider=provider, writes=writes)
    await client.close()


async def test_a_change_is_one_modify(okta: Okta) -> None:
    """Fields, custom attributes, status, password, links and source: one operation for all."""
    site = okta.site
    user = await site.user()
    secret = OneTimeSecret(digest="0a" * 32, purpose="reset", expires_at=now())
    await site.tenant.users.grant(user.id, secret)
    okta.writes.clear()
    wanted = WantedUser(
        values={"email": "ann@y.example", "first_name": "Ann", "locale": "x y"},
        custom_attributes={"title": "CEO", "roles": [{"value": "a"}]},
        active=False,
        password=NEW,
        external_id="00u1",
    )
    after = await okta.update(user, wanted)
    assert okta.writes == {"modify": 1}
    assert after == await site.tenant.users.get(user.id)
    assert (after.email, after.first_name, after.locale) == ("ann@y.example", "Ann", "x y")
    assert after.custom_attributes == {"title": "CEO", "roles": [{"value": "a"}]}
    assert (after.status, after.identity_source) == (UserStatus.DISABLED, IdentitySource.SCIM)
    assert [x.external_id for x in after.federated_identities] == ["00u1"]
    okta.writes.clear()
    assert await okta.update(user, replace(wanted, password=None)) == after
    assert not okta.writes
    await okta.update(user, WantedUser(active=True))
    assert site.binds(NEW)


async def test_a_user_is_made_in_one_operation(okta: Okta) -> None:
    """With source, link, attributes and password; the username alone is enough, too."""
    made = await okta.create(
        "ann", password=PASSWORD, external_id="1", custom_attributes={"nickName": "A"}
    )
    assert okta.writes == {"add": 1}
    assert made == await okta.site.tenant.users.get(made.id)
    assert okta.site.binds()
    await okta.create("bob")
    assert okta.writes == {"add": 2}


async def test_a_refused_password_changes_nothing(okta: Okta) -> None:
    """Neither the values beside it nor the name: the entry is as it was."""
    user = await okta.create("ann", password=PASSWORD)
    for values in ({"first_name": "A"}, {"username": "other", "first_name": "A"}):
        with pytest.raises(Invalid) as refused:
            await okta.update(user, WantedUser(values=values, password="x"))
        assert [p.loc for p in refused.value.problems] == [("body", "password")]
        kept = await okta.site.tenant.users.get(user.id)
        assert (kept.username, kept.first_name, kept.email) == ("ann", None, user.email)
        assert okta.site.binds()


async def test_one_name_one_user(okta: Okta) -> None:
    """Of several who are created at once under one name, one is."""
    seen = await outcomes(*(okta.create(name) for name in ("ann", "Ann", "ANN", "ann")))
    assert sorted(t.__name__ for t in seen) == ["Taken", "Taken", "Taken", "User"]
    assert (await okta.site.tenant.users.find(Query())).total == 1


async def test_one_account_one_user(okta: Okta) -> None:
    """Created or changed at once with one external id, exactly one has it; losers leave nothing."""
    users = okta.site.tenant.users
    seen = await outcomes(*(okta.create(f"u{n}", external_id="1") for n in range(4)))
    assert set(seen) == {Taken, User}
    assert seen.count(User) == (await users.find(Query())).total == 1
    people = [await okta.create(name) for name in ("ann", "bob", "eve")]
    wanted = WantedUser(values={"first_name": "X"}, external_id="2")
    seen = await outcomes(*(okta.update(user, wanted) for user in people))
    assert len(await users.linked_to(okta.provider.id, "2")) == seen.count(User) == 1
    named = [u for u in (await users.find(Query())).items if u.first_name == "X"]
    assert len(named) == seen.count(User)


async def test_no_custom_attribute_is_lost(okta: Okta) -> None:
    """Whole values by different names, written at the same time, are all there."""
    user = await okta.create("ann")
    wanted = [WantedUser(custom_attributes={f"a{n}": [n]}) for n in range(25)]
    await asyncio.gather(*(okta.update(user, one) for one in wanted))
    kept = await okta.site.tenant.users.get(user.id)
    assert kept.custom_attributes == {f"a{n}": [n] for n in range(25)}


async def test_no_member_is_lost(okta: Okta) -> None:
    """Added one by one at the same time, each with one operation."""
    users = [await okta.create(f"u{n}") for n in range(20)]
    new = WantedGroup(values={"name": "staff"}, external_id="g")
    group = await okta.service.create_group(okta.call("groups.create"), new)
    okta.writes.clear()
    await asyncio.gather(
        *(okta.regroup(group.id, WantedGroup(add=frozenset({user.id}))) for user in users)
    )
    assert okta.writes == {"modify": len(users)}
    assert await okta.members(group.id) == {user.id for user in users}


async def test_members_in_all_ways(okta: Okta) -> None:
    """Made with members, emptied, emptied again, filled and replaced: what is wanted is there."""
    ann, bob = await okta.create("ann"), await okta.create("bob")
    new = WantedGroup(values={"name": "a, b (c)"}, members=frozenset({ann.id}))
    group = await okta.service.create_group(okta.call("groups.create"), new)
    both = frozenset({ann.id, bob.id})
    for wanted, left in (
        (WantedGroup(clear=True), set()),
        (WantedGroup(clear=True), set()),
        (WantedGroup(remove=both), set()),
        (WantedGroup(add=both, values={"name": "x+y=z"}), both),
        (WantedGroup(remove=frozenset({ann.id}), add=frozenset({bob.id})), {bob.id}),
        (WantedGroup(clear=True, add=frozenset({ann.id})), {ann.id}),
        (WantedGroup(members=frozenset()), set()),
    ):
        await okta.regroup(group.id, wanted)
        assert await okta.members(group.id) == left
    unknown = f"usr_{'0' * 32}"
    okta.writes.clear()
    with pytest.raises(Invalid) as refused:
        await okta.regroup(group.id, WantedGroup(add=frozenset({ann.id, unknown})))
    assert unknown in refused.value.detail
    other = WantedGroup(values={"name": "other"}, members=frozenset({ann.id, unknown}))
    with pytest.raises(Invalid) as refused:
        await okta.service.create_group(okta.call("groups.create"), other)
    assert unknown in refused.value.detail
    assert not okta.writes
    assert await okta.members(group.id) == set()


async def test_a_whole_list_is_what_is_left(okta: Okta) -> None:
    """Written while others add: it is as if one had come after the other."""
    users = [await okta.create(f"u{n}") for n in range(6)]
    group = await okta.service.create_group(
        okta.call("groups.create"), WantedGroup(values={"name": "staff"})
    )
    first = frozenset({users[0].id})
    adds = (okta.regroup(group.id, WantedGroup(add=frozenset({user.id}))) for user in users[1:])
    await asyncio.gather(*adds, okta.regroup(group.id, WantedGroup(members=first)))
    assert first <= await okta.members(group.id)
    await okta.regroup(group.id, WantedGroup(members=first))
    assert await okta.members(group.id) == first


async def test_the_brake_holds_over_all(okta: Okta) -> None:
    """Many at once do not slip through: what goes is the share, what is held stays as it is."""
    users = [await okta.create(f"u{n}") for n in range(12)]
    seen = await outcomes(*(okta.update(user, WantedUser(active=False)) for user in users))
    assert (seen.count(User), seen.count(TooManyAttempts)) == (3, 9)
    left = (await okta.site.tenant.users.find(Query())).items
    assert sum(user.status is UserStatus.ACTIVE for user in left) == 9
