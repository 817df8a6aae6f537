"""Groups that a client creates, changes and deletes."""

import asyncio

import pytest

from gateway.domain.errors import Conflict, Invalid, NotFound, StaleVersion, Taken
from gateway.domain.query import Compare, Query
from gateway.services.provisioning import WantedGroup
from tests.gateway.services.provisioning.client import connect, external_ids
from tests.gateway.services.world import World

UNKNOWN = f"usr_{'0' * 32}"


async def test_create(world: World) -> None:
    """Name, members and link are there at once; an empty group is one, too."""
    client = await connect(world)
    assert client.provider is not None
    ann, empty = await client.create(), await client.group("empty")
    members = frozenset({ann.id.upper(), empty.id})
    group = await client.group("Staff, (all)", external_id="g-1", members=members)
    assert (group.name, external_ids(group)) == ("Staff, (all)", {client.provider.id: "g-1"})
    assert await client.members(group) == {ann.id, empty.id}
    assert await client.members(empty) == set()
    call = client.call("groups.read")
    assert await client.service.group(call, group.id) == group
    named = Query(filter=Compare("name", "eq", "staff, (all)"))
    assert (await client.service.find_groups(call, named)).items == (group,)


async def test_names_are_unique_external_ids_are_not(world: World) -> None:
    """Two groups may stand for one at the provider, but not under one name."""
    client = await connect(world)
    await client.group("one", external_id="g")
    two = await client.group("two", external_id="g")
    with pytest.raises(Taken) as refused:
        await client.group("ONE")
    assert refused.value.field == "name"
    with pytest.raises(Taken):
        await client.regroup(two, WantedGroup(values={"name": "one"}))


@pytest.mark.parametrize("values", [{}, {"name": ""}, {"name": None}, {"name": " x"}])
async def test_a_group_has_a_name(world: World, values: dict[str, object]) -> None:
    """Without one it is neither made nor left."""
    client = await connect(world)
    with pytest.raises(Invalid) as refused:
        await client.service.create_group(client.call("groups.create"), WantedGroup(values=values))
    assert [p.loc for p in refused.value.problems] == [("body", "name")]
    group = await client.group()
    if values:
        with pytest.raises(Invalid):
            await client.regroup(group, WantedGroup(values=values))


async def test_unknown_members_are_named(world: World) -> None:
    """Nothing is written then: no group, no other member, no name."""
    client = await connect(world)
    ann, bob = await client.create("ann"), await client.create("bob")
    group = await client.group(members=frozenset({ann.id}))
    for unknown in (UNKNOWN, "nonsense"):
        ids = frozenset({bob.id, unknown})
        for wanted in (
            WantedGroup(add=ids),
            WantedGroup(members=ids),
            WantedGroup(values={"name": "x"}, add=ids),
        ):
            with pytest.raises(Invalid) as refused:
                await client.regroup(group, wanted)
            assert [p.loc for p in refused.value.problems] == [("body", "members")]
            assert unknown in refused.value.detail
        with pytest.raises(Invalid) as refused:
            await client.group("other", members=ids)
        assert [p.loc for p in refused.value.problems] == [("body", "members")]
        assert unknown in refused.value.detail
    assert await client.members(group) == {ann.id}
    page = await client.service.find_groups(client.call("groups.read"), Query())
    assert page.items == (group,)


async def test_single_members(world: World) -> None:
    """Added and removed one by one; who is there or is not there is fine; adding comes last."""
    client = await connect(world)
    ann, bob, eve = [await client.create(name) for name in ("ann", "bob", "eve")]
    group = await client.group(members=frozenset({ann.id}))
    after = await client.regroup(group, WantedGroup(add=frozenset({bob.id, ann.id})))
    assert await client.members(group) == {ann.id, bob.id}
    assert after.version != group.version
    same = await client.regroup(group, WantedGroup(add=frozenset({bob.id})))
    assert same.version == after.version
    gone = frozenset({UNKNOWN, "nonsense", ann.id, eve.id})
    await client.regroup(group, WantedGroup(remove=gone, add=frozenset({eve.id})))
    assert await client.members(group) == {bob.id, eve.id}
    await client.regroup(group, WantedGroup(clear=True, add=frozenset({ann.id})))
    assert await client.members(group) == {ann.id}
    await client.regroup(group, WantedGroup(clear=True))
    assert await client.members(group) == set()


