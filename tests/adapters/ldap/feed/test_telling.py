"""What the feed tells is what the stores read, whatever an administrator does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.feed.directory_feed import LdapFeed
from adapters.ldap.places import Backend
from adapters.ldap.settings import Layout, LdapSettings
from gateway.devstack.slapd import SlapdServer
from mappings.loader import load
from tests.adapters.ldap.feed.audience import attending, read
from tests.adapters.ldap.feed.following import QUICK
from tests.adapters.ldap.feed.world import World, steps
from tests.stack.native import ADMIN_PASSWORD, SERVICE_PASSWORD, SUFFIX, private_slapd, started


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
    scene = Scene(World(admin, layout), directory, LdapFeed(ours, backend, QUICK))
    yield scene
    print(scene.world.taken)
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
                await audience.caught_up()
                assert audience.resources == await read(scene.directory)
                await stack.aclose()
                listening = False
            else:
                audience = await stack.enter_async_context(attending(scene.feed, audience))
                listening = True
        if not listening:
            audience = await stack.enter_async_context(attending(scene.feed, audience))
        await audience.caught_up()
        expected = await read(scene.directory)
        assert audience.resources == expected
    async with attending(scene.feed) as late:
        await late.caught_up()
        assert late.resources == expected
