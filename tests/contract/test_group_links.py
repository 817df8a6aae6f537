"""Groups that outside systems know by ids of their own."""

from datetime import UTC, datetime

from gateway.domain.model import FederatedIdentity
from gateway.domain.query import And, Compare, Filter, LinkedTo, Not, Present, Query, Sort
from gateway.ports import TenantDirectory

AT = datetime(2024, 2, 29, 12, 0, 0, tzinfo=UTC)
OKTA, ENTRA = f"idp_{'0a' * 16}", f"idp_{'0b' * 16}"


def link(external_id: str, provider: str = OKTA) -> FederatedIdentity:
    """A link to a group at a provider."""
    return FederatedIdentity(identity_provider_id=provider, external_id=external_id, linked_at=AT)


async def found(tenant: TenantDirectory, filter_: Filter) -> list[str]:
    """Names of the groups that match, whole and page by page alike."""
    pages = [
        await tenant.groups.find(Query(filter_, Sort("name", descending=False), limit=limit))
        for limit in (None, 50)
    ]
    assert pages[0] == pages[1]
    return [group.name for group in pages[0].items]


async def test_links_are_added_changed_and_taken_away(tenant: TenantDirectory) -> None:
    """What is written is read; members and other fields have nothing to do with it."""
    links = (link("00g1 a*(b)"), link("CN=x, y; z", ENTRA))
    made = await tenant.groups.add({"name": "Staff", "federated_identities": links})
    assert set(made.federated_identities) == set(links)
    assert await tenant.groups.get(made.id) == made
    changed = await tenant.groups.update(made.id, {"federated_identities": links[1:]})
    assert changed.federated_identities == links[1:]
    assert changed.version != made.version
    renamed = await tenant.groups.update(made.id, {"name": "All", "description": "x"})
    assert renamed.federated_identities == links[1:]
    same = await tenant.groups.update(made.id, {"federated_identities": links[1:]})
    assert same == renamed
    gone = await tenant.groups.update(made.id, {"federated_identities": ()})
    assert gone.federated_identities == ()
    plain = await tenant.groups.add({"name": "Plain"})
    assert plain.federated_identities == ()
    later = await tenant.groups.update(plain.id, {"federated_identities": links[:1]})
    assert later.federated_identities == links[:1]


async def test_groups_are_found_by_their_links(tenant: TenantDirectory) -> None:
    """Exactly, and only at that provider; several groups may share one."""
    for name, links in {
        "a": (link("one"),),
        "b": (link("one", ENTRA), link("Two")),
        "c": (link("one"), link("One", ENTRA)),
        "d": (),
    }.items():
        await tenant.groups.add({"name": name, "federated_identities": links})
    for filter_, expected in (
        (LinkedTo(OKTA, "one"), ["a", "c"]),
        (LinkedTo(OKTA, "ONE"), []),
        (LinkedTo(ENTRA, "one"), ["b"]),
        (LinkedTo(OKTA, "on"), []),
        (LinkedTo(OKTA, "*"), []),
        (LinkedTo(OKTA, "\0"), []),
        (And((LinkedTo(OKTA, "one"), LinkedTo(ENTRA, "One"))), ["c"]),
        (Not(LinkedTo(OKTA, "one")), ["b", "d"]),
        (Present("federated_identities"), ["a", "b", "c"]),
        (Compare("federated_identities", "eq", ENTRA), ["b", "c"]),
    ):
        assert await found(tenant, filter_) == expected, filter_
