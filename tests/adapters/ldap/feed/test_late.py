"""What is read for the feed can be ahead of what it has told; in the end all is told right."""

import pytest

from adapters.ldap.dn import Rdn
from tests.adapters.ldap.feed.audience import Audience, attending
from tests.adapters.ldap.feed.scene import Scene, agree

pytestmark = pytest.mark.native_only


async def lag(audience: Audience, scene: Scene) -> None:
    """Begin with all told, and let what happens now be told later."""
    await agree(audience, scene)
    audience.hold()


async def test_a_unit_goes_to_a_tenant_that_is_renamed(scene: Scene) -> None:
    """The unit is read under a name that the feed has not told of."""
    world = scene.world
    await world.begin()
    async with attending(scene.feed) as audience:
        await lag(audience, scene)
        unit, there = world.inner(("a", "ou=q,ou=p")), world.inner(("b", ""))
        await world.client.modify_dn(unit, Rdn.of("ou", "z"), new_superior=there)
        await world.client.modify_dn(world.base("b"), Rdn.of("o", "b2"))
        audience.go_on()
        await agree(audience, scene)


async def test_a_unit_leaves_another_one_that_has_gone_to_another_tenant(scene: Scene) -> None:
    """It is not among what is read below the other one, and its users are in that tenant."""
    world = scene.world
    await world.begin()
    async with attending(scene.feed) as audience:
        await lag(audience, scene)
        outer, there = world.inner(("a", "ou=p")), world.inner(("b", ""))
        await world.client.modify_dn(outer, Rdn.of("ou", "y"), new_superior=there)
        inner = there.child("ou", "y").child("ou", "q")
        await world.client.modify_dn(inner, Rdn.of("ou", "z"), new_superior=there)
        audience.go_on()
        await agree(audience, scene)


async def test_the_people_are_away_and_the_tenant_is_renamed(scene: Scene) -> None:
    """Units and users are none while they stand in no container of theirs."""
    world = scene.world
    await world.begin()
    people = world.inner(("a", ""))
    async with attending(scene.feed) as audience:
        await lag(audience, scene)
        await world.client.modify_dn(people, Rdn.of("ou", "folk"))
        await world.client.modify_dn(world.base("a"), Rdn.of("o", "a2"))
        audience.go_on()
        await agree(audience, scene)
