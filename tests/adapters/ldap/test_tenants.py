"""Tenants that LDAP tools make, rename and delete, and what the first write does for them."""

import asyncio

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory, LdapTenant
from adapters.ldap.settings import LdapSettings
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Taken, Unavailable
from gateway.domain.model import ProviderType
from gateway.domain.query import Query
from gateway.ports import BindOutcome
from tests.adapters.ldap.stores import Both, MeddledClient, directory_of
from tests.stack.entries import (
    PASSWORD,
    UNIQUE_DN,
    HandmadeTenant,
    change,
    done,
    handmade_tenant,
    unit,
    user,
)
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

CONSTRAINT_VIOLATION = 19
ANN = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}


@pytest.fixture
def directory(client: LdapClient, settings: LdapSettings) -> LdapDirectory:
    """The directory of a gateway that has just started."""
    return directory_of(client, settings)


@pytest.fixture
def bare(stack: Stack, ldap_tools: LdapTools) -> HandmadeTenant:
    """A tenant that is one entry and nothing else."""
    made = handmade_tenant(stack, ldap_tools)
    done(ldap_tools.add(f"dn: {made.base}\nobjectClass: organization\no: {made.slug}\n"))
    return made


async def listed(tenant: LdapTenant) -> int:
    """How much there is of everything."""
    pages = [
        await store.find(Query())
        for store in (
            tenant.users,
            tenant.groups,
            tenant.ous,
            tenant.applications,
            tenant.identity_providers,
        )
    ]
    return sum(page.total for page in pages)


def unique_values(tools: LdapTools) -> tuple[str, ...]:
    """What the unique overlay watches over."""
    return tools.read(UNIQUE_DN).texts("olcUniqueURI")


async def test_a_bare_tenant_reads_as_empty(directory: LdapDirectory, bare: HandmadeTenant) -> None:
    """Every listing and look-up works, and reading writes nothing."""
    tenant = await directory.tenant(bare.slug)
    assert tenant.tenant.name is None
    assert await listed(tenant) == 0
    with pytest.raises(NotFound):
        await tenant.users.by_login("ann")
    with pytest.raises(NotFound):
        await tenant.users.get("usr_" + "0" * 32)
    assert await tenant.users.bind(None, "x") is BindOutcome.WRONG
    assert not await tenant.applications.check_secret("c", "s")
    assert (await tenant.users.lockout_policy(None)).locks
    assert len(bare.tools.search(bare.base, "(objectClass=*)", "1.1").entries) == 1
    assert bare.unique not in unique_values(bare.tools)


@pytest.mark.parametrize("kind", ["users", "groups", "ous", "applications", "identity_providers"])
async def test_the_first_write_prepares_a_bare_tenant(
    directory: LdapDirectory, bare: HandmadeTenant, kind: str
) -> None:
    """Whatever is written first: containers, policy and uniqueness are there afterwards."""
    tenant = await directory.tenant(bare.slug)
    values: dict[str, dict[str, object]] = {
        "users": {**ANN},
        "groups": {"name": "g"},
        "ous": {"name": "A"},
        "applications": {"client_id": "c", "secret": "s"},
        "identity_providers": {"name": "p", "type": ProviderType.OIDC},
    }
    await getattr(tenant, kind).add(values[kind])
    assert await listed(tenant) == 1
    assert bare.unique in unique_values(bare.tools)
    if kind != "users":
        await tenant.users.add(ANN)
    policy = bare.tools.read(f"uid=ann,{bare.people}").text("pwdPolicySubentry")
    assert policy == f"cn=default,ou=policies,{bare.base}"
    rival = user("bob", bare.people, "mail: ann@example.org")
    assert bare.tools.add(rival).code == CONSTRAINT_VIOLATION


async def test_many_first_writes_at_once(
    client: LdapClient, settings: LdapSettings, bare: HandmadeTenant
) -> None:
    """Several gateways that prepare one tenant at the same time do no harm, and one mail wins."""
    tenants = [await directory_of(client, settings).tenant(bare.slug) for _ in range(4)]
    results = await asyncio.gather(
        *(
            tenant.users.add({"username": f"u{n}", "email": "ann@example.org"})
            for n, tenant in enumerate(tenants)
        ),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, BaseException)]
    assert [type(one) for one in refused] == [Taken] * 3
    assert unique_values(bare.tools).count(bare.unique) == 1


async def test_a_tenant_that_is_made_again_is_prepared_again(
    directory: LdapDirectory, bare: HandmadeTenant
) -> None:
    """Deleted and made by LDAP tools under the same name, it is another tenant."""
    before = await directory.tenant(bare.slug)
    await before.users.add(ANN)
    done(bare.tools.delete("-r", bare.base))
    done(bare.tools.modify(change(UNIQUE_DN, "delete", "olcUniqueURI", bare.unique)))
    with pytest.raises(NotFound):
        await directory.tenant(before.tenant.id)
    with pytest.raises(NotFound) as gone:
        await before.users.add(ANN)
    assert gone.value.code == "tenant_not_found"
    assert bare.unique not in unique_values(bare.tools)
    done(bare.tools.add(f"dn: {bare.base}\nobjectClass: organization\no: {bare.slug}\n"))
    again = await directory.tenant(bare.slug)
    assert again.tenant.id != before.tenant.id
    await again.users.add(ANN)
    assert bare.unique in unique_values(bare.tools)