async def test_the_whole_list(world: World) -> None:
    """Who is not on it goes; the same list again writes nothing."""
    client = await connect(world)
    ann, bob, eve = [await client.create(name) for name in ("ann", "bob", "eve")]
    group = await client.group(members=frozenset({ann.id, bob.id}))
    wanted = WantedGroup(members=frozenset({bob.id, eve.id.upper()}))
    after = await client.regroup(group, wanted)
    assert await client.members(group) == {bob.id, eve.id}
    assert await client.regroup(group, wanted) == after
    await client.regroup(group, WantedGroup(members=frozenset()))
    assert await client.members(group) == set()


async def test_values_and_members_at_once(world: World) -> None:
    """Both change, and the audit log tells both."""
    client = await connect(world)
    assert client.provider is not None
    ann, bob = await client.create("ann"), await client.create("bob")
    group = await client.group(members=frozenset({ann.id}))
    wanted = WantedGroup(
        values={"name": "people", "description": "All"},
        external_id="g-2",
        members=frozenset({bob.id}),
    )
    after = await client.regroup(group, wanted, group.version)
    assert (after.name, after.description) == ("people", "All")
    assert external_ids(after) == {client.provider.id: "g-2"}
    assert await client.members(group) == {bob.id}
    told = [c for c in world.audit.changes if c.action == "scim.groups.update"]
    assert told[0].before is not None
    assert told[0].before["name"] == "staff"
    assert (told[1].before, told[1].after) == ({"members": (ann.id,)}, {"members": (bob.id,)})
    after = await client.regroup(group, WantedGroup(values={"description": ""}, external_id=None))
    assert (after.description, after.federated_identities) == (None, ())


async def test_no_group_is_its_own_member(world: World) -> None:
    """Neither alone nor together with a name."""
    client = await connect(world)
    group = await client.group()
    for values in ({}, {"name": "x"}):
        with pytest.raises(Conflict) as refused:
            await client.regroup(group, WantedGroup(values=values, add=frozenset({group.id})))
        assert refused.value.code == "group_cycle"
    assert await client.service.group(client.call("groups.read"), group.id) == group


async def test_versions(world: World) -> None:
    """An older version writes nothing, whatever was wanted."""
    client = await connect(world)
    ann = await client.create()
    group = await client.group()
    after = await client.regroup(group, WantedGroup(add=frozenset({ann.id})), group.version)
    for wanted in (
        WantedGroup(values={"name": "x"}),
        WantedGroup(clear=True),
        WantedGroup(members=frozenset()),
        WantedGroup(add=frozenset({ann.id})),
    ):
        with pytest.raises(StaleVersion):
            await client.regroup(group, wanted, group.version)
    call = client.call("groups.delete")
    with pytest.raises(StaleVersion):
        await client.service.delete_group(call, group.id, version=group.version)
    await client.service.delete_group(call, group.id, version=after.version)
    with pytest.raises(NotFound):
        await client.service.delete_group(call, group.id)


async def test_no_member_is_lost(world: World) -> None:
    """Many who add one each at the same time all succeed."""
    client = await connect(world)
    users = [await client.create(f"u{n}") for n in range(20)]
    group = await client.group()
    await asyncio.gather(
        *(client.regroup(group, WantedGroup(add=frozenset({user.id}))) for user in users)
    )
    assert await client.members(group) == {user.id for user in users}


async def test_reach(world: World) -> None:
    """Groups and members of another tenant are not there."""
    client, other = await connect(world), await connect(world, slug="beta")
    foreign, group = await other.create(), await client.group()
    with pytest.raises(NotFound):
        await other.regroup(group, WantedGroup(values={"name": "x"}))
    with pytest.raises(Invalid):
        await client.regroup(group, WantedGroup(add=frozenset({foreign.id})))
