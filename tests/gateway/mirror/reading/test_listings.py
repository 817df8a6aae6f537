"""A listing is of one moment, whatever happens while it is read."""

from datetime import datetime, timedelta

import pytest

from gateway.domain.query import StatusIs
from gateway.domain.status import UserStatus
from tests.contract.people import PASSWORD, Clock, by_name, person
from tests.gateway.mirror.reading.twins import Twin


class Ticking(Clock):
    """A clock that is far ahead after so many more looks at it."""

    left: int | None = None

    def __call__(self) -> datetime:
        """Now, or then."""
        if self.left is None:
            return super().__call__()
        self.left -= 1
        return super().__call__() + timedelta(days=0 if self.left >= 0 else 1)


@pytest.mark.parametrize("looks", range(12))
@pytest.mark.parametrize("status", [UserStatus.LOCKED, UserStatus.ACTIVE])
async def test_a_lock_that_ends_meanwhile_is_over_or_not(status: UserStatus, looks: int) -> None:
    """Whoever is listed by a status has it, and the total counts as many."""
    clock = Ticking()
    twin = Twin(clock)
    await twin.feed()
    acme = await twin.directory.tenants.add({"slug": "acme"})
    tenant = await twin.directory.tenant(acme.id)
    ann = await tenant.users.add(person("ann", password=PASSWORD))
    await tenant.users.lock_by_policy(ann.id)
    await tenant.users.find(by_name(StatusIs(status)))
    twin.metrics.clear()
    clock.left = looks
    page = await tenant.users.find(by_name(StatusIs(status)))
    assert [user.status for user in page.items] == [status] * page.total
    assert not twin.metrics.of("directory")
    await twin.directory.close()
