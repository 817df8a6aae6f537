"""Redis breaks in every way: answers stay right, and come from the mirror again by themselves."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.mirrored import KEYS, World
from tests.faults.strain import Strain
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only

LOST = {
    "documents": ":usr:documents",
    "log": ":usr:log",
    "look-ups": ":usr:lookups",
    "places of a view": ":places",
    "ids of a view": ":ids",
    "members": ":members:of",
    "settled groups": ":members:settled",
    "standing": "}:mirror",
}
"""Ends of keys; all keys of the tenants that end so are lost at once."""


def test_flushed(mirrored: World, under: Strain) -> None:
    """FLUSHALL: nothing is believed that is not there; the mirror is made anew."""
    with under.breaking("Redis flushed"):
        with mirrored.admin() as admin:
            admin.flushall()
        under.recovers()


@pytest.mark.soak
def test_killed_and_started_empty(mirrored: World, under: Strain) -> None:
    """All is answered by the directory while Redis is away; then the mirror is made anew."""
    with under.breaking("Redis killed, restarted empty"):
        mirrored.redis.kill()
        under.goes_on(2)
        mirrored.redis.start()
        under.recovers()


@pytest.mark.soak
def test_started_with_an_older_snapshot(mirrored: World, under: Strain) -> None:
    """What Redis has forgotten is told again before anybody believes it."""
    with under.breaking("Redis restarted from an older snapshot"):
        with mirrored.admin() as admin:
            admin.save()
        try:
            under.goes_on()
            mirrored.redis.kill()
            mirrored.redis.start()
        finally:
            _snapshot(mirrored).unlink()
        under.recovers()


def test_standing_still_for_three_seconds(mirrored: World, under: Strain) -> None:
    """What it has not handed out is old when it goes on, and nobody believes it."""
    with under.breaking("Redis stopped for 3 s"):
        pid = mirrored.redis.pid or 0
        began = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        try:
            eventually(lambda: time.monotonic() - began > 3)
        finally:
            os.kill(pid, signal.SIGCONT)
        under.recovers()


def test_listeners_thrown_out(mirrored: World, under: Strain) -> None:
    """Who hears nothing believes nothing, and listens again at once."""
    with under.breaking("Listeners thrown out"):
        for _ in range(2):
            with mirrored.admin() as admin:
                admin.client_kill_filter(_type="pubsub")
            under.recovers(2)


def test_out_of_memory(mirrored: World, under: Strain) -> None:
    """What cannot be kept ends all belief, until there is room again."""
    with under.breaking("Redis out of memory"), mirrored.admin() as admin:
        admin.config_set("maxmemory", "1")
        eventually(lambda: not mirrored.live())
        under.goes_on(2)
        admin.config_set("maxmemory", "0")
        under.recovers()


@pytest.mark.soak
def test_lost_keys(mirrored: World, under: Strain) -> None:
    """What has lost a part is not believed, or not needed."""
    for what, end in LOST.items():
        with under.breaking(f"Lost: {what}"):
            for key in keys_of(under, end):
                with mirrored.admin() as admin:
                    admin.delete(key)
                under.goes_on(1)
            under.recovers(2)


@pytest.mark.soak
@pytest.mark.parametrize("part", ["lease", "progress", "pulse", "fence"])
def test_lost_keys_of_the_feed(mirrored: World, under: Strain, part: str) -> None:
    """Whoever feeds notices, or somebody else does it."""
    with under.breaking(f"Lost: the feed's {part}"):
        with mirrored.admin() as admin:
            admin.delete(KEYS.feed(part))
        under.recovers()


@pytest.mark.soak
def test_lost_places(mirrored: World, under: Strain) -> None:
    """Where entries are kept is told again when it is not known."""
    with under.breaking("Lost: places of entries"):
        with mirrored.admin() as admin:
            for key in list(admin.scan_iter("live:places:*", count=1000)):
                admin.delete(key)
        under.recovers()


def keys_of(under: Strain, end: str) -> list[str]:
    """The keys of the tenants with that end."""
    tenants = [history.tenant_id for history in under.histories]
    with under.world.admin() as admin:
        found = [str(key) for key in admin.scan_iter("live:*", count=1000)]
    chosen = [k for k in found if k.endswith(end) and any(t in k for t in tenants)]
    assert chosen, found
    return sorted(chosen)[:4]


def _snapshot(world: World) -> Path:
    return world.folder / "redis" / "dump.rdb"
