"""What is told while the directory fails, and after it was restored."""

import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.feed.directory_feed import LdapFeed
from adapters.ldap.filters import EVERYTHING
from adapters.ldap.values import Scope
from gateway.devstack import slaptools
from gateway.ports.feed import Live, Lost, OnlyThese, StartOver
from tests.adapters.ldap.feed.audience import Audience, attending
from tests.adapters.ldap.feed.following import QUICK, Network
from tests.adapters.ldap.feed.scene import Scene, agree
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only


async def rename(scene: Scene, name: str) -> None:
    """Change what has to be looked up: a unit goes to another tenant with all its users."""
    world = scene.world
    await world.client.modify_dn(
        world.inner(("a", "ou=p")), Rdn.of("ou", name), new_superior=world.inner(("b", ""))
    )


@asynccontextmanager
async def behind(scene: Scene, network: Network) -> AsyncIterator[LdapFeed]:
    """A feed that follows directly, and looks everything else up through the network."""
    url = f"ldap://127.0.0.1:{network.port}"
    quick = {"url": url, "operation_timeout": 0.5, "connect_timeout": 0.5}
    client = LdapClient(scene.settings.model_copy(update=quick))
    try:
        yield LdapFeed(scene.settings, replace(scene.backend, client=client), QUICK)
    finally:
        await client.close()


def port(scene: Scene) -> int:
    """Where the server listens."""
    return int(scene.server.url.rpartition(":")[2])


@pytest.mark.parametrize("how", ["silent", "refused"])
async def test_lookups_fail_while_the_feed_goes_on(scene: Scene, how: str) -> None:
    """The loss is told once and again, nothing is current, and then all is told."""
    await scene.world.begin()
    async with (
        Network(port(scene)).running() as network,
        behind(scene, network) as feed,
        attending(feed) as audience,
    ):
        await agree(audience, scene)
        since = len(audience.events)
        if how == "silent":
            network.stop()
        else:
            network.refuse()
        await rename(scene, "z")
        await scene.world.do(("user", (("a", ""), "y")))
        await audience.until(lambda: audience.count(Lost, since) >= 2)
        lost = next(n for n, e in enumerate(audience.events) if n >= since and isinstance(e, Lost))
        assert {type(event) for event in audience.events[lost:]} == {Lost}
        network.go_on()
        await agree(audience, scene)
        assert audience.count(Live, since) == 1
        assert audience.count(StartOver) == 0


async def test_the_server_stands_still_amid_changes(scene: Scene) -> None:
    """Both ways to it fail; what had happened before is told once it goes on."""
    await scene.world.begin()
    pid = scene.server.pid
    assert pid is not None
    impatient = scene.settings.model_copy(update={"operation_timeout": 0.5})
    client = LdapClient(impatient)
    backend = replace(scene.backend, client=client)
    feed = LdapFeed(impatient, backend, replace(QUICK, silence=0.5))
    try:
        async with attending(feed) as audience:
            await agree(audience, scene)
            since = len(audience.events)
            audience.hold()
            await rename(scene, "z")
            os.kill(pid, signal.SIGSTOP)
            try:
                audience.go_on()
                await audience.until(lambda: audience.count(Lost, since) >= 2)
                assert not audience.live
            finally:
                os.kill(pid, signal.SIGCONT)
            await agree(audience, scene)
            assert audience.count(StartOver) == 0
    finally:
        await client.close()


@pytest.mark.parametrize("resumed", [False, True])
async def test_a_restored_directory_is_told_anew(scene: Scene, *, resumed: bool) -> None:
    """Units and users are where they were in the backup, also for who comes with a cookie."""
    world, server = scene.world, scene.server
    await world.begin()
    await started_before(scene)
    server.stop()
    arguments = ("-n", "1", "-F", str(server._config))
    backup = slaptools.run(server._binary(), "-Tcat", *arguments, stdin="")
    server.start()
    await started_before(scene)
    async with attending(scene.feed) as audience:
        await agree(audience, scene)
        await rename(scene, "z")
        await world.do(("delete", (("a", ""), "x")))
        await world.do(("user", (("a", ""), "y")))
        await agree(audience, scene)
        if not resumed:
            restore(scene, arguments, backup)
            await again(audience, scene)
    if resumed:
        restore(scene, arguments, backup)
        async with attending(scene.feed, audience) as later:
            await again(later, scene)


async def again(audience: Audience, scene: Scene) -> None:
    """All was told anew."""
    await audience.until(lambda: audience.count(StartOver) == 1)
    over = next(n for n, e in enumerate(audience.events) if isinstance(e, StartOver))
    await agree(audience, scene)
    assert audience.count(StartOver) == audience.count(OnlyThese, over) == 1
    assert audience.told(over) == {id_ for _, id_ in audience.resources}


async def started_before(scene: Scene) -> None:
    """Wait until the server runs for longer than the second of its start."""

    async def start() -> str:
        subschema = Dn.parse("cn=Subschema")
        (entry,) = await scene.world.client.search(
            subschema, Scope.BASE, EVERYTHING, ["createTimestamp"]
        )
        return entry.text("createTimestamp") or ""

    when = await start()
    eventually(lambda: datetime.now(UTC).strftime("%Y%m%d%H%M%SZ") > when)


def restore(scene: Scene, arguments: tuple[str, ...], backup: str) -> None:
    """Let the server have what it had."""
    server = scene.server
    server.stop()
    data = server._state_dir / "data"
    shutil.rmtree(data)
    data.mkdir()
    slaptools.run(server._binary(), "-Tadd", *arguments, stdin=backup)
    server.start()
