"""A small directory, from both sides, and its feed."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.feed.directory_feed import LdapFeed
from adapters.ldap.places import Backend
from adapters.ldap.settings import Layout, LdapSettings
from gateway.devstack.slapd import SlapdServer
from mappings.loader import load
from tests.adapters.ldap.feed.audience import SECONDS, Audience, read
from tests.adapters.ldap.feed.following import QUICK
from tests.adapters.ldap.feed.world import World
from tests.stack.native import ADMIN_PASSWORD, SERVICE_PASSWORD, SUFFIX


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scene:
    """The server, who changes it, who reads it, and who tells of it."""

    server: SlapdServer
    world: World
    settings: LdapSettings
    backend: Backend
    directory: LdapDirectory
    feed: LdapFeed


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


async def agree(audience: Audience, scene: Scene) -> None:
    """Wait until all is told; slapd's refint overlay takes its time with references."""
    deadline = time.monotonic() + SECONDS
    while True:
        await audience.caught_up()
        expected = await read(scene.directory)
        if audience.resources == expected or time.monotonic() > deadline:
            assert audience.resources == expected
            return


@asynccontextmanager
async def scene_of(server: SlapdServer, mapping: str) -> AsyncIterator[Scene]:
    """A scene on that server."""
    ours = settings_of(server, mapping)
    client, admin = LdapClient(ours), LdapClient(settings_of(server, mapping, admin=True))
    mappings = load(mapping)
    layout = Layout(ours, mappings)

    def clock() -> datetime:
        return datetime.now(UTC)

    backend = Backend(client=client, mappings=mappings, layout=layout, clock=clock)
    yield Scene(
        server=server,
        world=World(admin, layout),
        settings=ours,
        backend=backend,
        directory=LdapDirectory(client, mappings, layout, clock),
        feed=LdapFeed(ours, backend, QUICK),
    )
    await client.close()
    await admin.close()
