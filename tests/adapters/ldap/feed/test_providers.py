"""Two servers that take changes and tell each other, followed on either."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.ldap.feed.cookie import Position
from adapters.ldap.feed.events import Changed, StartOver
from gateway.devstack import slaptools
from gateway.devstack.slapd import SlapdServer
from tests.adapters.ldap.feed.conftest import PEOPLE, Place
from tests.adapters.ldap.feed.following import Listener, listening
from tests.stack.entries import change, done
from tests.stack.native import ADMIN_PASSWORD, SUFFIX, private_slapd, started
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only

DATABASE = "olcDatabase={1}mdb,cn=config"


def copied(source: SlapdServer, target: SlapdServer) -> None:
    """Give one server what another one has, while both stand still."""
    arguments = ("-n", "1", "-F")
    backup = slaptools.run(source._binary(), "-Tcat", *arguments, str(source._config), stdin="")
    data = target._state_dir / "data"
    shutil.rmtree(data)
    data.mkdir()
    slaptools.run(target._binary(), "-Tadd", *arguments, str(target._config), stdin=backup)


def replicating(tools: LdapTools, number: int, other: str) -> None:
    """Let a server be one of two providers."""
    syncrepl = (
        f"rid=00{number} provider={other} bindmethod=simple binddn=cn=admin,{SUFFIX} "
        f'credentials={ADMIN_PASSWORD} searchbase={SUFFIX} type=refreshAndPersist retry="1 +"'
    )
    done(tools.modify(change("cn=config", "replace", "olcServerID", str(number))))
    done(tools.modify(change(DATABASE, "replace", "olcSyncrepl", syncrepl)))
    done(tools.modify(change(DATABASE, "replace", "olcMultiProvider", "TRUE")))


@pytest.fixture
def pair(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    """Two providers with the same users."""
    servers = [
        started(lambda: private_slapd(tmp_path_factory.mktemp("provider") / "slapd"))
        for _ in range(2)
    ]
    try:
        place.server.stop()
        for server in servers:
            server.stop()
            copied(place.server, server)
            server.start()
        tools = [replace(place.tools, url=server.url) for server in servers]
        replicating(tools[0], 1, servers[1].url)
        replicating(tools[1], 2, servers[0].url)
        one, two = (
            Place(server, tool, place.settings.model_copy(update={"url": server.url}))
            for server, tool in zip(servers, tools, strict=True)
        )
        one.age()
        two.age()
        yield one, two
    finally:
        for server in servers:
            server.kill()
        place.server.start()


def retitled(place: Place, other: Place, title: str) -> None:
    """Change a user on one server, and wait until the other one has it."""
    dn = f"uid=u1,{PEOPLE}"
    done(place.tools.modify(change(dn, "replace", "title", title)))
    eventually(lambda: other.tools.read(dn, "title").text("title") == title, seconds=30)


def titles(listener: Listener) -> list[str]:
    """The titles that were told of that user."""
    entries = [event.entry for event in listener.events if isinstance(event, Changed)]
    return [e.text("title") or "" for e in entries if str(e.dn) == f"uid=u1,{PEOPLE}"]


async def test_changes_of_all_providers_are_told_by_each(pair: tuple[Place, Place]) -> None:
    """Cookies hold the CSNs of all; none keeps changes back; any server goes on from them."""
    one, two = pair
    async with listening(one.follower()) as listener:
        await listener.caught_up()
        retitled(one, two, "at one")
        retitled(two, one, "at two")
        await listener.caught_up()
        assert titles(listener)[-2:] == ["at one", "at two"]
        assert listener.versions == one.versions()
    assert listener.cookie is not None
    known = Position.parse(listener.cookie).csns
    assert {"001", "002"} <= known.by_sid.keys()
    retitled(one, two, "at one again")
    retitled(two, one, "at two again")
    for place in pair:
        async with listening(place.follower(), listener.cookie, listener.entries) as again:
            await again.caught_up()
            retitled(one, two, f"{place.server.url} at one")
            retitled(two, one, f"{place.server.url} at two")
            await again.caught_up()
            assert again.versions == place.versions()
            assert titles(again)[-2:] == [f"{place.server.url} at {n}" for n in ("one", "two")]
            if place is one:
                assert again.count(StartOver) == 0
                assert len(titles(again)) == 3
