"""Organizational units, and users in them."""

import pytest

from gateway.domain.errors import Conflict, NotFound, StaleVersion, Taken
from gateway.domain.model import OrganizationalUnit
from gateway.domain.query import Below, Query, Sort, TextSearch
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import UNKNOWN, invalid, names, person


async def tree(tenant: TenantDirectory) -> tuple[OrganizationalUnit, OrganizationalUnit]:
    """A unit, and one below it."""
    top = await tenant.ous.add({"name": "Engineering", "description": "Makes things"})
    return top, await tenant.ous.add({"name": "Platform", "parent_id": top.id})


async def test_units_have_paths(tenant: TenantDirectory) -> None:
    """A unit tells its parent and its path, and reads as it was added."""
    top, below = await tree(tenant)
    assert (top.parent_id, top.path, top.description) == (None, "/Engineering", "Makes things")
    assert (below.parent_id, below.path) == (top.id, "/Engineering/Platform")
    assert top.tenant_id == tenant.tenant.id
    assert await tenant.ous.get(below.id) == below


@pytest.mark.parametrize(
    "name", ["a/b", "a%2Fb", "a, b+c", '"q"\\', "#x", " x", "x ", "Ünï 日本", "*()", "a=b;<c>"]
)
async def test_a_unit_can_have_any_name(tenant: TenantDirectory, name: str) -> None:
    """Names with special characters come back as they are; `/` shows as %2F in paths."""
    top = await tenant.ous.add({"name": name})
    below = await tenant.ous.add({"name": name, "parent_id": top.id})
    assert (top.name, below.name) == (name, name)
    shown = name.replace("/", "%2F")
    assert below.path == f"/{shown}/{shown}"
    user = await tenant.users.add(person("ann", ou_id=below.id))
    assert (user.ou_id, user.ou_path) == (below.id, below.path)
    assert await names(tenant, Below(top.id)) == ["ann"]


async def test_a_name_is_taken_once_under_one_parent(tenant: TenantDirectory) -> None:
    """The same name in the same place is Taken, elsewhere it is not."""
    top, _ = await tree(tenant)
    with pytest.raises(Taken) as caught:
        await tenant.ous.add({"name": "ENGINEERING"})
    assert caught.value.field == "name"
    other = await tenant.ous.add({"name": "Engineering", "parent_id": top.id})
    assert other.path == "/Engineering/Engineering"


@pytest.mark.parametrize("parent", [f"ou_{UNKNOWN}", "ou_x", "", "*"])
async def test_an_unknown_place_is_invalid(tenant: TenantDirectory, parent: str) -> None:
    """A parent or unit that is not there is named, and nothing is added or moved."""
    with invalid("parent_id"):
        await tenant.ous.add({"name": "A", "parent_id": parent})
    assert (await tenant.ous.find(Query())).total == 0
    with invalid("ou_id"):
        await tenant.users.add(person("ann", ou_id=parent))
    assert await names(tenant) == []
    bob = await tenant.users.add(person("bob"))
    with invalid("ou_id"):
        await tenant.users.update(bob.id, {"ou_id": parent, "first_name": "x"})
    assert await tenant.users.get(bob.id) == bob


