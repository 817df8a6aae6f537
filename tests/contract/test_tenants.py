"""Tenants, partners, identity providers."""

from uuid import uuid4

import pytest

from gateway.domain.errors import Conflict, NotFound, StaleVersion, Taken
from gateway.domain.ids import Kind, parse_id
from gateway.domain.model import ProviderType
from gateway.domain.query import Below, Compare, IdIn, Query, Sort, StatusIs, TextSearch
from gateway.domain.status import UserStatus
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import UNKNOWN, invalid, person


def slug() -> str:
    """A slug that nobody has."""
    return f"s{uuid4().hex[:12]}"


async def test_a_tenant_is_found_by_id_and_slug(directory: Directory) -> None:
    """In any spelling of the id and any case of the slug it is the same tenant."""
    name = slug()
    added = await directory.tenants.add({"slug": name, "name": "Acme, Inc. (*)"})
    assert (added.slug, added.name, added.partner_id) == (name, "Acme, Inc. (*)", None)
    assert await directory.tenants.get(added.id) == added
    assert await directory.tenants.by_slug(name.upper()) == added
    for ref in (added.id, f"tnt_{parse_id(Kind.TENANT, added.id)}", name, name.upper()):
        assert (await directory.tenant(ref)).tenant == added


@pytest.mark.parametrize("ref", [f"tnt_{UNKNOWN}", "nobody", "", "*", "a)(o=*", "\0", "tnt_"])
async def test_an_unknown_tenant_is_not_found(directory: Directory, ref: str) -> None:
    """Neither as an id nor as a slug."""
    for call in (directory.tenant(ref), directory.tenants.by_slug(ref), directory.tenants.get(ref)):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.code == "tenant_not_found"


async def test_a_slug_is_taken_once(directory: Directory) -> None:
    """Whatever the case, for tenants and for partners."""
    name = slug()
    await directory.tenants.add({"slug": name})
    with pytest.raises(Taken) as caught:
        await directory.tenants.add({"slug": name.upper()})
    assert caught.value.field == "slug"
    await directory.partners.add({"slug": name})
    with pytest.raises(Taken) as caught:
        await directory.partners.add({"slug": name.upper()})
    assert caught.value.field == "slug"


async def test_a_tenant_has_a_partner_or_none(directory: Directory) -> None:
    """A partner is named by its id, can be changed and cleared; an unknown one is refused."""
    partner = await directory.partners.add({"slug": slug(), "name": "P"})
    assert await directory.partners.get(partner.id) == partner
    name = slug()
    for unknown in (f"prt_{UNKNOWN}", "nonsense", ""):
        with invalid("partner_id"):
            await directory.tenants.add({"slug": name, "partner_id": unknown})
    added = await directory.tenants.add({"slug": name, "partner_id": partner.id})
    assert added.partner_id == partner.id
    other = await new_tenant(directory)
    page = await directory.tenants.find(Query(filter=Compare("partner_id", "eq", partner.id)))
    assert page.items == (added,)
    with pytest.raises(Conflict) as refused:
        await directory.partners.delete(partner.id)
    assert refused.value.code == "partner_in_use"
    cleared = await directory.tenants.update(added.id, {"partner_id": None, "name": "N"})
    assert (cleared.partner_id, cleared.name) == (None, "N")
    moved = await directory.tenants.update(other.tenant.id, {"partner_id": partner.id})
    assert moved.partner_id == partner.id
    await directory.tenants.delete(other.tenant.id)
    await directory.partners.delete(partner.id)
    with pytest.raises(NotFound):
        await directory.partners.get(partner.id)


async def test_a_tenant_with_users_is_not_deleted(directory: Directory) -> None:
    """Users are a Conflict; without them the tenant goes with all that is in it."""
    tenant = await new_tenant(directory)
    unit = await tenant.ous.add({"name": "A"})
    await tenant.groups.add({"name": "g"})
    await tenant.identity_providers.add({"name": "p", "type": ProviderType.OIDC})
    await tenant.applications.add({"client_id": "c", "secret": "s"})
    ann = await tenant.users.add(person("ann", ou_id=unit.id))
    with pytest.raises(Conflict) as refused:
        await directory.tenants.delete(tenant.tenant.id)
    assert refused.value.code == "tenant_not_empty"
    await tenant.users.delete(ann.id)
    current = await directory.tenants.get(tenant.tenant.id)
    await directory.tenants.update(current.id, {"name": "N"})
    with pytest.raises(StaleVersion):
        await directory.tenants.delete(current.id, version=current.version)
    await directory.tenants.delete(current.id)
    with pytest.raises(NotFound):
        await directory.tenant(current.slug)
    again = await directory.tenants.add({"slug": current.slug})
    assert (await (await directory.tenant(again.id)).groups.find(Query())).total == 0


