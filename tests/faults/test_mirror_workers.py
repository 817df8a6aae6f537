"""Workers stand still, or are cut off, while others are fine: nobody tells what is not true."""

import time

import pytest

from tests.faults.mirrored import World
from tests.faults.strain import Strain
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only


@pytest.mark.parametrize("number", [0, 1])
def test_standing_still_for_two_seconds(mirrored: World, under: Strain, number: int) -> None:
    """What it kept is old when it goes on, and is not told."""
    process = mirrored.workers[number].process
    with under.breaking("Worker stopped for 2 s"):
        process.halt()
        began = time.monotonic()
        try:
            eventually(lambda: time.monotonic() - began > 2)
        finally:
            process.go_on()
        under.recovers()


def test_its_news_cut_off(mirrored: World, under: Strain) -> None:
    """One that hears nothing drops what it kept; the other one goes on."""
    with under.breaking("Worker's news connection killed"):
        with mirrored.admin() as admin:
            listeners = admin.client_list(_type="pubsub")
            assert len(listeners) == len(mirrored.workers)
            admin.client_kill_filter(_id=listeners[0]["id"])
        under.recovers(2)
        with mirrored.admin() as admin:
            admin.client_kill_filter(_id=listeners[1]["id"])
        under.recovers(2)


def test_partitioned_from_redis(mirrored: World, under: Strain) -> None:
    """Nothing reaches it and nobody tells it: what it writes is in the other's next answer."""
    with under.breaking("Worker partitioned from Redis"):
        mirrored.to_redis.squeeze()
        try:
            eventually(lambda: not mirrored.workers[0].figures().live)
            assert mirrored.workers[1].figures().live
            under.goes_on()
        finally:
            mirrored.to_redis.let_go()
        under.recovers()


@pytest.mark.soak
def test_cut_off_from_redis(mirrored: World, under: Strain) -> None:
    """Its connections end, again and again."""
    with under.breaking("Worker's connections to Redis cut"):
        for _ in range(2):
            mirrored.to_redis.pull()
            under.recovers(2)


@pytest.mark.soak
def test_killed_and_started(mirrored: World, under: Strain) -> None:
    """What it was doing is done or not; the other one is right all along."""
    process = mirrored.workers[1].process
    with under.breaking("Worker killed and restarted"):
        process.kill()
        eventually(lambda: under.answers["none"] > 5)
        process.start()
        under.recovers(seconds=60)
