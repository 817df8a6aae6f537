"""Listings that only a function can decide, with a bound; and pages by places in an order."""

from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.domain.model import FederatedIdentity, Group, User
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    Judged,
    LinkedTo,
    Measure,
    MemberOf,
    Not,
    Or,
    Present,
    Query,
    Seek,
    Sort,
    StatusIs,
)
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from tests.contract.people import UNKNOWN, names, person

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IDP, OTHER = f"idp_{'0a' * 16}", f"idp_{'0b' * 16}"


def link(external_id: str, provider_id: str = IDP) -> FederatedIdentity:
    """An account at a provider."""
    return FederatedIdentity(
        identity_provider_id=provider_id, external_id=external_id, linked_at=AT
    )


def long_name(bound: Filter) -> Judged:
    """Who has a display name of more than three letters."""
    return Judged(
        "long name",
        bound,
        frozenset({"display_name"}),
        lambda user: len(user.display_name or "") > 3,
    )


def titled(bound: Filter, title: str) -> Judged:
    """Who has exactly that title."""
    return Judged(
        f"title {title}",
        bound,
        frozenset({"custom_attributes.title"}),
        lambda user: user.custom_attributes.get("title") == title,
    )


async def people(tenant: TenantDirectory) -> dict[str, User]:
    """Users by name: of several units, groups and states."""
    top = await tenant.ous.add({"name": "top"})
    values: Mapping[str, dict[str, object]] = {
        "ann": {"display_name": "Anna", "custom_attributes": {"title": "Dr", "nick": "Änn"}},
        "bob": {"display_name": "Bob", "custom_attributes": {"title": "dr", "level": 3}},
        "cyd": {"display_name": "Cydney", "ou_id": top.id, "mfa_enabled": True},
        "dan": {"own_status": UserStatus.DISABLED, "custom_attributes": {"title": ["Dr"]}},
        "eve": {"display_name": "Evelyn", "federated_identities": (link("A 1"), link("b", OTHER))},
    }
    return {name: await tenant.users.add(person(name, **v)) for name, v in values.items()}


async def test_a_judged_filter_decides_within_its_bound(tenant: TenantDirectory) -> None:
    """By itself, under Not, And and Or; with bounds of every kind."""
    ann, _, cyd, *_ = (await people(tenant)).values()
    staff = await tenant.groups.add({"name": "staff", "member_ids": [ann.id]})
    outer = await tenant.groups.add({"name": "outer", "member_ids": [staff.id, cyd.id]})
    any_ = long_name(Everything())
    cases: list[tuple[Filter, list[str]]] = [
        (any_, ["ann", "cyd", "eve"]),
        (Not(any_), ["bob", "dan"]),
        (long_name(Compare("display_name", "sw", "e")), ["eve"]),
        (Not(long_name(Compare("display_name", "sw", "e"))), ["ann", "bob", "cyd", "dan"]),
        (And((any_, Not(Compare("mfa_enabled", "eq", True)))), ["ann", "eve"]),
        (Or((any_, StatusIs(UserStatus.DISABLED))), ["ann", "cyd", "dan", "eve"]),
        (Not(Or((any_, StatusIs(UserStatus.DISABLED)))), ["bob"]),
        (Not(And((any_, Compare("mfa_enabled", "eq", True)))), ["ann", "bob", "dan", "eve"]),
        (long_name(StatusIs(UserStatus.DISABLED)), []),
        (long_name(Below(str(cyd.ou_id))), ["cyd"]),
        (And((Below(str(cyd.ou_id)), any_)), ["cyd"]),
        (Or((long_name(Below(str(cyd.ou_id))), Compare("username", "eq", "bob"))), ["bob", "cyd"]),
        (long_name(MemberOf(outer.id)), ["ann", "cyd"]),
        (Not(long_name(MemberOf(outer.id))), ["bob", "dan", "eve"]),
        (long_name(MemberOf(outer.id, direct=True)), ["cyd"]),
        (Or((long_name(MemberOf(staff.id)), long_name(LinkedTo(IDP, "A 1")))), ["ann", "eve"]),
        (long_name(any_), ["ann", "cyd", "eve"]),
        (titled(Compare("custom_attributes.title", "eq", "DR"), "Dr"), ["ann"]),
        (And((titled(Everything(), "dr"), Not(any_))), ["bob"]),
    ]
    found = {repr(filter_): await names(tenant, filter_) for filter_, _ in cases}
    assert found == {repr(filter_): expected for filter_, expected in cases}


async def test_custom_attributes_are_fields_of_filters(tenant: TenantDirectory) -> None:
    """Texts as compared, whether they have a standard attribute or not; of any type, present."""
    await people(tenant)
    cases: list[tuple[Filter, list[str]]] = [
        (Compare("custom_attributes.title", "eq", "DR"), ["ann", "bob"]),
        (Not(Compare("custom_attributes.title", "eq", "DR")), ["cyd", "dan", "eve"]),
        (Present("custom_attributes.title"), ["ann", "bob", "dan"]),
        (Compare("custom_attributes.nick", "sw", "ä"), ["ann"]),
        (Present("custom_attributes.level"), ["bob"]),
        (Compare("custom_attributes.level", "eq", 3), ["bob"]),
        (Compare("custom_attributes.level", "eq", "3"), []),
        (Not(Present("custom_attributes.nobody")), ["ann", "bob", "cyd", "dan", "eve"]),
        (Present("custom_attributes.Title"), []),
    ]
    found = {repr(filter_): await names(tenant, filter_) for filter_, _ in cases}
    assert found == {repr(filter_): expected for filter_, expected in cases}


