"""Feeds die, stand still, and meet: answers stay right, and somebody feeds again."""

import pytest

from tests.faults.mirrored import KEYS, Process, World
from tests.faults.strain import Strain
from tests.stack.entries import change, done
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only


def test_killed_with_another_one(mirrored: World, under: Strain) -> None:
    """The other one takes over."""
    with under.breaking("Feed killed, another one stands by"):
        leader = led(mirrored)
        leader.kill()
        under.recovers()
        assert mirrored.leader() is not leader


def test_killed_alone(mirrored: World, under: Strain) -> None:
    """Until it is started again, the directory is asked."""
    with under.breaking("Feed killed, alone, and restarted"):
        mirrored.standby().kill()
        leader = led(mirrored)
        leader.kill()
        eventually(lambda: not mirrored.live())
        under.goes_on(2)
        leader.start()
        under.recovers(seconds=60)


@pytest.mark.soak
def test_standing_still_until_another_one_leads(mirrored: World, under: Strain) -> None:
    """What it was about to say when it stopped has no effect: its fence is an older one."""
    with under.breaking("Feed stopped until another one leads"):
        leader = led(mirrored)
        leader.halt()
        try:
            eventually(lambda: mirrored.leader() not in (None, leader))
            under.goes_on(2)
        finally:
            leader.go_on()
        under.recovers()
        assert mirrored.leader() is not leader


@pytest.mark.soak
def test_without_a_lease_for_a_moment(mirrored: World, under: Strain) -> None:
    """Two that both think that they lead; one of them is right."""
    with under.breaking("Lease taken away again and again"):
        for _ in range(3):
            with mirrored.admin() as admin:
                admin.delete(KEYS.feed("lease"))
            under.goes_on(1)
        under.recovers()


@pytest.mark.soak
def test_two_at_once_from_the_start(mirrored: World, under: Strain) -> None:
    """One of them leads."""
    with under.breaking("Both feeds started at once"):
        for feed in mirrored.feeds:
            feed.kill()
        for feed in mirrored.feeds:
            feed.start()
        under.recovers(seconds=60)
        assert mirrored.leader() in mirrored.feeds


def test_cut_off_from_the_directory(mirrored: World, under: Strain) -> None:
    """It connects again, and asks for what it missed."""
    alone(mirrored)
    with under.breaking("Feed's connection to slapd cut"):
        for _ in range(2):
            mirrored.to_slapd.pull()
            under.recovers(2)


@pytest.mark.soak
def test_a_silent_connection_to_the_directory(mirrored: World, under: Strain) -> None:
    """Who does not know whether it has missed anything is silent, too."""
    alone(mirrored)
    with under.breaking("Feed's connection to slapd silent"):
        mirrored.to_slapd.squeeze()
        try:
            eventually(lambda: not mirrored.live())
            under.goes_on(2)
        finally:
            mirrored.to_slapd.let_go()
        under.recovers()


@pytest.mark.soak
def test_thousands_of_changes_while_it_stands_still(mirrored: World, under: Strain) -> None:
    """A feed that is far behind says so by its silence, and catches up."""
    alone(mirrored)
    with under.breaking("Feed stopped for 2,000 changes"):
        history = under.histories[1]
        dn = f"cn=one,ou=groups,{history.base}"
        leader = led(mirrored)
        leader.halt()
        try:
            lines = [change(dn, "replace", "description", f"d{n}") for n in range(2000)]
            done(mirrored.tools.modify("\n".join(lines)))
        finally:
            leader.go_on()
        under.recovers()


def led(world: World) -> Process:
    """Whoever leads."""
    eventually(lambda: world.leader() is not None)
    leader = world.leader()
    assert leader is not None
    return leader


def alone(world: World) -> None:
    """Let the first feed lead, and no other run."""
    world.feeds[1].kill()
    eventually(lambda: world.leader() is world.feeds[0])
    eventually(world.live)
