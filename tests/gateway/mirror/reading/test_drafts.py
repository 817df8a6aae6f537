"""Listings are answered before they are views, and searches from those that were typed before."""

from collections import Counter
from typing import Any

import pytest

from adapters.memory.views import MemoryBuilding
from gateway.domain.query import And, Below, Filter, Present, Query, TextSearch
from gateway.ports import TenantDirectory
from gateway.ports.mirror import NotMirrored, Step
from gateway.ports.mirror_views import Behind, Building, Point, View, Window
from tests.adapters.redis.waiting import comes_about
from tests.contract.people import by_name, person
from tests.gateway.mirror.reading.twins import Twin

PHONE = Present("phone")


@pytest.fixture
def done(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often documents were gone through, and views published."""
    counts = Counter[str]()
    scan, publish = twin.views.scan, MemoryBuilding.publish

    async def scanned(
        building: Building, cursor: str | None = None, *, briefs: bool = False
    ) -> Step:
        counts["scans"] += cursor is None
        return await scan(building, cursor, briefs=briefs)

    async def published(building: MemoryBuilding, point: Point | None = None) -> bool:
        counts["views"] += 1
        return await publish(building, point)

    monkeypatch.setattr(twin.views, "scan", scanned)
    monkeypatch.setattr(MemoryBuilding, "publish", published)
    return counts


async def found(tenant: TenantDirectory, filter_: Filter | str) -> list[str]:
    """The usernames that are found, by name."""
    asked = TextSearch(filter_) if isinstance(filter_, str) else filter_
    page = await tenant.users.find(by_name(asked))
    assert page.total == len(page.items)
    return [user.username for user in page.items]


async def settled(done: Counter[str], views: int) -> None:
    """Wait until so many views were published."""

    async def enough() -> bool:
        return done["views"] >= views

    await comes_about(enough)


async def test_a_search_typed_letter_by_letter_goes_through_documents_once(
    tenant: TenantDirectory, done: Counter[str]
) -> None:
    """Longer texts are found in the texts of the shorter one, also what changed meanwhile."""
    for name in ("anna", "hanno", "joe"):
        await tenant.users.add(person(name))
    assert await found(tenant, "n") == ["anna", "hanno"]
    assert await found(tenant, "nn") == ["anna", "hanno"]
    hanno = (await tenant.users.find(by_name(TextSearch("hanno")))).items[0]
    await tenant.users.add(person("dannie"))
    await tenant.users.delete(hanno.id)
    assert await found(tenant, "nn") == ["anna", "dannie"]
    assert await found(tenant, "nni") == ["dannie"]
    assert await found(tenant, "ann") == ["anna", "dannie"]
    assert done["scans"] == 1


async def test_only_the_same_question_is_looked_for_among_the_found(
    tenant: TenantDirectory, done: Counter[str]
) -> None:
    """Another order or another condition is another listing."""
    await tenant.users.add(person("anna") | {"phone": "+1 555 01"})
    await tenant.users.add(person("hanno"))
    assert await found(tenant, "n") == ["anna", "hanno"]
    assert await found(tenant, And((TextSearch("nn"), PHONE))) == ["anna"]
    assert (await tenant.users.find(Query(TextSearch("nn")))).total == 2
    assert done["scans"] == 3
    assert await found(tenant, And((TextSearch("nna"), PHONE))) == ["anna"]
    assert done["scans"] == 3


async def test_what_is_typed_on_the_way_takes_no_room_of_views(
    tenant: TenantDirectory, done: Counter[str]
) -> None:
    """Only what is asked for again becomes a view; then everybody reads it."""
    await tenant.users.add(person("anna"))
    for text in ("a", "an", "ann", "anna"):
        assert await found(tenant, text) == ["anna"]
    await settled(done, 1)
    assert await found(tenant, "ann") == ["anna"]
    await settled(done, 2)
    assert await found(tenant, "ann") == ["anna"]
    assert (done["scans"], done["views"]) == (1, 2)


async def test_a_view_that_cannot_be_written_is_answered_all_the_same(
    twin: Twin, tenant: TenantDirectory, done: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the draft, which is true; the next asks anew."""

    async def lost(_building: Building, _places: object) -> None:
        raise NotMirrored

    await tenant.users.add(person("anna"))
    with monkeypatch.context() as patched:
        patched.setattr(MemoryBuilding, "fill", lost)
        assert await found(tenant, "n") == ["anna"]
        await tenant.users.add(person("hanno"))
        assert await found(tenant, "n") == ["anna", "hanno"]

    async def written() -> bool:
        assert await found(tenant, "n") == ["anna", "hanno"]
        return bool(done["views"])

    await comes_about(written)
    assert twin.metrics.of("directory") == 0


async def test_what_was_kept_is_forgotten_where_nobody_knows_what_happened(
    twin: Twin, tenant: TenantDirectory, done: Counter[str]
) -> None:
    """A point of the mirror may mean another one after Redis has failed over."""
    await tenant.users.add(person("anna"))
    assert await found(tenant, "n") == ["anna"]
    twin.lost()
    assert await found(tenant, "nn") == ["anna"]
    assert done["scans"] == 2


async def test_a_draft_of_other_surroundings_is_drawn_anew(
    twin: Twin, tenant: TenantDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit that has come below another is seen, also where the draft is still there."""
    above = await tenant.ous.add({"name": "Above"})
    below = await tenant.ous.add({"name": "Below"})
    await tenant.users.add(person("anna") | {"ou_id": below.id})
    inside = And((TextSearch("n"), Below(above.id)))
    assert await found(tenant, inside) == []
    await tenant.ous.update(below.id, {"parent_id": above.id})
    page, asked = twin.views.page, 0

    async def unread(view: View, **named: Any) -> Window | Behind | None:
        nonlocal asked
        asked += 1
        return None if asked == 1 else await page(view, **named)

    monkeypatch.setattr(twin.views, "page", unread)
    assert await found(tenant, inside) == ["anna"]
    assert asked > 1
