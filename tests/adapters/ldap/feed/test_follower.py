"""slapd is followed through all that can happen to it, and to the way there."""

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.feed.cookie import Csns, Position
from adapters.ldap.feed.events import Changed, Gone, Lost, OnlyThese, StartOver
from adapters.ldap.feed.follower import context_csns
from gateway.devstack import slaptools
from tests.adapters.ldap.feed.conftest import BASE, PEOPLE, USERS, Place, user_ldif
from tests.adapters.ldap.feed.following import QUICK, Listener, Network, listening
from tests.stack.entries import change, done, unit
from tests.stack.native import SUFFIX

pytestmark = pytest.mark.native_only


@pytest.fixture(autouse=True)
def aged(place: Place) -> None:
    """The server can be told apart from one that was started before it."""
    place.age()


def name() -> str:
    """A name that no other test uses."""
    return f"n{uuid4().hex[:12]}"


def added(place: Place) -> str:
    """The DN of a new user."""
    new = name()
    done(place.tools.add(user_ldif(new)))
    return f"uid={new},{PEOPLE}"


def retitled(place: Place, *dns: str) -> None:
    """Change entries."""
    for dn in dns:
        done(place.tools.modify(change(dn, "replace", "title", name())))


async def told(listener: Listener, place: Place) -> None:
    """Once it has caught up, the listener holds what the directory holds."""
    await listener.caught_up()
    assert listener.versions == place.versions()


async def position(place: Place) -> tuple[bytes, Listener]:
    """A cookie, and what was held at it."""
    async with listening(place.follower()) as listener:
        await listener.caught_up()
    assert listener.cookie is not None
    return listener.cookie, listener


async def test_all_entries_are_told_at_first(place: Place) -> None:
    """Each once, with what readers need and without what they must not see."""
    done(place.tools.modify(change(f"uid=u7,{PEOPLE}", "replace", "userPassword", "Geheim-12345")))
    async with listening(place.follower()) as listener:
        await told(listener, place)
        assert listener.dns == place.dns()
        assert listener.count(Changed) == len(listener.entries) > USERS
        attributes = {name for entry in listener.entries.values() for name in entry.attributes}
        assert {"uid", "mail", "entryuuid", "entrycsn", "pwdlockoutduration"} <= attributes
        assert not {"userpassword", "member"} & attributes


async def test_changes_are_told_as_they_happen(place: Place) -> None:
    """Users that come, change, are renamed, moved, and go."""
    async with listening(place.follower()) as listener:
        await told(listener, place)
        dn = added(place)
        await told(listener, place)
        assert dn in listener.dns
        retitled(place, dn)
        await told(listener, place)
        done(place.tools.rename(dn, f"uid={(new := name())}"))
        await told(listener, place)
        assert f"uid={new},{PEOPLE}" in listener.dns
        assert dn not in listener.dns
        done(place.tools.add(unit("to", PEOPLE)))
        moved = f"uid={new},ou=to,{PEOPLE}"
        done(
            place.tools.rename(f"uid={new},{PEOPLE}", f"uid={new}", new_superior=f"ou=to,{PEOPLE}")
        )
        await told(listener, place)
        assert moved in listener.dns
        done(place.tools.delete(moved, f"ou=to,{PEOPLE}"))
        await told(listener, place)
        assert not {dn, moved} & listener.dns
        assert listener.count(Gone) == 2
        assert listener.count(Lost) == 0


async def test_a_renamed_unit_is_told_without_those_below(place: Place) -> None:
    """Slapd changes no entry below; whoever keeps names has to know that."""
    old, new = (f"ou={name()},{PEOPLE}" for _ in range(2))
    done(place.tools.add(unit(old[3:].partition(",")[0], PEOPLE)))
    done(place.tools.add(user_ldif(user := name(), old)))
    async with listening(place.follower()) as listener:
        await told(listener, place)
        before = listener.count(Changed)
        done(place.tools.rename(old, new.partition(",")[0]))
        await told(listener, place)
        assert listener.count(Changed) == before + 1
        assert {new, f"uid={user},{old}"} <= listener.dns
        assert f"uid={user},{new}" in place.dns()


async def test_a_group_is_told_without_its_members(place: Place) -> None:
    """A member that comes is a new version of the group, and no more."""
    group = f"cn={name()},ou=groups,{BASE}"
    first = f"member: uid=u1,{PEOPLE}"
    done(
        place.tools.add(
            f"dn: {group}\nobjectClass: groupOfNames\ncn: {group[3:].partition(',')[0]}\n{first}\n"
        )
    )
    async with listening(place.follower()) as listener:
        await told(listener, place)
        done(place.tools.modify(change(group, "add", "member", f"uid=u2,{PEOPLE}")))
        await told(listener, place)
        (event,) = [e for e in listener.events[-4:] if isinstance(e, Changed)]
        assert str(event.entry.dn) == group
        assert event.entry.get("member") == ()


