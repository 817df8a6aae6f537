"""Groups and their members."""

import asyncio

import pytest

from gateway.domain.errors import Conflict, NotFound, StaleVersion, Taken
from gateway.domain.model import Group, Membership, MembershipType, User
from gateway.domain.query import MemberOf, Query, Sort, TextSearch
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import UNKNOWN, invalid, names, person

DIRECT, NESTED = MembershipType.DIRECT, MembershipType.NESTED


async def group(tenant: TenantDirectory, name: str, *members: User | Group) -> Group:
    """A new group with these members."""
    added = await tenant.groups.add({"name": name})
    await tenant.groups.add_members(added.id, [member.id for member in members])
    return added


async def user(tenant: TenantDirectory, name: str) -> User:
    """A new user."""
    return await tenant.users.add(person(name))


async def member_ids(tenant: TenantDirectory, id_: str) -> list[str]:
    """All direct members."""
    page = await tenant.groups.members(id_, offset=0, limit=1000)
    assert page.total == len(page.items)
    return [member.id for member in page.items]


async def test_a_group_reads_as_it_was_added(tenant: TenantDirectory) -> None:
    """Name and description come back; a new group has no members."""
    added = await tenant.groups.add({"name": "Staff, (all) *", "description": "Everybody #1"})
    assert (added.name, added.description) == ("Staff, (all) *", "Everybody #1")
    assert added.tenant_id == tenant.tenant.id
    assert await tenant.groups.get(added.id) == added
    assert await member_ids(tenant, added.id) == []


async def test_a_group_name_is_taken_once(tenant: TenantDirectory, directory: Directory) -> None:
    """In any case, on adding and on renaming; another tenant is free to have it."""
    await group(tenant, "Staff")
    with pytest.raises(Taken) as caught:
        await tenant.groups.add({"name": "STAFF"})
    assert caught.value.field == "name"
    other = await group(tenant, "Other")
    with pytest.raises(Taken):
        await tenant.groups.update(other.id, {"name": "staff"})
    assert (await tenant.groups.get(other.id)).name == "Other"
    await group(await new_tenant(directory), "Staff")


async def test_a_group_is_changed_and_deleted(tenant: TenantDirectory) -> None:
    """Renaming keeps id and members; a stale version stops it; deleting ends memberships."""
    ann = await user(tenant, "ann")
    staff = await group(tenant, "Staff", ann)
    before = await tenant.groups.get(staff.id)
    changed = await tenant.groups.update(staff.id, {"name": "All", "description": "x"})
    assert (changed.id, changed.name, changed.description) == (staff.id, "All", "x")
    assert await member_ids(tenant, staff.id) == [ann.id]
    for call in (
        tenant.groups.update(staff.id, {"name": "Y"}, version=before.version),
        tenant.groups.delete(staff.id, version=before.version),
    ):
        with pytest.raises(StaleVersion):
            await call
    await tenant.groups.delete(staff.id, version=changed.version)
    with pytest.raises(NotFound):
        await tenant.groups.get(staff.id)
    assert await tenant.groups.memberships(ann.id) == ()


async def test_members_are_users_and_groups_by_id(tenant: TenantDirectory) -> None:
    """Members tell id and name, ascending by id, in windows with the true total."""
    people = [await user(tenant, name) for name in ("ann", "bob", "cyd")]
    inner = await group(tenant, "inner")
    outer = await group(tenant, "outer", *people, inner)
    page = await tenant.groups.members(outer.id, offset=0, limit=10)
    assert {m.id: m.name for m in page.items} == {
        **{one.id: one.username for one in people},
        inner.id: "inner",
    }
    ids = [m.id for m in page.items]
    assert ids == sorted(ids)
    window = await tenant.groups.members(outer.id, offset=1, limit=2)
    assert [m.id for m in window.items] == ids[1:3]
    assert window.total == 4
    past = await tenant.groups.members(outer.id, offset=9, limit=2)
    assert (past.items, past.total) == ((), 4)


async def test_adding_and_removing_twice_is_success(tenant: TenantDirectory) -> None:
    """Who is there already stays, who is not there is gone already."""
    ann, bob = await user(tenant, "ann"), await user(tenant, "bob")
    staff = await group(tenant, "Staff", ann)
    await tenant.groups.add_members(staff.id, [ann.id, bob.id, bob.id.upper().replace("U", "u")])
    assert await member_ids(tenant, staff.id) == sorted([ann.id, bob.id])
    await tenant.groups.remove_members(staff.id, [ann.id, f"usr_{UNKNOWN}", "nonsense"])
    await tenant.groups.remove_members(staff.id, [ann.id])
    assert await member_ids(tenant, staff.id) == [bob.id]
    await tenant.groups.remove_members(staff.id, [bob.id])
    assert await member_ids(tenant, staff.id) == []
    await tenant.groups.add_members(staff.id, [])
    await tenant.groups.remove_members(staff.id, [])
    await tenant.groups.add_members(staff.id, [ann.id])
    assert await member_ids(tenant, staff.id) == [ann.id]