async def test_links_are_found_to_the_letter(tenant: TenantDirectory) -> None:
    """That account at that provider, of users and of groups; not unique among groups."""
    await people(tenant)
    for provider_id, external_id, expected in (
        (IDP, "A 1", ["eve"]),
        (OTHER, "b", ["eve"]),
        (IDP, "a 1", []),
        (IDP, "1", []),
        (IDP, "b", []),
        (IDP, "A  1", []),
        (IDP, "", []),
        (IDP, "\0", []),
        ("*", "A 1", []),
    ):
        assert await names(tenant, LinkedTo(provider_id, external_id)) == expected
    assert await names(tenant, Not(LinkedTo(IDP, "A 1"))) == ["ann", "bob", "cyd", "dan"]
    for name, external_id in (("a", "x"), ("b", "x"), ("c", "X"), ("d", "primary x")):
        await tenant.groups.add({"name": name, "federated_identities": (link(external_id),)})
    await tenant.groups.add({"name": "e"})
    assert await group_names(tenant, LinkedTo(IDP, "x")) == ["a", "b"]
    assert await group_names(tenant, Not(LinkedTo(IDP, "x"))) == ["c", "d", "e"]
    assert await group_names(tenant, Present("federated_identities")) == ["a", "b", "c", "d"]


async def group_names(tenant: TenantDirectory, filter_: Filter) -> list[str]:
    """Names of the groups that match, in order; the total must agree."""
    page = await tenant.groups.find(Query(filter_, Sort("name", descending=False), limit=None))
    assert page.total == len(page.items)
    return [one.name for one in page.items]


async def test_groups_are_found_by_their_members(tenant: TenantDirectory) -> None:
    """Groups that name a user or group themselves; and users that a group names itself."""
    ann, bob, *_ = (await people(tenant)).values()

    async def group(name: str, *members: User | Group) -> Group:
        return await tenant.groups.add({"name": name, "member_ids": [m.id for m in members]})

    inner = await group("inner", ann)
    await group("other", ann, bob)
    outer = await group("outer", inner, bob)
    cases: list[tuple[Filter, list[str]]] = [
        (HasMember(ann.id), ["inner", "other"]),
        (HasMember(bob.id.upper().replace("USR", "usr")), ["other", "outer"]),
        (HasMember(inner.id), ["outer"]),
        (HasMember(outer.id), []),
        (HasMember(f"usr_{UNKNOWN}"), []),
        (HasMember("nonsense"), []),
        (Not(HasMember(ann.id)), ["outer"]),
        (And((HasMember(ann.id), HasMember(bob.id))), ["other"]),
        (Or((HasMember(inner.id), Compare("name", "sw", "in"))), ["inner", "outer"]),
        (
            Or((HasMember(inner.id), Judged("never", Everything(), frozenset(), lambda _: False))),
            ["outer"],
        ),
    ]
    found = {repr(filter_): await group_names(tenant, filter_) for filter_, _ in cases}
    assert found == {repr(filter_): expected for filter_, expected in cases}
    assert await names(tenant, HasMember(ann.id)) == []
    assert await names(tenant, MemberOf(outer.id, direct=True)) == ["bob"]
    both = And((MemberOf(outer.id), Not(MemberOf(outer.id, direct=True))))
    assert await names(tenant, both) == ["ann"]


async def test_a_measure_orders_users(tenant: TenantDirectory) -> None:
    """By what is no field, with those that have no such value last or first; page by page."""
    await people(tenant)
    measure = Measure(
        frozenset({"custom_attributes.title"}), lambda user: user.custom_attributes.get("title")
    )
    ids = {user.username: user.id for user in (await tenant.users.find(Query(limit=None))).items}
    texts = Measure(
        measure.fields, lambda user: t if isinstance(t := measure.of(user), str) else None
    )
    absent = sorted(("cyd", "dan", "eve"), key=ids.__getitem__)
    for descending, absent_first in ((False, False), (True, False), (False, True), (True, True)):
        sort = Sort("title", descending, absent_first, texts)
        present = ["bob", "ann"] if descending else ["ann", "bob"]
        expected = absent + present if absent_first else present + absent
        for offset in range(6):
            page = await tenant.users.find(Query(sort=sort, offset=offset, limit=2))
            assert [user.username for user in page.items] == expected[offset : offset + 2]
            assert page.total == 5


async def test_pages_follow_a_place_whatever_comes_and_goes(tenant: TenantDirectory) -> None:
    """Forwards and backwards, with the exact total; the place itself can be gone."""
    users = await people(tenant)
    for name in ("fay", "gus"):
        users[name] = await tenant.users.add(person(name, display_name=None))
    sort = Sort("display_name", descending=False)
    whole = [u.username for u in (await tenant.users.find(Query(sort=sort, limit=None))).items]
    assert whole[:4] == ["ann", "bob", "cyd", "eve"]

    async def walked(name: str, *, backwards: bool, limit: int | None = 2) -> list[str]:
        user = users[name]
        seek = Seek(sort.key(user), user.id, backwards)
        page = await tenant.users.find(Query(sort=sort, limit=limit, seek=seek))
        assert page.total == len(whole)
        return [one.username for one in page.items]

    for at, name in enumerate(whole):
        assert await walked(name, backwards=False) == whole[at + 1 : at + 3]
        assert await walked(name, backwards=True) == whole[max(0, at - 2) : at]
        assert await walked(name, backwards=True, limit=None) == whole[:at]
    await tenant.users.retire(users["bob"].id)
    whole.remove("bob")
    assert await walked("bob", backwards=False) == ["cyd", "eve"]
    assert await walked("bob", backwards=True) == ["ann"]