async def test_a_cookie_goes_on_with_what_was_missed(place: Place) -> None:
    """Of 2,000 entries only those that changed are told, and those that are gone."""
    gone, changed = added(place), added(place)
    cookie, before = await position(place)
    done(place.tools.delete(gone))
    retitled(place, changed)
    new = added(place)
    async with listening(place.follower(), cookie, before.entries) as listener:
        await told(listener, place)
        names = {str(e.entry.dn) for e in listener.events if isinstance(e, Changed)}
        assert {changed, new} <= names
        assert len(names) <= 3  # the account that listens has logged in
        assert listener.count(Gone) == 1
        assert listener.count(OnlyThese) == listener.count(StartOver) == 0


@contextmanager
def short_log(place: Place) -> Iterator[None]:
    """The server remembers two changes; what it has forgotten, a restart puts behind it."""
    place.configure("olcSpSessionlog", "2")
    yield
    place.configure("olcSpSessionlog", "100000")
    place.server.stop()
    place.server.start()


async def test_a_log_that_is_too_short_ends_in_the_other_form(place: Place) -> None:
    """The server names all that is there, and what is not named is gone."""
    gone = [added(place) for _ in range(4)]
    cookie, before = await position(place)
    with short_log(place):
        retitled(place, *(f"uid=u{number},{PEOPLE}" for number in range(5)))
        done(place.tools.delete(*gone))
        async with listening(place.follower(), cookie, before.entries) as listener:
            await told(listener, place)
            assert listener.count(OnlyThese) == 1
            assert 5 <= listener.count(Changed) < 10
            assert listener.count(StartOver) == 0


async def test_a_cookie_that_is_older_than_all_entries_loses_no_deletion(place: Place) -> None:
    """Slapd tells all entries then; those that are not told are gone."""
    gone = added(place)
    cookie, before = await position(place)
    everything = sorted(before.dns - {gone})
    with short_log(place):
        done(place.tools.delete(gone))
        text = "\n".join(change(dn, "replace", "description", name()) for dn in everything)
        done(place.tools.modify(text))
        async with listening(place.follower(), cookie, before.entries) as listener:
            await told(listener, place)
            assert listener.count(Changed) >= len(everything)
            assert listener.count(StartOver) == 0


async def test_a_killed_server_is_found_again(place: Place) -> None:
    """The listener is told of the loss, and of all changes after it."""
    async with listening(place.follower()) as listener:
        await told(listener, place)
        place.server.kill()
        await listener.until(lambda: not listener.live)
        place.server.start()
        dn = added(place)
        await told(listener, place)
        assert dn in listener.dns


async def test_a_restarted_server_that_knows_the_last_change_goes_on(place: Place) -> None:
    """Deletions while nobody listened are told, though the server has forgotten its log."""
    gone, kept = added(place), added(place)
    async with listening(place.follower()) as before:
        await before.caught_up()
        retitled(place, kept)
        await before.caught_up()
    done(place.tools.delete(gone))
    place.server.stop()
    place.server.start()
    async with listening(place.follower(), before.cookie, before.entries) as listener:
        await told(listener, place)
        assert listener.count(StartOver) == 0
        assert listener.count(OnlyThese) == 1
        assert listener.count(Changed) < 5


async def test_a_frozen_server_is_given_up_and_found_again(place: Place) -> None:
    """Nothing is current while it stands still, and all is well when it goes on."""
    pid = place.server.pid
    assert pid is not None
    async with listening(place.follower()) as listener:
        await told(listener, place)
        os.kill(pid, signal.SIGSTOP)
        try:
            await listener.until(lambda: not listener.live)
        finally:
            os.kill(pid, signal.SIGCONT)
        retitled(place, f"uid=u3,{PEOPLE}")
        await told(listener, place)
        assert listener.count(StartOver) == 0


@pytest.mark.parametrize("changed_since", [False, True])
async def test_a_restored_server_is_told_from_the_start(place: Place, changed_since: bool) -> None:
    """What was undone by going back is seen, also when changes have been made since."""
    lost, reverted, revived = added(place), added(place), added(place)
    server = place.server
    server.stop()
    arguments = ("-n", "1", "-F", str(server._config))
    backup = slaptools.run(server._binary(), "-Tcat", *arguments, stdin="")
    server.start()
    done(place.tools.delete(lost))
    lost = added(place)
    async with listening(place.follower()) as listener:
        await told(listener, place)
        retitled(place, reverted)
        done(place.tools.delete(revived))
        retitled(place, lost)
        await told(listener, place)
        server.stop()
        data = server._state_dir / "data"
        shutil.rmtree(data)
        data.mkdir()
        slaptools.run(server._binary(), "-Tadd", *arguments, stdin=backup)
        server.start()
        if changed_since:
            retitled(place, f"uid=u4,{PEOPLE}")
        await told(listener, place)
        assert listener.count(StartOver) == 1
        assert revived in listener.dns
        assert lost not in listener.dns


