"""Changes of members in one operation, and who is where, asked of many at once."""

import asyncio

import pytest

from gateway.domain.errors import Conflict, NotFound, StaleVersion
from gateway.domain.model import Group, MembershipType, User
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import UNKNOWN, invalid, person

DIRECT, NESTED = MembershipType.DIRECT, MembershipType.NESTED


async def users(tenant: TenantDirectory, *names: str) -> list[User]:
    """New users of these names."""
    return [await tenant.users.add(person(name)) for name in names]


async def group(tenant: TenantDirectory, name: str, *members: User | Group) -> Group:
    """A new group with these members."""
    return await tenant.groups.add({"name": name, "member_ids": [one.id for one in members]})


async def member_names(tenant: TenantDirectory, id_: str) -> list[str]:
    """Names of all direct members."""
    page = await tenant.groups.members(id_, offset=0, limit=1000)
    assert page.total == len(page.items)
    return sorted(member.name for member in page.items)


async def version(tenant: TenantDirectory, id_: str) -> str:
    """The version that the group has now."""
    return (await tenant.groups.get(id_)).version


async def test_a_group_is_made_with_its_members(tenant: TenantDirectory) -> None:
    """Users and groups, in any spelling; what is answered is what is there then."""
    ann, bob = await users(tenant, "ann", "bob")
    inner = await group(tenant, "inner", ann)
    ids = [ann.id, bob.id.upper().replace("USR", "usr"), inner.id, ann.id]
    outer = await tenant.groups.add({"name": "outer", "description": "x", "member_ids": ids})
    assert await tenant.groups.get(outer.id) == outer
    assert await member_names(tenant, outer.id) == ["ann", "bob", "inner"]
    none = await tenant.groups.add({"name": "none", "member_ids": []})
    assert await member_names(tenant, none.id) == []


@pytest.mark.parametrize("unknown", [f"usr_{UNKNOWN}", f"grp_{UNKNOWN}", "nonsense", ""])
async def test_no_group_is_made_with_unknown_members(tenant: TenantDirectory, unknown: str) -> None:
    """Each of them is named, and the name of the group stays free."""
    (ann,) = await users(tenant, "ann")
    with invalid("member_ids") as caught:
        await tenant.groups.add({"name": "g", "member_ids": [ann.id, unknown]})
    assert [problem.loc[2:] for problem in caught.value.problems] == [(1,)]
    assert await tenant.groups.memberships(ann.id) == ()
    await group(tenant, "g", ann)


async def test_members_come_and_go_at_once(tenant: TenantDirectory) -> None:
    """Whoever is there already, or is not, is no trouble; in both lists is to be there."""
    ann, bob, cyd, dan = await users(tenant, "ann", "bob", "cyd", "dan")
    staff = await group(tenant, "Staff", ann, bob)
    await tenant.groups.change_members(staff.id, add=[cyd.id], remove=[ann.id])
    assert await member_names(tenant, staff.id) == ["bob", "cyd"]
    await tenant.groups.change_members(
        staff.id,
        add=[bob.id, dan.id, dan.id],
        remove=[ann.id, cyd.id, f"usr_{UNKNOWN}", "nonsense"],
    )
    assert await member_names(tenant, staff.id) == ["bob", "dan"]
    await tenant.groups.change_members(staff.id, add=[bob.id, ann.id], remove=[bob.id, ann.id])
    assert await member_names(tenant, staff.id) == ["ann", "bob", "dan"]
    await tenant.groups.change_members(staff.id, remove=[ann.id, bob.id, cyd.id, dan.id])
    assert await member_names(tenant, staff.id) == []


async def test_what_changes_nothing_leaves_the_version(tenant: TenantDirectory) -> None:
    """A value that is there, or is not, is not written again; every other change shows."""
    ann, bob, cyd = await users(tenant, "ann", "bob", "cyd")
    staff = await group(tenant, "Staff", ann, bob)
    before = await version(tenant, staff.id)
    await tenant.groups.change_members(staff.id, add=[ann.id])
    await tenant.groups.change_members(staff.id, remove=[cyd.id])
    await tenant.groups.change_members(staff.id, add=[ann.id, bob.id], remove=[cyd.id])
    await tenant.groups.change_members(staff.id, add=[ann.id, bob.id], version=before)
    await tenant.groups.change_members(staff.id)
    assert await version(tenant, staff.id) == before
    for add, remove in (([bob.id, cyd.id], []), ([], [cyd.id]), ([], [ann.id, cyd.id])):
        await tenant.groups.change_members(staff.id, add=add, remove=remove)
        now = await version(tenant, staff.id)
        assert now != before
        before = now


async def test_a_stale_version_changes_no_member(tenant: TenantDirectory) -> None:
    """With the version that is there the change is made; with an earlier one nothing is."""
    ann, bob = await users(tenant, "ann", "bob")
    staff = await group(tenant, "Staff", ann)
    first = await version(tenant, staff.id)
    await tenant.groups.change_members(staff.id, add=[bob.id], version=first)
    for call in (
        tenant.groups.change_members(staff.id, remove=[bob.id], version=first),
        tenant.groups.change_members(staff.id, add=[bob.id], version=first),
        tenant.groups.change_members(staff.id, version=first),
        tenant.groups.clear_members(staff.id, version=first),
    ):
        with pytest.raises(StaleVersion):
            await call
    assert await member_names(tenant, staff.id) == ["ann", "bob"]
    await tenant.groups.clear_members(staff.id, version=await version(tenant, staff.id))
    assert await member_names(tenant, staff.id) == []


