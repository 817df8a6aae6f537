"""OAuth clients: secrets, and who is assigned to them."""

import pytest

from gateway.domain.errors import NotFound, StaleVersion, Taken
from gateway.domain.model import Application
from gateway.domain.query import Query, Sort, TextSearch
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import UNKNOWN, invalid, person

SECRET = "s3cret: Ünï*(\\)"


async def client(tenant: TenantDirectory, client_id: str = "shop") -> Application:
    """A new client."""
    return await tenant.applications.add({"client_id": client_id, "secret": SECRET})


async def test_an_application_reads_as_it_was_added(tenant: TenantDirectory) -> None:
    """Client id, name and scopes come back; the secret does not."""
    added = await tenant.applications.add(
        {"client_id": "shop", "name": "The Shop", "scopes": ("read", "Write:all"), "secret": SECRET}
    )
    assert (added.client_id, added.name, added.tenant_id) == ("shop", "The Shop", tenant.tenant.id)
    assert set(added.scopes) == {"read", "Write:all"}
    assert SECRET not in repr(added)
    assert await tenant.applications.get(added.id) == added
    assert await tenant.applications.by_client_id("SHOP") == added


async def test_a_client_id_is_taken_once(tenant: TenantDirectory, directory: Directory) -> None:
    """Whatever the case; another tenant is free to have it."""
    await client(tenant, "shop")
    with pytest.raises(Taken) as caught:
        await client(tenant, "Shop")
    assert caught.value.field == "client_id"
    await client(await new_tenant(directory), "shop")


async def test_a_secret_is_right_or_wrong(tenant: TenantDirectory) -> None:
    """Only the secret itself is right, and only for its client."""
    added = await client(tenant)
    await client(tenant, "other")
    check = tenant.applications.check_secret
    assert await check("shop", SECRET)
    assert await check("SHOP", SECRET)
    for client_id, secret in (
        ("shop", SECRET + " "),
        ("shop", ""),
        ("shop", "*"),
        ("nobody", SECRET),
        ("*", SECRET),
        ("", ""),
    ):
        assert not await check(client_id, secret)
    await tenant.applications.update(added.id, {"secret": "another one"})
    assert not await check("shop", SECRET)
    assert await check("shop", "another one")
    bare = await tenant.applications.add({"client_id": "bare"})
    assert bare.scopes == ()
    for secret in ("", "x"):
        assert not await check("bare", secret)


async def test_wrong_secrets_lock_nobody_out(tenant: TenantDirectory) -> None:
    """A client is not locked by whoever guesses at its secret."""
    await client(tenant)
    for _ in range(7):
        assert not await tenant.applications.check_secret("shop", "wrong")
    assert await tenant.applications.check_secret("shop", SECRET)


async def test_an_application_is_changed_and_deleted(tenant: TenantDirectory) -> None:
    """Fields change by name, a stale version stops it, and a deleted one is gone."""
    added = await client(tenant)
    changed = await tenant.applications.update(added.id, {"name": "N", "scopes": ("a", "b")})
    assert (changed.name, set(changed.scopes)) == ("N", {"a", "b"})
    with pytest.raises(StaleVersion):
        await tenant.applications.delete(added.id, version=added.version)
    cleared = await tenant.applications.update(added.id, {"name": None, "scopes": None})
    assert (cleared.name, cleared.scopes) == (None, ())
    assert await tenant.applications.check_secret("shop", SECRET)
    await tenant.applications.delete(added.id)
    with pytest.raises(NotFound):
        await tenant.applications.by_client_id("shop")
    assert not await tenant.applications.check_secret("shop", SECRET)