async def test_a_unit_of_another_tenant_is_no_place(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Users cannot be put into the next tenant's tree."""
    unit = await (await new_tenant(directory)).ous.add({"name": "A"})
    with invalid("ou_id"):
        await tenant.users.add(person("ann", ou_id=unit.id))
    with pytest.raises(NotFound):
        await tenant.ous.get(unit.id)


async def test_a_user_moves_and_keeps_its_id(tenant: TenantDirectory) -> None:
    """Moving to a unit, to another and to the root changes the place, and with it anything."""
    top, below = await tree(tenant)
    group = await tenant.groups.add({"name": "g"})
    ann = await tenant.users.add(person("ann", group_ids=[group.id]))
    for unit in (below, top, None):
        place = unit and unit.id
        moved = await tenant.users.update(ann.id, {"ou_id": place, "username": f"in-{place}"})
        assert (moved.id, moved.ou_id, moved.ou_path) == (ann.id, place, unit and unit.path)
        assert moved.username == f"in-{place}"
        assert (await tenant.users.get(ann.id)) == moved
        assert [m.group_id for m in await tenant.groups.memberships(ann.id)] == [group.id]


async def test_below_means_the_unit_and_all_under_it(tenant: TenantDirectory) -> None:
    """Users of the unit itself and of deeper ones are listed, others not."""
    top, below = await tree(tenant)
    deep = await tenant.ous.add({"name": "Core", "parent_id": below.id})
    other = await tenant.ous.add({"name": "Engineering 2"})
    for name, unit in (("a", top), ("b", below), ("c", deep), ("d", other), ("e", None)):
        await tenant.users.add(person(name, ou_id=unit and unit.id))
    assert await names(tenant, Below(top.id)) == ["a", "b", "c"]
    assert await names(tenant, Below(below.id.upper().replace("OU_", "ou_"))) == ["b", "c"]
    assert await names(tenant, Below(other.id)) == ["d"]


@pytest.mark.parametrize("ou_id", [f"ou_{UNKNOWN}", "ou_*", "", "*", "\0"])
async def test_below_nothing_is_nobody(tenant: TenantDirectory, ou_id: str) -> None:
    """An unknown or malformed unit lists nobody."""
    await tenant.users.add(person("ann"))
    assert await names(tenant, Below(ou_id)) == []


async def test_a_unit_in_use_is_not_deleted(tenant: TenantDirectory) -> None:
    """Users or units in it are a Conflict; an empty one goes."""
    top, below = await tree(tenant)
    ann = await tenant.users.add(person("ann", ou_id=below.id))
    for unit in (top, below):
        with pytest.raises(Conflict) as refused:
            await tenant.ous.delete(unit.id)
        assert refused.value.code == "ou_not_empty"
    await tenant.users.update(ann.id, {"ou_id": None})
    await tenant.ous.delete(below.id)
    await tenant.ous.delete(top.id)
    for unit in (top, below):
        with pytest.raises(NotFound):
            await tenant.ous.get(unit.id)


async def test_a_renamed_unit_takes_its_users_along(tenant: TenantDirectory) -> None:
    """The new name shows in all paths below, ids stay, and the old name is free."""
    top, below = await tree(tenant)
    ann = await tenant.users.add(person("ann", ou_id=below.id))
    renamed = await tenant.ous.update(top.id, {"name": "R/D", "description": None})
    assert (renamed.id, renamed.path, renamed.description) == (top.id, "/R%2FD", None)
    assert (await tenant.users.get(ann.id)).ou_path == "/R%2FD/Platform"
    assert (await tenant.ous.get(below.id)).path == "/R%2FD/Platform"
    with pytest.raises(StaleVersion):
        await tenant.ous.update(top.id, {"name": "x"}, version=top.version)
    await tenant.ous.add({"name": "Engineering"})


async def test_units_are_listed_and_searched(tenant: TenantDirectory) -> None:
    """Units of all depths are one listing; text is found in names and descriptions."""
    await tree(tenant)
    page = await tenant.ous.find(Query(sort=Sort("name", descending=False)))
    assert [unit.path for unit in page.items] == ["/Engineering", "/Engineering/Platform"]
    assert page.total == 2
    found = await tenant.ous.find(Query(filter=TextSearch("PLAT")))
    assert [unit.name for unit in found.items] == ["Platform"]
    found = await tenant.ous.find(Query(filter=TextSearch("makes")))
    assert [unit.name for unit in found.items] == ["Engineering"]


async def test_a_unit_that_was_empty_until_somebody_moved_in(tenant: TenantDirectory) -> None:
    """It can be renamed and moved, and takes along who is there."""
    top, unit = await tenant.ous.add({"name": "Top"}), await tenant.ous.add({"name": "Eng"})
    ann = await tenant.users.add(person("ann"))
    await tenant.users.update(ann.id, {"ou_id": unit.id})
    await tenant.ous.update(unit.id, {"name": "Labs"})
    assert (await tenant.users.get(ann.id)).ou_path == "/Labs"
    other = await tenant.ous.add({"name": "Other"})
    await tenant.users.update(ann.id, {"ou_id": other.id})
    await tenant.ous.update(other.id, {"parent_id": top.id})
    assert (await tenant.users.get(ann.id)).ou_path == "/Top/Other"
    await tenant.users.update(ann.id, {"ou_id": None})
    await tenant.ous.delete(other.id)
    await tenant.ous.delete(unit.id)