async def test_tenants_are_listed(directory: Directory) -> None:
    """Sorted by slug and by name, searched by text, narrowed to some."""
    mark = slug()
    ids = frozenset(
        [
            (await directory.tenants.add({"slug": f"{mark}{n}", "name": name})).id
            for n, name in (("a", "zoo"), ("b", None), ("c", "Bar *"))
        ]
    )
    await new_tenant(directory)
    for field, descending, expected in (
        ("slug", False, "abc"),
        ("slug", True, "cba"),
        ("name", False, "cab"),
        ("name", True, "acb"),
    ):
        page = await directory.tenants.find(
            Query(filter=IdIn(ids), sort=Sort(field, descending), limit=None)
        )
        assert "".join(tenant.slug[-1] for tenant in page.items) == expected
    page = await directory.tenants.find(Query(filter=TextSearch(mark.upper()), limit=1, offset=1))
    assert (len(page.items), page.total) == (1, 3)


async def test_a_user_is_found_wherever_it_is(directory: Directory) -> None:
    """Over all tenants by its id alone, retired ones too, and in listings of some tenants."""
    one, two = await new_tenant(directory), await new_tenant(directory)
    ann, bob = await one.users.add(person("ann")), await two.users.add(person("bob"))
    assert (await directory.tenant_of_user(bob.id)).tenant == two.tenant
    both = frozenset({one.tenant.id, two.tenant.id})
    page = await directory.users(both).find(Query(sort=Sort("username", descending=False)))
    assert page.items == (ann, bob)
    assert await directory.users(None).get(ann.id) == ann
    assert await directory.users(both).get(ann.id) == ann
    with pytest.raises(NotFound):
        await directory.users(frozenset({two.tenant.id})).get(ann.id)
    assert (await directory.users(frozenset()).find(Query())).total == 0
    await two.users.retire(bob.id)
    assert (await directory.tenant_of_user(bob.id)).tenant == two.tenant
    with pytest.raises(NotFound):
        await directory.users(None).get(bob.id)
    for unknown in (f"usr_{UNKNOWN}", "x", ""):
        with pytest.raises(NotFound):
            await directory.tenant_of_user(unknown)


async def test_a_listing_over_many_tenants_is_one_listing(directory: Directory) -> None:
    """Users of a dozen tenants in one order and one count; those of the next are not among them."""
    tenants = [await new_tenant(directory) for _ in range(13)]
    for n, tenant in enumerate(tenants):
        unit = await tenant.ous.add({"name": "A"})
        user = await tenant.users.add(person(f"u{n:02}", ou_id=unit.id))
        if n % 2:
            await tenant.users.lock(user.id)
    most = directory.users(frozenset(tenant.tenant.id for tenant in tenants[:12]))
    sort = Sort("username", descending=True)
    page = await most.find(Query(sort=sort, offset=2, limit=3))
    assert ([user.username for user in page.items], page.total) == (["u09", "u08", "u07"], 12)
    for user in page.items:
        assert user == await (await directory.tenant(user.tenant_id)).users.get(user.id)
        assert user.ou_path == "/A"
    locked = await most.find(Query(filter=StatusIs(UserStatus.LOCKED), sort=sort, limit=None))
    assert [user.username for user in locked.items] == [f"u{n:02}" for n in (11, 9, 7, 5, 3, 1)]
    assert page.items[0].ou_id is not None
    below = await most.find(Query(filter=Below(page.items[0].ou_id)))
    assert below.items == page.items[:1]


async def test_the_directory_answers(directory: Directory) -> None:
    """A directory that is there answers a ping without an error."""
    await directory.ping()


async def test_an_identity_provider_reads_as_it_was_added(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Each type, with name and description; names are taken once a tenant."""
    for type_ in ProviderType:
        added = await tenant.identity_providers.add(
            {"name": f"{type_} (*)", "type": type_, "description": "d"}
        )
        assert (added.name, added.type, added.description) == (f"{type_} (*)", type_, "d")
        assert added.tenant_id == tenant.tenant.id
        assert await tenant.identity_providers.get(added.id) == added
    with pytest.raises(Taken) as caught:
        await tenant.identity_providers.add({"name": "ldap (*)", "type": ProviderType.LDAP})
    assert caught.value.field == "name"
    page = await tenant.identity_providers.find(Query(sort=Sort("name", descending=False)))
    assert [one.type for one in page.items] == ["LDAP", "OIDC", "SAML", "SCIM"]
    some = directory.identity_providers(frozenset({tenant.tenant.id}))
    assert (await some.find(Query(filter=TextSearch("oidc (")))).items == (page.items[1],)
    changed = await tenant.identity_providers.update(
        page.items[0].id, {"name": "N", "type": ProviderType.SAML, "description": None}
    )
    assert (changed.name, changed.type, changed.description) == ("N", ProviderType.SAML, None)
    with pytest.raises(StaleVersion):
        await tenant.identity_providers.delete(changed.id, version=page.items[0].version)
    await tenant.identity_providers.delete(changed.id)
    with pytest.raises(NotFound) as gone:
        await tenant.identity_providers.get(changed.id)
    assert gone.value.code == "identity_provider_not_found"


@pytest.mark.parametrize("missing", ["name", "type"])
async def test_an_identity_provider_needs_name_and_type(
    tenant: TenantDirectory, missing: str
) -> None:
    """Without one of them it is refused, naming it."""
    values: dict[str, object] = {"name": "p", "type": ProviderType.OIDC}
    del values[missing]
    with invalid(missing):
        await tenant.identity_providers.add(values)
