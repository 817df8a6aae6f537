"""Managers: one user refers to another by its id, for as long as that one is there."""

import pytest

from gateway.domain.errors import StaleVersion
from gateway.domain.model import User
from gateway.domain.query import Query
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import UNKNOWN, by_name, person


async def report(tenant: TenantDirectory, manager: object, name: str = "ann") -> User:
    """A new user with that manager."""
    return await tenant.users.add(person(name, custom_attributes={"manager": manager, "a": 1}))


async def manager_of(tenant: TenantDirectory, user: User) -> object:
    """The manager that the user has now; all ways to read it must agree."""
    found = await tenant.users.get(user.id)
    for limit in (None, 50):
        page = await tenant.users.find(by_name(limit=limit))
        assert found in page.items
    assert found.custom_attributes["a"] == 1
    return found.custom_attributes.get("manager")


async def test_a_manager_reads_as_the_id_that_was_written(tenant: TenantDirectory) -> None:
    """In whatever spelling it came; on creation as in a change, and it can be taken away."""
    boss = await tenant.users.add(person("boss"))
    other = await tenant.users.add(person("other"))
    ann = await report(tenant, boss.id.upper().replace("USR_", "usr_"))
    assert ann.custom_attributes == {"manager": boss.id, "a": 1}
    assert await manager_of(tenant, ann) == boss.id
    changed = await tenant.users.update(
        ann.id, {"custom_attributes": {"manager": other.id, "a": 1}}, version=ann.version
    )
    assert changed.custom_attributes["manager"] == other.id
    with pytest.raises(StaleVersion):
        await tenant.users.update(ann.id, {"custom_attributes": {}}, version=ann.version)
    same = await tenant.users.update(ann.id, {"custom_attributes": changed.custom_attributes})
    assert same == changed
    await tenant.users.update(ann.id, {"custom_attributes": {"a": 1}})
    assert await manager_of(tenant, ann) is None


@pytest.mark.parametrize(
    "value", [f"usr_{UNKNOWN}", "26118915-6090-4610-87e4-49d8ca9f808d", "a boss", "uid=x,dc=y", 7]
)
async def test_what_names_nobody_is_kept_as_it_is(tenant: TenantDirectory, value: object) -> None:
    """An id of somebody else, or no id at all, reads back to the letter."""
    ann = await report(tenant, value)
    assert await manager_of(tenant, ann) == value
    boss = await tenant.users.add(person("boss"))
    await tenant.users.update(ann.id, {"custom_attributes": {"manager": boss.id, "a": 1}})
    assert await manager_of(tenant, ann) == boss.id
    await tenant.users.update(ann.id, {"custom_attributes": {"manager": value, "a": 1}})
    assert await manager_of(tenant, ann) == value


async def test_a_user_of_another_tenant_is_nobody(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Its id is a text like any other, and never a reference."""
    elsewhere = await new_tenant(directory)
    stranger = await elsewhere.users.add(person("stranger"))
    ann = await report(tenant, stranger.id)
    await elsewhere.users.delete(stranger.id)
    assert await manager_of(tenant, ann) == stranger.id


async def test_users_can_manage_each_other_and_themselves(tenant: TenantDirectory) -> None:
    """Circles are no trouble."""
    ann = await report(tenant, "nobody")
    bob = await report(tenant, ann.id, "bob")
    await tenant.users.update(ann.id, {"custom_attributes": {"manager": bob.id, "a": 1}})
    await tenant.users.update(bob.id, {"custom_attributes": {"manager": bob.id, "a": 1}})
    assert await manager_of(tenant, ann) == bob.id
    assert await manager_of(tenant, bob) == bob.id


async def test_a_manager_stays_one_under_another_name_and_place(tenant: TenantDirectory) -> None:
    """Renamed, moved, and moved along with its unit."""
    top = await tenant.ous.add({"name": "Top"})
    unit = await tenant.ous.add({"name": "Eng", "parent_id": top.id})
    boss = await tenant.users.add(person("boss"))
    ann = await report(tenant, boss.id)
    for change in ({"username": "chief"}, {"ou_id": unit.id}, {"username": "b", "ou_id": top.id}):
        await tenant.users.update(boss.id, change)
        assert await manager_of(tenant, ann) == boss.id
    await tenant.ous.update(top.id, {"name": "Peak"})
    assert await manager_of(tenant, ann) == boss.id


async def test_a_retired_manager_is_not_shown_until_it_is_back(tenant: TenantDirectory) -> None:
    """Whoever takes the name meanwhile is not taken for it."""
    boss = await tenant.users.add(person("boss"))
    ann = await report(tenant, boss.id)
    await tenant.users.retire(boss.id)
    assert await manager_of(tenant, ann) is None
    successor = await tenant.users.add(person("boss"))
    assert await manager_of(tenant, ann) is None
    await tenant.users.delete(successor.id)
    await tenant.users.restore(boss.id)
    assert await manager_of(tenant, ann) == boss.id


async def test_a_change_of_other_attributes_lets_a_retired_manager_go(
    tenant: TenantDirectory,
) -> None:
    """What is written is what is there, whoever comes back."""
    boss = await tenant.users.add(person("boss"))
    ann = await report(tenant, boss.id)
    await tenant.users.retire(boss.id)
    await tenant.users.update(ann.id, {"custom_attributes": {"a": 1}})
    await tenant.users.restore(boss.id)
    assert await manager_of(tenant, ann) is None


@pytest.mark.parametrize("soft", [True, False])
async def test_a_deleted_manager_is_gone(tenant: TenantDirectory, soft: bool) -> None:
    """Also for those who are brought back themselves, and whoever is called so next."""
    boss = await tenant.users.add(person("boss"))
    ann = await report(tenant, boss.id)
    bob = await report(tenant, boss.id, "bob")
    await tenant.users.retire(bob.id)
    if soft:
        await tenant.users.retire(boss.id)
        await tenant.users.purge(boss.id)
    else:
        await tenant.users.delete(boss.id)
    await tenant.users.restore(bob.id)
    for user in (ann, bob):
        assert await manager_of(tenant, user) is None
    await tenant.users.add(person("boss"))
    for user in (ann, bob):
        assert await manager_of(tenant, user) is None


async def test_managers_are_read_over_several_tenants(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Each user shows the one of its own tenant."""
    expected = {}
    other = await new_tenant(directory)
    for each in (tenant, other):
        boss = await each.users.add(person("boss"))
        ann = await report(each, boss.id)
        expected[ann.id] = boss.id
    reader = directory.users(frozenset({tenant.tenant.id, other.tenant.id}))
    page = await reader.find(Query(limit=None))
    found = {user.id: user.custom_attributes.get("manager") for user in page.items}
    assert {id_: found[id_] for id_ in expected} == expected
