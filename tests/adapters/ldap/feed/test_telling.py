"""What the feed tells is what the stores read, whatever an administrator does."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.feed.attributes import feed_attributes
from adapters.ldap.feed.directory_feed import LdapFeed
from adapters.ldap.places import Backend, recognised, recognising
from adapters.ldap.settings import Layout, LdapSettings
from adapters.ldap.subschema import read_subschema
from adapters.ldap.values import Scope
from gateway.devstack.slapd import SlapdServer
from gateway.domain.query import Everything, Query, Sort
from gateway.ports.feed import Membership
from mappings.loader import load
from tests.adapters.ldap.feed.audience import SECONDS, Audience, attending, read
from tests.adapters.ldap.feed.following import QUICK
from tests.adapters.ldap.feed.world import World, steps
from tests.stack.native import ADMIN_PASSWORD, SERVICE_PASSWORD, SUFFIX, private_slapd, started

EVERYTHING = Query(filter=Everything(), sort=Sort("created_at"), limit=None)


class Scene:
    """A directory from both sides, and its feed."""

    def __init__(self, world: World, directory: LdapDirectory, feed: LdapFeed) -> None:
        self.world, self.directory, self.feed = world, directory, feed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlapdServer]:
    """A slapd of its own, in which no other test changes anything."""
    server = started(lambda: private_slapd(tmp_path_factory.mktemp("telling") / "slapd"))
    yield server
    server.kill()


def settings_of(server: SlapdServer, mapping: str, *, admin: bool = False) -> LdapSettings:
    """How somebody reaches the server."""
    return LdapSettings.model_validate(
        {
            "url": server.url,
            "suffix": SUFFIX,
            "bind_dn": server.site.rootdn if admin else server.site.service_dn,
            "bind_password": ADMIN_PASSWORD if admin else SERVICE_PASSWORD,
            "mapping": mapping,
            "pool_size": 2,
            "bind_pool_size": 1,
        }
    )


@pytest_asyncio.fixture(scope="module", params=["default", "posix"])
async def scene(request: pytest.FixtureRequest, server: SlapdServer) -> AsyncIterator[Scene]:
    """The same under each mapping."""
    ours = settings_of(server, request.param)
    client, admin = LdapClient(ours), LdapClient(settings_of(server, request.param, admin=True))
    mappings = load(request.param)
    layout = Layout(ours, mappings)

    def clock() -> datetime:
        return datetime.now(UTC)

    backend = Backend(client=client, mappings=mappings, layout=layout, clock=clock)
    directory = LdapDirectory(client, mappings, layout, clock)
    yield Scene(World(admin, layout), directory, LdapFeed(ours, backend, QUICK))
    await client.close()
    await admin.close()


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
    """After any changes, some of them while nobody listened, and for a late listener, too."""
    await scene.world.begin()
    async with AsyncExitStack() as stack:
        audience = await stack.enter_async_context(attending(scene.feed))
        await audience.caught_up()
        listening = True
        for step in course:
            if step[0] != "away":
                await scene.world.do(step)
            elif listening:
                await agree(audience, scene)
                await stack.aclose()
                listening = False
            else:
                audience = await stack.enter_async_context(attending(scene.feed, audience))
                listening = True
        if not listening:
            audience = await stack.enter_async_context(attending(scene.feed, audience))
        await agree(audience, scene)
    async with attending(scene.feed) as late:
        await agree(late, scene)


async def agree(audience: Audience, scene: Scene) -> None:
    """Wait until all is told; slapd's refint overlay takes its time with references."""
    deadline = time.monotonic() + SECONDS
    while True:
        await audience.caught_up()
        expected = await read(scene.directory)
        if audience.resources == expected or time.monotonic() > deadline:
            assert audience.resources == expected
            return


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


async def test_entries_are_recognised_as_the_directory_does(scene: Scene) -> None:
    """By classes with their superiors, what is demanded, words, and marks of deletion."""
    world = scene.world
    await world.begin()
    for mark in ("mail", "deleted", "bad"):
        who = (("a", ""), mark)
        await world.do(("user", who))
        await world.do(("mark", who, mark, who))
    rows = load("default")
    suffix, schema = Dn.parse(SUFFIX), await read_subschema(world.client)
    every = await world.client.search(
        suffix, Scope.SUBTREE, "(objectClass=*)", feed_attributes(rows)
    )
    for row in (rows.user, rows.group, rows.organizational_unit, rows.tenant, rows.partner):
        for mapping in (row, replace(row, recognise="top"), replace(row, recognise="person")):
            found = await world.client.search(suffix, Scope.SUBTREE, recognising(mapping), ())
            ours = {
                entry.dn
                for entry in every
                if recognised(mapping, entry, schema.line(_texts(entry.get("objectClass"))))
            }
            assert ours == {entry.dn for entry in found}


def _texts(values: tuple[bytes, ...]) -> list[str]:
    return [value.decode() for value in values]