async def test_containers_that_an_administrator_takes_away_come_back(
    directory: LdapDirectory, bare: HandmadeTenant
) -> None:
    """Also where they were seen before: adding and retiring make what they need."""
    tenant = await directory.tenant(bare.slug)
    ann = await tenant.users.add(ANN)
    done(bare.tools.delete(bare.deleted, f"ou=groups,{bare.base}"))
    await tenant.users.retire(ann.id)
    await tenant.groups.add({"name": "g"})
    done(bare.tools.delete(bare.people))
    assert (await tenant.users.restore(ann.id)).username == "ann"
    await tenant.users.retire(ann.id)
    done(bare.tools.delete(bare.people))
    assert (await tenant.users.add(ANN)).username == "ann"


async def test_a_renamed_tenant_keeps_its_id_and_its_uniqueness(
    directory: LdapDirectory, bare: HandmadeTenant, stack: Stack
) -> None:
    """Renamed by an LDAP tool, the next write watches over its new place; here, at once."""
    tenant = await directory.tenant(bare.slug)
    await tenant.users.add(ANN)
    renamed = handmade_tenant(stack, bare.tools)
    done(bare.tools.rename(bare.base, f"o={renamed.slug}"))
    found = await directory.tenant(tenant.tenant.id)
    assert found.tenant.slug == renamed.slug
    with pytest.raises(NotFound):
        await directory.tenant(bare.slug)
    assert (await found.users.by_login("ann")).email == "ann@example.org"
    await found.groups.add({"name": "g"})
    assert renamed.unique in unique_values(bare.tools)
    third = handmade_tenant(stack, bare.tools)
    changed = await directory.tenants.update(found.tenant.id, {"slug": third.slug, "name": "N"})
    assert (changed.id, changed.slug, changed.name) == (found.tenant.id, third.slug, "N")
    assert third.unique in unique_values(bare.tools)
    assert renamed.unique not in unique_values(bare.tools)
    rival = user("bob", third.people, "mail: ann@example.org")
    assert bare.tools.add(rival).code == CONSTRAINT_VIOLATION


async def test_uniqueness_that_cannot_be_set_up_is_said(
    client: LdapClient, settings: LdapSettings, bare: HandmadeTenant
) -> None:
    """Without the right to configure the overlay nothing is written, and the code tells why."""
    forbidden = {"unique_overlay": "olcOverlay={1}refint,olcDatabase={1}mdb,cn=config"}
    directory = directory_of(client, settings.model_copy(update=forbidden))
    tenant = await directory.tenant(bare.slug)
    with pytest.raises(Unavailable) as refused:
        await tenant.users.add(ANN)
    assert refused.value.code == "uniqueness_not_enforced"
    assert await listed(tenant) == 0
    by_others = directory_of(client, settings.model_copy(update={"manage_uniqueness": False}))
    await (await by_others.tenant(bare.slug)).users.add(ANN)
    assert bare.unique not in unique_values(bare.tools)


