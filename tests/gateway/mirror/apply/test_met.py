"""What was met before."""

from uuid import uuid4

from gateway.mirror.apply.met import Met


def test_nothing_that_was_met_is_taken_for_new() -> None:
    """Whatever was met once is known for as long as anybody asks."""
    met = Met()
    things = [uuid4().bytes for _ in range(5_000)]
    for thing in things:
        met.meet(thing)

    assert all(met.meet(thing) for thing in things)


def test_few_new_things_are_taken_for_known() -> None:
    """Of a thousand new things among a hundred thousand others most are seen to be new."""
    met = Met()
    for _ in range(100_000):
        met.meet(uuid4().bytes)

    assert sum(met.meet(uuid4().bytes) for _ in range(1_000)) < 50
