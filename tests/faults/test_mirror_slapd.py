"""slapd dies, stands still, forgets, and goes back in time: the mirror follows it."""

import os
import shutil
import signal
import time

import pytest

from gateway.devstack import slaptools
from gateway.ports.truth import STALENESS
from tests.faults.mirrored import World
from tests.faults.strain import Strain
from tests.stack.entries import change, done
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only

SYNCPROV = "olcOverlay={3}syncprov,olcDatabase={1}mdb,cn=config"


@pytest.mark.soak
def test_killed_and_started(mirrored: World, under: Strain) -> None:
    """While it is away there is 503, or what was true before it went."""
    with under.breaking("slapd killed and restarted"):
        mirrored.slapd.kill()
        eventually(lambda: under.answers["503"] > 5)
        mirrored.slapd.start()
        under.recovers()


@pytest.mark.soak
def test_restarted_in_order_with_nobody_there(mirrored: World, under: Strain) -> None:
    """A restart that nobody notices changes nothing."""
    mirrored.slapd.stop()
    mirrored.slapd.start()
    with under.breaking("slapd restarted while idle"):
        under.recovers()


def test_standing_still_for_three_seconds(mirrored: World, under: Strain) -> None:
    """Belief ends; who asks meanwhile waits, or is told to come again."""
    with under.breaking("slapd stopped for 3 s"):
        pid, began = mirrored.slapd.pid or 0, time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        try:
            eventually(lambda: time.monotonic() - began > 3)
        finally:
            os.kill(pid, signal.SIGCONT)
        under.recovers()


@pytest.mark.soak
def test_more_missed_than_it_remembers(mirrored: World, under: Strain) -> None:
    """All is told anew to a feed that was away for too long."""
    done(mirrored.tools.modify(change(SYNCPROV, "replace", "olcSpSessionlog", "5")))
    try:
        with under.breaking("Session log exhausted while no feed ran"):
            for feed in mirrored.feeds:
                feed.kill()
            eventually(lambda: not mirrored.live())
            under.goes_on(10)
            mirrored.feeds[0].start()
            under.recovers(seconds=60)
    finally:
        done(mirrored.tools.modify(change(SYNCPROV, "replace", "olcSpSessionlog", "100000")))


def test_restored_from_a_backup(mirrored: World, under: Strain) -> None:
    """What the backup does not know is gone, whatever the mirror has seen meanwhile."""
    server = mirrored.slapd
    arguments = ("-n", "1", "-F", str(server._config))
    server.stop()
    backup = slaptools.run(server._binary(), "-Tcat", *arguments, stdin="")
    server.start()
    saved = [history.now for history in under.histories]
    with under.breaking("after a backup"):
        under.goes_on(6)
    server.stop()
    data = mirrored.folder / "slapd" / "data"
    shutil.rmtree(data)
    data.mkdir()
    slaptools.run(server._binary(), "-Tadd", *arguments, stdin=backup)
    for history, state in zip(under.histories, saved, strict=True):
        history.back_to(state)
    server.start()
    started = time.monotonic()
    eventually(lambda: time.monotonic() > started + STALENESS.total_seconds())
    with under.breaking("slapd restored from an older backup"):
        under.recovers()