async def test_of_two_changes_with_one_version_one_wins(tenant: TenantDirectory) -> None:
    """The directory decides the race: the other is told, and leaves nothing."""
    people = await users(tenant, *(f"u{n}" for n in range(6)))
    staff = await group(tenant, "Staff")
    first = await version(tenant, staff.id)
    outcomes = await asyncio.gather(
        *(tenant.groups.change_members(staff.id, add=[one.id], version=first) for one in people),
        return_exceptions=True,
    )
    lost = [isinstance(outcome, StaleVersion) for outcome in outcomes]
    assert sum(lost) == 5
    won = [one.username for one, late in zip(people, lost, strict=True) if not late]
    assert await member_names(tenant, staff.id) == won


async def test_a_group_is_cleared_of_all(tenant: TenantDirectory) -> None:
    """Users and groups, once and again; and it can be filled anew."""
    ann, bob = await users(tenant, "ann", "bob")
    inner = await group(tenant, "inner", bob)
    outer = await group(tenant, "outer", ann, inner)
    await tenant.groups.clear_members(outer.id)
    await tenant.groups.clear_members(outer.id)
    assert await member_names(tenant, outer.id) == []
    assert await tenant.groups.memberships(ann.id) == ()
    assert await member_names(tenant, inner.id) == ["bob"]
    await tenant.groups.change_members(outer.id, add=[ann.id])
    assert await member_names(tenant, outer.id) == ["ann"]


async def test_unknown_members_refuse_the_whole_change(tenant: TenantDirectory) -> None:
    """Nobody is added, and nobody removed; a group itself is a Conflict."""
    ann, bob = await users(tenant, "ann", "bob")
    staff = await group(tenant, "Staff", ann)
    with invalid("member_ids") as caught:
        await tenant.groups.change_members(
            staff.id, add=["nonsense", bob.id, f"usr_{UNKNOWN}"], remove=[ann.id]
        )
    assert [problem.loc[2:] for problem in caught.value.problems] == [(0,), (2,)]
    with pytest.raises(Conflict) as refused:
        await tenant.groups.change_members(staff.id, add=[bob.id, staff.id], remove=[ann.id])
    assert refused.value.code == "group_cycle"
    assert await member_names(tenant, staff.id) == ["ann"]
    for id_ in (f"grp_{UNKNOWN}", ann.id, ""):
        for call in (tenant.groups.change_members(id_), tenant.groups.clear_members(id_)):
            with pytest.raises(NotFound):
                await call


async def test_fifty_changes_at_once_lose_nothing(tenant: TenantDirectory) -> None:
    """Each adds one and removes another, on one group, at the same time."""
    old = await users(tenant, *(f"old{n:02}" for n in range(50)))
    new = await users(tenant, *(f"new{n:02}" for n in range(50)))
    staff = await group(tenant, "Staff", *old)
    await asyncio.gather(
        *(
            tenant.groups.change_members(staff.id, add=[one.id], remove=[other.id])
            for one, other in zip(new, old, strict=True)
        )
    )
    assert await member_names(tenant, staff.id) == [one.username for one in new]


async def test_memberships_of_many_are_those_of_each(tenant: TenantDirectory) -> None:
    """As asked one by one, under canonical ids; who is not there has no line."""
    ann, bob, cyd, dan = await users(tenant, "ann", "bob", "cyd", "dan")
    a = await group(tenant, "a", ann, bob)
    b = await group(tenant, "b", a, cyd)
    c = await group(tenant, "c", b)
    await tenant.groups.add_members(a.id, [c.id])
    loud = bob.id.upper().replace("USR", "usr")
    found = await tenant.groups.memberships_of(
        [ann.id, loud, cyd.id, dan.id, ann.id, a.id, f"usr_{UNKNOWN}", "nonsense", ""]
    )
    assert found.keys() == {ann.id, bob.id, cyd.id, dan.id}
    assert [(m.name, m.type) for m in found[bob.id]] == [
        ("a", DIRECT),
        ("b", NESTED),
        ("c", NESTED),
    ]
    assert [(m.name, m.type) for m in found[cyd.id]] == [
        ("b", DIRECT),
        ("a", NESTED),
        ("c", NESTED),
    ]
    assert found[dan.id] == ()
    for id_, memberships in found.items():
        assert await tenant.groups.memberships(id_) == memberships
    assert await tenant.groups.memberships_of([]) == {}


async def test_members_of_many_are_those_of_each(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """All of them, ascending by id, under canonical ids; groups elsewhere have no line."""
    people = await users(tenant, *(f"u{n}" for n in range(9)))
    groups = [await group(tenant, f"g{n}", *people[:n]) for n in range(9)]
    groups.append(await group(tenant, "outer", *groups[:3]))
    other = await new_tenant(directory)
    elsewhere = await group(other, "elsewhere", *await users(other, "ann"))
    asked = [one.id.upper().replace("GRP", "grp") for one in groups]
    found = await tenant.groups.members_of(
        [*asked, groups[0].id, elsewhere.id, people[0].id, f"grp_{UNKNOWN}", "x"]
    )
    assert found.keys() == {one.id for one in groups}
    for one in groups:
        page = await tenant.groups.members(one.id, offset=0, limit=100)
        assert found[one.id] == page.items
    assert await tenant.groups.members_of([]) == {}