@pytest.mark.parametrize("unknown", [f"usr_{UNKNOWN}", f"grp_{UNKNOWN}", "nonsense", ""])
async def test_unknown_members_are_named_and_none_is_added(
    tenant: TenantDirectory, unknown: str
) -> None:
    """One unknown id refuses all of them."""
    ann = await user(tenant, "ann")
    staff = await group(tenant, "Staff")
    with invalid("member_ids") as caught:
        await tenant.groups.add_members(staff.id, [ann.id, unknown])
    assert [problem.loc[2:] for problem in caught.value.problems] == [(1,)]
    assert await member_ids(tenant, staff.id) == []


async def test_members_of_another_tenant_are_unknown(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Users and groups of the next tenant cannot be members."""
    other = await new_tenant(directory)
    staff = await group(tenant, "Staff")
    for stranger in (await user(other, "ann"), await group(other, "g")):
        with invalid("member_ids"):
            await tenant.groups.add_members(staff.id, [stranger.id])


@pytest.mark.parametrize("id_", [f"grp_{UNKNOWN}", f"usr_{UNKNOWN}", "", "*"])
async def test_an_unknown_group_is_not_found(tenant: TenantDirectory, id_: str) -> None:
    """Every method that takes a group's id says so."""
    for call in (
        tenant.groups.get(id_),
        tenant.groups.update(id_, {"name": "x"}),
        tenant.groups.delete(id_),
        tenant.groups.members(id_, offset=0, limit=1),
        tenant.groups.add_members(id_, []),
        tenant.groups.remove_members(id_, []),
    ):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.code == "group_not_found"
    assert await names(tenant, MemberOf(id_)) == []


async def test_a_new_user_joins_groups(tenant: TenantDirectory) -> None:
    """Groups that are named when adding have the user; unknown ones refuse the user."""
    staff, other = await group(tenant, "Staff"), await group(tenant, "Other")
    ann = await tenant.users.add(person("ann", group_ids=[staff.id, other.id, staff.id]))
    assert {m.group_id for m in await tenant.groups.memberships(ann.id)} == {staff.id, other.id}
    for unknown in (f"grp_{UNKNOWN}", ann.id, "nonsense"):
        with invalid("group_ids") as caught:
            await tenant.users.add(person("bob", group_ids=[staff.id, unknown]))
        assert [problem.loc[2:] for problem in caught.value.problems] == [(1,)]
    assert await names(tenant) == ["ann"]
    assert await member_ids(tenant, staff.id) == [ann.id]


async def test_memberships_tell_direct_and_nested(tenant: TenantDirectory) -> None:
    """Direct ones first, then those through groups, each by name; both only once."""
    ann = await user(tenant, "ann")
    b = await group(tenant, "b", ann)
    a = await group(tenant, "A", ann)
    z = await group(tenant, "Z", a, b)
    y = await group(tenant, "y", z)
    also = await group(tenant, "c", ann, a)
    await group(tenant, "unrelated")
    assert await tenant.groups.memberships(ann.id) == (
        Membership(group_id=a.id, name="A", type=DIRECT),
        Membership(group_id=b.id, name="b", type=DIRECT),
        Membership(group_id=also.id, name="c", type=DIRECT),
        Membership(group_id=y.id, name="y", type=NESTED),
        Membership(group_id=z.id, name="Z", type=NESTED),
    )


async def test_cycles_of_groups_end(tenant: TenantDirectory) -> None:
    """Groups that contain each other are walked once."""
    ann, bob = await user(tenant, "ann"), await user(tenant, "bob")
    a = await group(tenant, "a", ann)
    b = await group(tenant, "b", a, bob)
    c = await group(tenant, "c", b)
    await tenant.groups.add_members(a.id, [c.id])
    assert [(m.name, m.type) for m in await tenant.groups.memberships(ann.id)] == [
        ("a", DIRECT),
        ("b", NESTED),
        ("c", NESTED),
    ]
    for any_ in (a, b, c):
        assert await names(tenant, MemberOf(any_.id)) == ["ann", "bob"]


async def test_a_group_is_no_member_of_itself(tenant: TenantDirectory) -> None:
    """It is a Conflict, and nobody named beside it is added."""
    ann = await user(tenant, "ann")
    a = await group(tenant, "a")
    with pytest.raises(Conflict) as caught:
        await tenant.groups.add_members(a.id, [ann.id, a.id])
    assert caught.value.code == "group_cycle"
    assert await member_ids(tenant, a.id) == []


async def test_member_of_lists_direct_and_nested_users(tenant: TenantDirectory) -> None:
    """Users in the group and in groups of it; the group's own parents do not count."""
    ann, bob, _ = [await user(tenant, name) for name in ("ann", "bob", "cyd")]
    inner = await group(tenant, "inner", ann)
    outer = await group(tenant, "outer", inner, bob)
    empty = await group(tenant, "empty")
    assert await names(tenant, MemberOf(outer.id)) == ["ann", "bob"]
    assert await names(tenant, MemberOf(inner.id)) == ["ann"]
    assert await names(tenant, MemberOf(empty.id)) == []


async def test_a_deleted_or_renamed_member_is_followed(tenant: TenantDirectory) -> None:
    """A deleted user or group is no member any more, a renamed one still is."""
    ann, bob = await user(tenant, "ann"), await user(tenant, "bob")
    inner = await group(tenant, "inner")
    outer = await group(tenant, "outer", ann, bob, inner)
    await tenant.users.delete(ann.id)
    await tenant.groups.delete(inner.id)
    await tenant.users.update(bob.id, {"username": "robert"})
    page = await tenant.groups.members(outer.id, offset=0, limit=10)
    assert [(m.id, m.name) for m in page.items] == [(bob.id, "robert")]
    await tenant.users.delete(bob.id)
    assert await member_ids(tenant, outer.id) == []


async def test_a_renamed_member_is_never_missing(tenant: TenantDirectory) -> None:
    """As soon as the rename of a user, or of a group in a group, is answered, it is a member."""
    outer = await group(tenant, "outer")
    app = await tenant.applications.add({"client_id": "c", "secret": "s"})

    async def rename(name: str) -> None:
        one = await user(tenant, name)
        inner = await group(tenant, f"in-{name}", one)
        await tenant.groups.add_members(outer.id, [inner.id])
        await tenant.applications.add_members(app.id, [one.id])
        for n in range(3):
            await tenant.users.update(one.id, {"username": f"{name}{n}"})
            await tenant.users.update(one.id, {"username": f"{name}{n}".upper()})
            assert await member_ids(tenant, inner.id) == [one.id]
            assert await tenant.applications.is_assigned(app.id, one.id)
            await tenant.groups.update(inner.id, {"name": f"in-{name}{n}"})
            assert inner.id in await member_ids(tenant, outer.id)
            found = [m.name for m in await tenant.groups.memberships(one.id)]
            assert found == [f"in-{name}{n}", "outer"]

    await asyncio.gather(*(rename(name) for name in ("ann", "bob", "cyd", "dan")))


async def test_a_group_that_is_renamed_by_many_is_found(tenant: TenantDirectory) -> None:
    """Names and members changed by many at once: each change finds the group, none is lost."""
    people = [await user(tenant, f"u{n}") for n in range(8)]
    staff = await group(tenant, "staff")
    await asyncio.gather(
        *(tenant.groups.update(staff.id, {"name": f"staff {n}"}) for n in range(12)),
        *(tenant.groups.add_members(staff.id, [one.id]) for one in people),
    )
    assert await member_ids(tenant, staff.id) == sorted(one.id for one in people)
    assert (await tenant.groups.get(staff.id)).name in {f"staff {n}" for n in range(12)}


async def test_concurrent_member_changes_lose_nothing(tenant: TenantDirectory) -> None:
    """Adds and removes at the same time all take effect."""
    people = [await user(tenant, f"u{n}") for n in range(8)]
    staff = await group(tenant, "Staff", *people[:4])
    await asyncio.gather(
        *(tenant.groups.add_members(staff.id, [one.id]) for one in people[4:]),
        *(tenant.groups.remove_members(staff.id, [one.id]) for one in people[:4]),
    )
    assert await member_ids(tenant, staff.id) == sorted(one.id for one in people[4:])
    await asyncio.gather(
        *(tenant.groups.remove_members(staff.id, [one.id]) for one in people[4:]),
    )
    assert await member_ids(tenant, staff.id) == []


async def test_groups_are_listed_searched_and_sorted(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """Case-insensitively by name, both ways; over tenants, too."""
    for name in ("b*", "A(x)", "c"):
        await tenant.groups.add({"name": name, "description": f"{name} stuff"})
    for descending in (False, True):
        page = await tenant.groups.find(Query(sort=Sort("name", descending)))
        found = [one.name for one in page.items]
        assert found == (["c", "b*", "A(x)"] if descending else ["A(x)", "b*", "c"])
    for text, expected in (("*", ["b*"]), ("a(X) STUFF", ["A(x)"]), ("\0", []), ("zz", [])):
        page = await tenant.groups.find(Query(filter=TextSearch(text)))
        assert [one.name for one in page.items] == expected
    other = await new_tenant(directory)
    elsewhere = await group(other, "elsewhere")
    both = frozenset({tenant.tenant.id, other.tenant.id})
    page = await directory.groups(both).find(Query(sort=Sort("name", descending=False), limit=None))
    assert [one.name for one in page.items] == ["A(x)", "b*", "c", "elsewhere"]
    assert await directory.groups(None).get(elsewhere.id) == await other.groups.get(elsewhere.id)
    with pytest.raises(NotFound):
        await directory.groups(frozenset({tenant.tenant.id})).get(elsewhere.id)