async def test_a_cut_connection_is_made_again_where_it_was(place: Place) -> None:
    """However often it is cut, also amid a refresh, only what was missed is told again."""
    async with Network(int(place.server.url.rpartition(":")[2])).running() as network:
        url = f"ldap://127.0.0.1:{network.port}"
        async with listening(place.follower(url=url)) as listener:
            await listener.until(lambda: listener.count(Changed) > 100)
            network.cut()
            await told(listener, place)
            before = listener.count(Changed)
            for _ in range(3):
                network.cut()
                retitled(place, f"uid=u5,{PEOPLE}")
                await told(listener, place)
            assert before + 3 <= listener.count(Changed) < before + 20
            assert listener.count(Lost) >= 4
            assert listener.count(StartOver) == 0


async def test_a_silent_network_is_noticed(place: Place) -> None:
    """Nobody says that nothing arrives any more; the server's own CSNs would."""
    async with Network(int(place.server.url.rpartition(":")[2])).running() as network:
        url = f"ldap://127.0.0.1:{network.port}"
        async with listening(place.follower(url=url)) as listener:
            await told(listener, place)
            network.stop()
            await listener.until(lambda: not listener.live)
            reason = next(e.reason for e in listener.events if isinstance(e, Lost))
            assert reason == "the server is silent"
            retitled(place, f"uid=u6,{PEOPLE}")
            network.go_on()
            await told(listener, place)


async def test_another_server_takes_over(place: Place) -> None:
    """Of several servers, the first that answers is followed."""
    async with Network(int(place.server.url.rpartition(":")[2])).running() as network:
        urls = f"ldap://127.0.0.1:{network.port} {place.server.url}"
        async with listening(place.follower(url=urls)) as listener:
            await told(listener, place)
        assert listener.count(Lost) == 0
    async with listening(place.follower(url=urls), listener.cookie, listener.entries) as again:
        retitled(place, f"uid=u8,{PEOPLE}")
        await told(again, place)
        assert again.count(Lost) == again.count(StartOver) == 0


async def test_whoever_listens_slowly_loses_no_event(place: Place) -> None:
    """The connection does not outlast patience, and nothing piles up meanwhile."""
    listener = Listener()
    pace = replace(QUICK, patience=0.1, batch=20)
    async with aclosing(place.follower(pace).events()) as events:
        listener_task = asyncio.create_task(listener.take(events, pause=0.15))
        try:
            await listener.until(lambda: listener.count(Lost) > 0)
            retitled(place, f"uid=u9,{PEOPLE}")
            await told(listener, place)
        finally:
            listener_task.cancel()
            await asyncio.gather(listener_task, return_exceptions=True)
    assert listener.count(Changed) >= len(listener.entries)


async def test_current_means_that_all_changes_before_were_told(place: Place) -> None:
    """Whoever holds a change back would be found out by its time."""
    loop = asyncio.get_running_loop()
    async with listening(place.follower()) as listener:
        await listener.caught_up()
        for _ in range(20):
            dn = f"uid=u10,{PEOPLE}"
            await asyncio.to_thread(retitled, place, dn)
            changed_at = loop.time()
            version = place.tools.read(dn, "entryCSN").text("entryCSN")
            await listener.until(partial(_later, listener, changed_at))
            assert version in listener.versions.values()


def _later(listener: Listener, moment: float) -> bool:
    return listener.current > moment


async def test_the_directory_tells_how_far_it_is(place: Place) -> None:
    """One read of the root has the CSN of the last change."""
    client = LdapClient(place.settings)
    try:
        retitled(place, f"uid=u11,{PEOPLE}")
        last = place.tools.read(f"uid=u11,{PEOPLE}", "entryCSN").text("entryCSN") or ""
        context = await context_csns(client, Dn.parse(SUFFIX))
        assert context.reaches(Csns.of([last]))
        async with listening(place.follower()) as listener:
            await listener.caught_up()
            assert listener.cookie is not None
            kept = Csns.parse(Position.parse(listener.cookie).cookie)
            assert kept == await context_csns(client, Dn.parse(SUFFIX))
    finally:
        await client.close()


async def test_nothing_is_left_behind(place: Place) -> None:
    """Whoever stops listening, at whatever point, ends the thread."""
    before = set(threading.enumerate())  # of others that end by themselves

    def threads() -> int:
        here = set(threading.enumerate()) - before
        return sum(thread.name == "ldap-feed" for thread in here)

    for count in (0, 1, 5, 50):
        async with aclosing(place.follower(replace(QUICK, batch=50)).events()) as events:
            for _ in range(count):
                await anext(events)
        assert threads() == 0
    unreachable = place.follower(url="ldap://127.0.0.1:1")
    async with aclosing(unreachable.events()) as events:
        assert isinstance((await anext(events))[0], Lost)
    assert threads() == 0
