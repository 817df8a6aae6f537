"""Values of users, and what tests look at again and again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import Invalid
from gateway.domain.query import Everything, Filter, Query, Sort
from gateway.ports import TenantDirectory

PASSWORD = "Correct-horse-7"
OTHER_PASSWORD = "Battery-staple-8"
UNKNOWN = "00000000000040008000000000000000"
"""A UUID that nothing has."""


class Clock:
    """The real time, or a time that a test pretends."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Now."""
        return datetime.now(UTC) + self._ahead

    @contextmanager
    def ahead(self, by: timedelta) -> Iterator[None]:
        """Be in the future for a while."""
        self._ahead = by
        try:
            yield
        finally:
            self._ahead = timedelta(0)


def person(name: str = "ann", **values: object) -> dict[str, object]:
    """Values of a new user with that username."""
    return {"username": name, "email": f"{name}@example.org", **values}


def second(time: datetime) -> datetime:
    """A time as Generalized Time keeps it here: in whole seconds."""
    return time.replace(microsecond=0)


def by_name(filter_: Filter | None = None, *, limit: int | None = None) -> Query:
    """A listing in the order of usernames, of all that match."""
    return Query(
        filter=filter_ or Everything(), sort=Sort("username", descending=False), limit=limit
    )


async def names(tenant: TenantDirectory, filter_: Filter | None = None) -> list[str]:
    """Usernames of the users that match, in order; the total must agree."""
    page = await tenant.users.find(by_name(filter_))
    assert page.total == len(page.items)
    return [user.username for user in page.items]


@contextmanager
def invalid(field: str) -> Iterator[pytest.ExceptionInfo[Invalid]]:
    """Expect an Invalid that names this field, and no other."""
    with pytest.raises(Invalid) as caught:
        yield caught
    assert {problem.loc[:2] for problem in caught.value.problems} == {("body", field)}
