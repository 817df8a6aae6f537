"""SCIM's filters over each directory: whom it finds are those whose documents match."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.scim.documents import Documents
from adapters.scim.filters import FilterLimits, parse, sort_of, transpile_group, transpile_user
from gateway.domain.ids import Kind
from gateway.domain.model import FederatedIdentity, ProviderType
from gateway.domain.query import Everything, Query
from gateway.ports import Directory
from mappings.loader import load
from tests.adapters.scim.filters.people import expected, people, questions, transpiled
from tests.contract.conftest import new_tenant
from tests.contract.people import person

LIMITS = FilterLimits()


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    drawn=st.lists(people, min_size=3, max_size=5),
    asked=st.lists(questions, min_size=25, max_size=40),
)
async def test_finds_whose_documents_match(
    directory: Directory, drawn: list[dict[str, Any]], asked: list[str]
) -> None:
    """For random users and filters: the ids that scim2-models finds in the documents."""
    tenant = await new_tenant(directory)
    for number, values in enumerate(drawn):
        await tenant.users.add(person(f"u{number}", **values))
    users = list((await tenant.users.find(Query(Everything(), limit=None))).items)
    for text in asked:
        filter_, wanted = transpiled(text, None), expected(text, users, None)
        if filter_ is None or wanted is None:
            assert (filter_, wanted) == (None, None)
            continue
        page = await tenant.users.find(Query(filter_, limit=None))
        assert ({user.id for user in page.items}, page.total) == (wanted, len(wanted)), text


async def test_external_ids_members_and_orders(directory: Directory) -> None:
    """What hangs on other entries: links, memberships, members; and an order by an attribute."""
    tenant = await new_tenant(directory)
    documents = Documents(load("default"))
    provider = await tenant.identity_providers.add({"name": "x", "type": ProviderType.SCIM})
    inner = await tenant.groups.add({"name": "Inner"})
    outer = await tenant.groups.add({"name": "Outer"})
    titled = person("ann", custom_attributes={"title": "b"})
    ann = await tenant.users.add({**titled, "group_ids": [inner.id]})
    bob = await tenant.users.add(person("bob", custom_attributes={"title": "A"}))
    eve = await tenant.users.add(person("eve"))
    await tenant.groups.add_members(outer.id, [inner.id, bob.id])

    linked_at = datetime(2024, 1, 1, tzinfo=UTC)
    link = FederatedIdentity(
        identity_provider_id=provider.id, external_id="Acc 1", linked_at=linked_at
    )
    await tenant.users.update(ann.id, {"federated_identities": (link,)})
    await tenant.groups.update(inner.id, {"federated_identities": (link,)})

    async def found(text: str) -> set[str]:
        filter_ = transpile_user(parse(text, LIMITS), documents, provider.id)
        return {user.username for user in (await tenant.users.find(Query(filter_))).items}

    async def groups(text: str) -> set[str]:
        filter_ = transpile_group(parse(text, LIMITS), documents, provider.id)
        return {group.name for group in (await tenant.groups.find(Query(filter_))).items}

    assert await found(f'groups.value eq "{outer.id}"') == {"ann", "bob"}
    assert await found(f'groups[value eq "{outer.id}" and type eq "direct"]') == {"bob"}
    assert await found(f'groups[type eq "indirect" and value eq "{outer.id}"]') == {"ann"}
    assert await found(f'not (groups eq "{outer.id}") and userName sw "E"') == {"eve"}
    assert await found(f'externalId eq "x" or id eq "{eve.id}"') == {"eve"}
    assert await groups(f'members[value eq "{inner.id}"]') == {"Outer"}
    assert await groups(f'members eq "{ann.id}" or members eq "{bob.id}"') == {"Inner", "Outer"}
    assert await groups(f'not (members eq "{ann.id}") and displayName ew "ER"') == {"Outer"}
    assert await groups('displayName eq "inner"') == {"Inner"}
    assert await found('externalId eq "Acc 1"') == await found("externalId pr") == {"ann"}
    assert await found('externalId eq "acc 1"') == set()
    assert await found('externalId ne "Acc 1"') == {"bob", "eve"}
    assert await groups('externalId eq "Acc 1"') == await groups("externalId pr") == {"Inner"}
    for descending, wanted in ((False, ["bob", "ann", "eve"]), (True, ["eve", "ann", "bob"])):
        sort = sort_of("title", descending, Kind.USER, documents, provider.id)
        page = await tenant.users.find(Query(Everything(), sort))
        assert [user.username for user in page.items] == wanted
