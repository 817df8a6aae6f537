"""What the feed tells is what the stores read, whatever an administrator does."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.ldap import filters
from adapters.ldap.dn import Rdn
from adapters.ldap.errors import NoSuchObject
from adapters.ldap.values import Modification, Scope
from gateway.domain.query import Everything, Query, Sort
from gateway.ports.feed import Gone, Membership, OnlyThese, Reached, StartOver
from tests.adapters.ldap.feed.audience import SECONDS, attending
from tests.adapters.ldap.feed.scene import Scene, agree
from tests.adapters.ldap.feed.world import steps

EVERYTHING = Query(filter=Everything(), sort=Sort("created_at"), limit=None)


@given(course=st.lists(steps, min_size=20, max_size=40))
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],  # each look at a course takes long; a failure shows it whole
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_what_is_told_is_what_the_stores_read(
    scene: Scene, course: list[tuple[object, ...]]
) -> None:
    """After any changes, also while nobody listened or was slow, and for a late listener, too."""
    await scene.world.begin()
    async with AsyncExitStack() as stack:
        audience = await stack.enter_async_context(attending(scene.feed))
        await audience.caught_up()
        listening = True
        for step in course:
            if step[0] == "slow":
                audience.toggle()
            elif step[0] != "away":
                await scene.world.do(step)
            elif listening:
                audience.go_on()
                await agree(audience, scene)
                await stack.aclose()
                listening = False
            else:
                audience = await stack.enter_async_context(attending(scene.feed, audience))
                listening = True
        audience.go_on()
        if not listening:
            audience = await stack.enter_async_context(attending(scene.feed, audience))
        await agree(audience, scene)
    async with attending(scene.feed) as late:
        await agree(late, scene)


async def test_a_unit_that_is_renamed_is_told_alone(scene: Scene) -> None:
    """Users refer to it by id; one that goes to another tenant takes its users along."""
    world = scene.world
    await world.begin()
    async with attending(scene.feed) as audience:
        await agree(audience, scene)
        since = len(audience.events)
        await world.client.modify_dn(world.inner(("a", "ou=p")), Rdn.of("ou", "p2"))
        await agree(audience, scene)
        assert {id_.split("_")[0] for id_ in audience.told(since)} == {"ou"}
        since = len(audience.events)
        await world.client.modify_dn(
            world.inner(("a", "ou=p2")), Rdn.of("ou", "p3"), new_superior=world.inner(("b", ""))
        )
        await agree(audience, scene)
        assert {id_.split("_")[0] for id_ in audience.told(since)} == {"ou", "usr"}


async def test_members_and_holders_are_ids_of_the_tenant(scene: Scene) -> None:
    """What a group names besides is none; a group that is not there has no line."""
    world = scene.world
    await world.begin()
    tenants = {t.slug: t for t in (await scene.directory.tenants.find(EVERYTHING)).items}
    tenant = await scene.directory.tenant(tenants["a"].id)
    other = await scene.directory.tenant(tenants["b"].id)
    users = {user.id: user for user in (await tenant.users.find(EVERYTHING)).items}
    dns = [world.person((("a", path), "x")) for path in ("", "ou=p", "ou=q,ou=p")]
    foreign = world.person((("b", ""), "x"))
    # By an administrator: what the gateway adds itself makes names unique for other tests.
    groups = world.layout.tenant(world.base("a")).groups
    await world.group(groups.child("cn", "inner"), *dns[:2])
    await world.group(groups.child("cn", "outer"), groups.child("cn", "inner"), dns[2], foreign)
    found = {group.name: group for group in (await tenant.groups.find(EVERYTHING)).items}
    inner, outer = found["inner"], found["outer"]
    by_place = {user.ou_path: user.id for user in users.values()}
    first, second, third = (by_place[path] for path in (None, "/p", "/p/q"))
    nobody = f"grp_{'0' * 32}"
    told = await scene.feed.members(tenant.tenant.id, [inner.id, outer.id, nobody, "no id"])
    assert told == {
        inner.id: Membership(inner.version, frozenset({first, second})),
        outer.id: Membership(outer.version, frozenset({inner.id, third})),
    }
    assert await scene.feed.holders(tenant.tenant.id, [first]) == {inner.id}
    assert await scene.feed.holders(tenant.tenant.id, [inner.id, third, nobody]) == {outer.id}
    assert await scene.feed.holders(other.tenant.id, users) == frozenset()
    assert await scene.feed.members(other.tenant.id, [inner.id]) == {}
    assert await scene.feed.members(f"tnt_{'0' * 32}", [inner.id]) == {}


async def test_what_has_gone_meanwhile_is_told_by_name(scene: Scene) -> None:
    """The server remembers deletions: a user, and a unit with all below it, are told as gone."""
    world = scene.world
    await world.begin()
    async with attending(scene.feed) as audience:
        await agree(audience, scene)
    ids = {id_ for _, id_ in audience.resources}
    for who in ((("a", "ou=p"), "x"), (("a", "ou=q,ou=p"), "x")):
        await world.client.delete(world.person(who))
    for path in ("ou=r,ou=q,ou=p", "ou=q,ou=p", "cn=odd,ou=p"):
        with suppress(NoSuchObject):
            await world.client.delete(world.inner(("a", path)))
    change = Modification("replace", "title", (b"changed",))
    await world.client.modify(world.person((("a", ""), "x")), [change])
    async with attending(scene.feed, audience) as later:
        await agree(later, scene)
        gone = {event.uuid for event in later.events if isinstance(event, Gone)}
        left = {id_ for _, id_ in later.resources}
        missing = {id_.partition("_")[2] for id_ in ids - left}
        assert len(missing) == 4
        # A server whose log does not go back so far tells all that is left instead.
        assert {uuid.hex() for uuid in gone} == (set() if later.count(OnlyThese) else missing)
        assert later.count(StartOver) == 0
        assert later.count(Reached) > 0


async def test_who_named_somebody_that_has_gone_meanwhile_names_nobody(scene: Scene) -> None:
    """The directory takes the name out of entries silently, also while nobody listens."""
    world = scene.world
    await world.begin()
    boss, worker = (("a", "ou=p"), "x"), (("a", ""), "x")
    await world.do(("mark", worker, "manager", boss))
    async with attending(scene.feed) as audience:
        await agree(audience, scene)
    await world.client.delete(world.person(boss))
    named, deadline = filters.eq("manager", world.person(boss)), time.monotonic() + SECONDS
    while await world.client.search(world.person(worker), Scope.BASE, named, ()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    async with attending(scene.feed, audience) as later:
        await agree(later, scene)
        assert later.count(OnlyThese) == later.count(StartOver) == 0
