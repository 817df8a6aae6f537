"""Reading and writing again, where somebody else wrote between."""

import pytest

from gateway.domain.errors import Conflict, StaleVersion
from gateway.services.changes import depends_on_current, retried


class Contested:
    """An attempt that somebody is faster than, so many times."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.attempts = 0

    async def __call__(self) -> int:
        """Lose, or tell which attempt it was."""
        self.attempts += 1
        if self.attempts <= self.lost:
            raise StaleVersion
        return self.attempts


@pytest.mark.parametrize("lost", [0, 1, 7])
async def test_goes_on_until_it_wins(lost: int) -> None:
    """A change that depends on what is there is made on what is there at last."""
    assert await retried(Contested(lost)) == lost + 1


async def test_gives_up_in_the_end() -> None:
    """Whoever always loses is told so after a bounded number of attempts."""
    contested = Contested(10**6)
    with pytest.raises(StaleVersion):
        await retried(contested)
    assert contested.attempts < 100


async def test_other_refusals_are_final() -> None:
    """Only a lost race is worth another attempt."""
    attempts = []

    async def refused() -> None:
        attempts.append(1)
        raise Conflict("no")

    with pytest.raises(Conflict):
        await retried(refused)
    assert len(attempts) == 1


@pytest.mark.parametrize(
    ("values", "depends"),
    [
        ({}, False),
        ({"first_name": "A", "username": "ann", "email": "a@b.example"}, False),
        ({"custom_attributes": None}, False),
        ({"custom_attributes": {}}, True),
        ({"username": None}, True),
    ],
)
def test_what_depends_on_the_current_state(values: dict[str, object], depends: bool) -> None:
    """Merging and falling back to the e-mail depend on the entry; plain replacing does not."""
    assert depends_on_current(values) is depends