async def test_effective_users_are_assigned_directly_or_through_groups(
    tenant: TenantDirectory,
) -> None:
    """Each once, by id, in windows with the true total; memberships do not show the client."""
    app = await client(tenant)
    ann, bob, cyd = [await tenant.users.add(person(name)) for name in ("ann", "bob", "cyd")]
    dan = await tenant.users.add(person("dan"))
    inner = await tenant.groups.add({"name": "inner"})
    outer = await tenant.groups.add({"name": "outer"})
    await tenant.groups.add_members(inner.id, [ann.id, bob.id, outer.id])
    await tenant.groups.add_members(outer.id, [inner.id, cyd.id])
    await tenant.applications.add_members(app.id, [outer.id, ann.id])
    expected = sorted([ann.id, bob.id, cyd.id])
    page = await tenant.applications.effective_users(app.id, offset=0, limit=10)
    assert [user.id for user in page.items] == expected
    assert {user.id: user for user in page.items}[bob.id] == await tenant.users.get(bob.id)
    window = await tenant.applications.effective_users(app.id, offset=1, limit=1)
    assert ([user.id for user in window.items], window.total) == (expected[1:2], 3)
    for one in (ann, bob, cyd):
        assert await tenant.applications.is_assigned(app.id, one.id)
    assert not await tenant.applications.is_assigned(app.id, dan.id)
    assert await tenant.groups.memberships(dan.id) == ()
    assert {m.name for m in await tenant.groups.memberships(ann.id)} == {"inner", "outer"}
    await tenant.users.retire(bob.id)
    assert not await tenant.applications.is_assigned(app.id, bob.id)
    page = await tenant.applications.effective_users(app.id, offset=0, limit=10)
    assert page.total == 2


async def test_members_of_applications_are_like_those_of_groups(tenant: TenantDirectory) -> None:
    """Added and removed one by one, twice is success, unknown ones are named."""
    app = await client(tenant)
    ann = await tenant.users.add(person("ann"))
    staff = await tenant.groups.add({"name": "staff"})
    for _ in range(2):
        await tenant.applications.add_members(app.id, [ann.id, staff.id])
    page = await tenant.applications.members(app.id, offset=0, limit=10)
    assert {m.id: m.name for m in page.items} == {ann.id: "ann", staff.id: "staff"}
    with invalid("member_ids"):
        await tenant.applications.add_members(app.id, [f"usr_{UNKNOWN}"])
    for _ in range(2):
        await tenant.applications.remove_members(app.id, [ann.id, staff.id])
    page = await tenant.applications.members(app.id, offset=0, limit=10)
    assert (page.items, page.total) == ((), 0)
    page2 = await tenant.applications.effective_users(app.id, offset=0, limit=10)
    assert page2.total == 0


@pytest.mark.parametrize("id_", [f"app_{UNKNOWN}", "", "*"])
async def test_an_unknown_application_is_not_found(tenant: TenantDirectory, id_: str) -> None:
    """Every method that takes an application's id says so."""
    ann = await tenant.users.add(person("ann"))
    for call in (
        tenant.applications.get(id_),
        tenant.applications.update(id_, {"name": "x"}),
        tenant.applications.delete(id_),
        tenant.applications.members(id_, offset=0, limit=1),
        tenant.applications.add_members(id_, [ann.id]),
        tenant.applications.remove_members(id_, [ann.id]),
        tenant.applications.effective_users(id_, offset=0, limit=1),
        tenant.applications.is_assigned(id_, ann.id),
        tenant.applications.by_client_id(id_),
    ):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.code == "application_not_found"


async def test_applications_are_listed(tenant: TenantDirectory, directory: Directory) -> None:
    """Sorted by client id, searched by text, over tenants, too; groups are not among them."""
    await tenant.groups.add({"name": "no client"})
    for client_id in ("b", "A", "c*"):
        await client(tenant, client_id)
    page = await tenant.applications.find(Query(sort=Sort("client_id", descending=False)))
    assert [app.client_id for app in page.items] == ["A", "b", "c*"]
    page = await tenant.applications.find(Query(filter=TextSearch("C*")))
    assert [app.client_id for app in page.items] == ["c*"]
    page = await directory.applications(frozenset({tenant.tenant.id})).find(Query())
    assert page.total == 3
    assert (await tenant.groups.find(Query())).total == 1
