"""What the feed tells is what the stores read, whatever an administrator does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
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


@dataclass(frozen=True, slots=True)
class Scene:
    """A directory from both sides, and its feed."""

    world: World
    directory: LdapDirectory
    feed: LdapFeed


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


@given(course=st.lists(steps, max_size=25))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_what_is_told_is_what_the_stores_read(
    scene: Scene, course: list[tuple[object, ...]]
) -> None:
    """After any changes, some of them while nobody listened, and for a late listener, too."""
    await scene.world.begin()
    async with AsyncExitStack() as stack:
        audience = await stack.enter_async_context(attending(scene.feed))
        for step in course:
            if step[0] == "away":
                await audience.caught_up()
                assert audience.resources == await read(scene.directory)
                await stack.aclose()
                if step[1]:
                    audience = await stack.enter_async_context(attending(scene.feed, audience))
                continue
            await scene.world.do(step)
        if "away" in {step[0] for step in course}:
            await stack.aclose()
            audience = await stack.enter_async_context(attending(scene.feed, audience))
        await audience.caught_up()
        expected = await read(scene.directory)
        assert audience.resources == expected
    async with attending(scene.feed) as late:
        await late.caught_up()
        assert late.resources == expected
