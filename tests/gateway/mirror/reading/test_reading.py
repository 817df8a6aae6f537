"""What is read comes from the mirror while that is true, and from the directory otherwise."""

import pytest

from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.ids import Kind
from gateway.domain.query import Compare, Present, Query, Sort, TextSearch
from gateway.ports import TenantDirectory
from gateway.ports.mirror import NotMirrored, Shelf
from tests.contract.people import by_name, names, person
from tests.gateway.mirror.people import CHANGES
from tests.gateway.mirror.reading.twins import EPOCH, Twin


async def test_a_user_is_read_from_the_mirror(twin: Twin, tenant: TenantDirectory) -> None:
    """Who was added through the mirror is read from it, and is the same."""
    ann = await tenant.users.add(person("ann"))
    twin.metrics.clear()
    assert await tenant.users.get(ann.id) == ann
    assert await tenant.users.get(ann.id.upper()) == ann
    assert twin.metrics == {("mirror", ""): 2}


async def test_what_is_not_there_is_no_reason_to_ask(twin: Twin, tenant: TenantDirectory) -> None:
    """The mirror knows all that is there."""
    ann = await tenant.users.add(person("ann"))
    await tenant.users.delete(ann.id)
    twin.metrics.clear()
    with pytest.raises(NotFound):
        await tenant.users.get(ann.id)
    assert twin.metrics == {("mirror", ""): 1}


async def test_without_belief_the_directory_is_asked(twin: Twin, tenant: TenantDirectory) -> None:
    """A mirror that nobody vouches for answers nothing."""
    twin.live = False
    ann = await tenant.users.add(person("ann"))
    twin.metrics.clear()
    assert await tenant.users.get(ann.id) == ann
    assert await names(tenant) == ["ann"]
    assert twin.metrics == {("directory", "not_believed"): 2}


async def test_listings_are_views(twin: Twin, tenant: TenantDirectory) -> None:
    """A listing is built once, follows what changes, and pages through all."""
    for name in ("cid", "ann", "bob", "dan"):
        await tenant.users.add(person(name))
    assert await names(tenant) == ["ann", "bob", "cid", "dan"]
    await tenant.users.add(person("abe"))
    asked = Query(sort=Sort("username", descending=False), offset=1, limit=2)
    page = await tenant.users.find(asked)
    assert [user.username for user in page.items] == ["ann", "bob"]
    assert page.total == 5
    assert twin.metrics.of("view") == 2
    assert twin.metrics["directory", ""] == 0


async def test_a_narrower_search_is_built_within_a_wider_one(
    twin: Twin, tenant: TenantDirectory
) -> None:
    """What is typed letter by letter finds the same as when it is asked at once."""
    for name in ("anna", "annabel", "bob", "hanna"):
        await tenant.users.add(person(name))
    assert await names(tenant, TextSearch("an")) == ["anna", "annabel", "hanna"]
    assert await names(tenant, TextSearch("anna")) == ["anna", "annabel", "hanna"]
    assert await names(tenant, TextSearch("annab")) == ["annabel"]
    assert twin.metrics.of("directory") == 0


async def test_who_is_looked_up_by_a_name_needs_no_view(
    twin: Twin, tenant: TenantDirectory
) -> None:
    """Looking up one after another leaves no views behind."""
    for name in ("ann", "bob"):
        await tenant.users.add(person(name))
    assert await names(tenant, Compare("username", "eq", "ANN")) == ["ann"]
    assert await names(tenant, Compare("email", "eq", "bob@example.org")) == ["bob"]
    assert (await tenant.users.by_login("Ann")).username == "ann"
    assert (await tenant.users.by_login("bob@example.org")).username == "bob"
    assert twin.metrics.of("directory") == 0
    assert twin.views._views == {}
    with pytest.raises(NotFound):
        await tenant.users.by_login("nobody")
    assert twin.metrics["directory", "login"] == 1


async def test_a_page_of_many_windows_is_of_one_moment(twin: Twin, tenant: TenantDirectory) -> None:
    """All of a large listing are given, though the view gives some at a time."""
    for number in range(1_105):
        await twin.direct.tenants.subtree(tenant.tenant.id).users.add(person(f"u{number:04}"))
    await twin.feed()
    page = await tenant.users.find(by_name())
    assert [user.username for user in page.items] == [f"u{n:04}" for n in range(1_105)]
    assert page.total == 1_105
    assert twin.metrics.of("view") == 1


async def test_members_and_memberships(twin: Twin, tenant: TenantDirectory) -> None:
    """Groups of a user and members of a group, as the directory tells them."""
    ann = await tenant.users.add(person("ann"))
    outer = await tenant.groups.add({"name": "outer"})
    inner = await tenant.groups.add({"name": "inner", "member_ids": [ann.id]})
    await tenant.groups.add_members(outer.id, [inner.id])
    twin.metrics.clear()
    mirrored = await tenant.groups.memberships(ann.id)
    members = await tenant.groups.members(outer.id, offset=0, limit=9)
    several = await tenant.groups.members_of([outer.id, inner.id])
    assert twin.metrics == {("mirror", ""): 3}
    direct = (await twin.direct.tenant(tenant.tenant.id)).groups
    assert mirrored == await direct.memberships(ann.id)
    assert [one.name for one in mirrored] == ["inner", "outer"]
    assert members == await direct.members(outer.id, offset=0, limit=9)
    assert several == await direct.members_of([outer.id, inner.id])


@pytest.mark.parametrize(
    ("failure", "reason"), [(Unavailable(), "unavailable"), (NotMirrored(), "not_mirrored")]
)
async def test_a_mirror_that_does_not_answer_is_no_failure(
    twin: Twin,
    tenant: TenantDirectory,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    reason: str,
) -> None:
    """The directory is asked instead, and the reason counted."""
    ann = await tenant.users.add(person("ann"))

    async def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(twin.store, "get", fail)
    monkeypatch.setattr(twin.views, "page", fail)
    twin.metrics.clear()
    assert await tenant.users.get(ann.id) == ann
    assert await names(tenant) == ["ann"]
    assert twin.metrics == {("directory", reason): 2}


async def test_units_of_another_moment_are_no_answer(twin: Twin, tenant: TenantDirectory) -> None:
    """Who stands in a unit that the mirror has not heard of is read from the directory."""
    direct = await twin.direct.tenant(tenant.tenant.id)
    unit = await direct.ous.add({"name": "unit"})
    ann = await direct.users.add(person("ann", ou_id=unit.id))
    shelf = Shelf(EPOCH, tenant.tenant.id, Kind.USER)
    await twin.store.apply(shelf.tenant_id, shelf.kind, [CHANGES.of(Kind.USER, ann, None)])
    twin.metrics.clear()
    assert await tenant.users.get(ann.id) == ann
    assert (await tenant.users.find(by_name(Present("ou_path")))).items == (ann,)
    assert twin.metrics == {("directory", "not_placed"): 2}
    await twin.feed()
    assert await tenant.users.get(ann.id) == ann
    assert (await tenant.users.find(by_name(Present("ou_path")))).items == (ann,)
    assert twin.metrics.of("directory") == 2


async def test_an_application_is_found_by_its_client_id(
    twin: Twin, tenant: TenantDirectory
) -> None:
    """As a directory compares it, where there is but one way."""
    added = await tenant.applications.add({"client_id": "Portal", "secret": "s"})
    twin.metrics.clear()
    assert await tenant.applications.by_client_id("portal") == added
    assert twin.metrics == {("mirror", ""): 1}
    with pytest.raises(NotFound):
        await tenant.applications.by_client_id("other")
    assert twin.metrics["directory", "client_id"] == 1