async def test_a_tenant_is_not_deleted_with_anybody_in_it(
    directory: LdapDirectory, bare: HandmadeTenant
) -> None:
    """Also an entry that is no whole user; the refused deletion takes nothing away."""
    tenant = await directory.tenant(bare.slug)
    unit = await tenant.ous.add({"name": "A"})
    await tenant.groups.add({"name": "g"})
    dn = f"uid=ghost,ou=A,{bare.people}"
    done(bare.tools.add(f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: ghost\ncn: g\nsn: g\n"))
    with pytest.raises(Conflict) as refused:
        await directory.tenants.delete(tenant.tenant.id)
    assert refused.value.code == "tenant_not_empty"
    assert await listed(tenant) == 2
    with pytest.raises(Conflict) as full:
        await tenant.ous.delete(unit.id)
    assert full.value.code == "ou_not_empty"
    done(bare.tools.delete(dn))
    await directory.tenants.delete(tenant.tenant.id)
    assert bare.tools.search(bare.base).code == 32
    assert bare.unique not in unique_values(bare.tools)


async def test_partners_are_named_by_their_entries(
    directory: LdapDirectory, bare: HandmadeTenant, stack: Stack
) -> None:
    """A partner that an administrator names shows; a renamed one stays, a gone one is none."""
    slug = f"p{bare.slug}"
    dn = f"cn={slug},ou=partners,{stack.suffix}"
    done(
        bare.tools.add(
            f"dn: {dn}\nobjectClass: organizationalRole\ncn: {slug}\n\n"
            f"dn: {bare.base}\nchangetype: modify\nadd: objectClass\nobjectClass: dgwTenant\n-\n"
            f"add: dgwPartner\ndgwPartner: {dn}\n"
        )
    )
    (partner,) = [
        one for one in (await directory.partners.find(Query(limit=None))).items if one.slug == slug
    ]
    assert (await directory.tenant(bare.slug)).tenant.partner_id == partner.id
    with pytest.raises(Conflict) as needed:
        await directory.partners.delete(partner.id)
    assert needed.value.code == "partner_in_use"
    nowhere = f"cn=nowhere,ou=partners,{stack.suffix}"
    done(bare.tools.modify(change(bare.base, "replace", "dgwPartner", nowhere)))
    assert (await directory.tenants.by_slug(bare.slug)).partner_id is None
    await directory.partners.delete(partner.id)


async def test_entries_of_other_kinds_are_not_taken_for_tenants_or_users(
    directory: LdapDirectory, bare: HandmadeTenant
) -> None:
    """Organizations inside a tenant, and persons beside its people, are left alone."""
    tenant = await directory.tenant(bare.slug)
    both = Both(tenant, bare)
    await tenant.users.add(ANN)
    total = (await directory.tenants.find(Query(limit=1))).total
    inner = f"o=inner,{bare.people}"
    done(bare.tools.add(f"dn: {inner}\nobjectClass: organization\no: inner\n"))
    bare.add_user("stray", parent=bare.base)
    bare.add_user("deep", parent=inner)
    assert (await directory.tenants.find(Query(limit=1))).total == total
    assert await both.usernames() == ["ann", "deep"]
    assert (await tenant.users.by_login("deep")).ou_path is None
    scope = frozenset({tenant.tenant.id})
    assert (await directory.users(scope).find(Query())).total == 2
    with pytest.raises(NotFound):
        await tenant.users.by_login("stray")


async def test_a_user_added_while_the_tenant_is_deleted_stops_it(
    settings: LdapSettings, bare: HandmadeTenant
) -> None:
    """The directory decides: the user stays, and its e-mail is watched over again."""
    client = MeddledClient(settings)
    directory = directory_of(client, settings)
    tenant = await directory.tenant(bare.slug)
    await tenant.groups.add({"name": "g"})
    client.meddler = lambda: bare.add_user("ann")
    with pytest.raises(Conflict):
        await directory.tenants.delete(tenant.tenant.id)
    assert client.meddler is None
    assert (await tenant.users.by_login("ann")).email == "ann@example.org"
    assert (await tenant.groups.find(Query())).total == 1
    done(bare.tools.delete(f"uid=ann,{bare.people}"))

    def late() -> None:
        done(bare.tools.add(unit("people", bare.base)))
        bare.add_user("ann")

    below = len(bare.tools.search(bare.base, "(objectClass=*)", "1.1").entries) - 1
    client.meddler, client.patience = late, below + 1  # all deleted, and uniqueness released
    with pytest.raises(Conflict):
        await directory.tenants.delete(tenant.tenant.id)
    assert client.meddler is None
    assert bare.unique in unique_values(bare.tools)
    with pytest.raises(Taken):
        await tenant.users.add({"username": "bob", "email": "ANN@example.org"})
    assert (await tenant.users.add({"username": "bob", "email": "bob@example.org"})).username
    await client.close()


async def test_a_container_of_all_that_is_missing_is_said(client: LdapClient, stack: Stack) -> None:
    """Where the server was never set up for the gateway, that is the answer, not a 404."""
    settings = LdapSettings.model_validate(
        {"suffix": f"ou=nothing,{stack.suffix}", "bind_dn": stack.service_dn}
    )
    directory = directory_of(client, settings)
    assert (await directory.tenants.find(Query())).total == 0
    for store in (directory.tenants, directory.partners):
        with pytest.raises(Unavailable) as refused:
            await store.add({"slug": "x"})
        assert refused.value.code == "directory_misconfigured"


async def test_versions_hold_for_every_kind(directory: LdapDirectory, bare: HandmadeTenant) -> None:
    """The right version lets changes, renames and deletions through, an older one does not."""
    tenant = await directory.tenant(bare.slug)
    unit = await tenant.ous.add({"name": "A"})
    group = await tenant.groups.add({"name": "a"})
    provider = await tenant.identity_providers.add({"name": "a", "type": ProviderType.OIDC})
    app = await tenant.applications.add({"client_id": "a"})
    partner = await directory.partners.add({"slug": f"p{bare.slug}"})
    for store, one, values in (
        (tenant.ous, unit, {"name": "b", "description": "d"}),
        (tenant.groups, group, {"name": "b", "description": "d"}),
        (tenant.identity_providers, provider, {"name": "b", "description": "d"}),
        (tenant.applications, app, {"client_id": "b", "name": "d"}),
        (directory.tenants, tenant.tenant, {"slug": f"x{bare.slug}", "name": "d"}),
        (directory.partners, partner, {"slug": f"x{bare.slug}", "name": "d"}),
    ):
        changed = await store.update(one.id, values, version=one.version)
        for name, value in values.items():
            assert getattr(changed, name) == value
        with pytest.raises(StaleVersion):
            await store.update(one.id, values, version=one.version)
        with pytest.raises(StaleVersion):
            await store.delete(one.id, version=one.version)
        await store.delete(one.id, version=changed.version)
        with pytest.raises(NotFound):
            await store.get(one.id)
