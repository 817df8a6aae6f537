"""A view is built once, however many ask and whoever gives up."""

import asyncio

import pytest

from gateway.domain.query import Query, Sort, TextSearch
from gateway.ports import TenantDirectory
from gateway.ports.mirror import Step
from gateway.ports.mirror_views import Building
from tests.contract.people import by_name, names, person
from tests.gateway.mirror.reading.twins import Twin


@pytest.fixture
def gate(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Lets scans through once it is set; `scans` counts them."""
    opened, scan = asyncio.Event(), twin.views.scan

    async def waiting(
        building: Building, cursor: str | None = None, *, briefs: bool = False
    ) -> Step:
        await opened.wait()
        return await scan(building, cursor, briefs=briefs)

    monkeypatch.setattr(twin.views, "scan", waiting)
    return opened


async def test_many_wait_for_one(twin: Twin, tenant: TenantDirectory, gate: asyncio.Event) -> None:
    """All get their answer from the one view."""
    await tenant.users.add(person("ann"))
    asked = [asyncio.create_task(names(tenant)) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(*asked) == [["ann"]] * 5
    assert twin.metrics.of("view") == 5


async def test_who_gives_up_does_not_end_it(
    twin: Twin, tenant: TenantDirectory, gate: asyncio.Event
) -> None:
    """The request that made a view be built is cancelled; another one still gets it."""
    await tenant.users.add(person("ann"))
    first = asyncio.create_task(names(tenant))
    await asyncio.sleep(0)
    second = asyncio.create_task(names(tenant))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == ["ann"]
    assert twin.metrics.of("directory") == 0


async def test_a_view_that_another_process_builds_is_waited_for(
    twin: Twin, tenant: TenantDirectory
) -> None:
    """Who finds it claimed looks again until it is there, or given up."""
    ann = await tenant.users.add(person("ann"))
    build, refused = twin.views.build, 3

    async def claimed(*args: object, **named: object) -> Building | None:
        nonlocal refused
        refused -= 1
        return None if refused >= 0 else await build(*args, **named)  # type: ignore[arg-type] # passed on

    twin.views.build = claimed  # type: ignore[method-assign] # another process
    page = await tenant.users.find(Query(sort=Sort("email")))
    assert page.items == (ann,)
    assert refused == -1
    assert (twin.metrics.of("view"), twin.metrics.of("directory")) == (1, 0)


async def test_what_changes_meanwhile_is_seen(
    twin: Twin, tenant: TenantDirectory, gate: asyncio.Event
) -> None:
    """A change after the documents were read, and before the view is there, is not lost."""
    ann = await tenant.users.add(person("ann"))
    listing = asyncio.create_task(tenant.users.find(by_name(TextSearch("a"))))
    await asyncio.sleep(0)
    await tenant.users.add(person("abe"))
    await tenant.users.delete(ann.id)
    gate.set()
    assert [user.username for user in (await listing).items] == ["abe"]
