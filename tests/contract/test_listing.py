"""Listings of users: filters, orders, windows."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.model import FederatedIdentity, IdentitySource
from gateway.domain.query import (
    And,
    Compare,
    Filter,
    IdIn,
    Not,
    Operator,
    Or,
    Present,
    Query,
    Sort,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from tests.contract.people import UNKNOWN, Clock, names, person

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def add(tenant: TenantDirectory, **people: dict[str, object]) -> None:
    """Users by username, with further values."""
    for name, values in people.items():
        await tenant.users.add(person(name, **values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("STRASSE", ["a"]),
        ("traß", ["a"]),
        ("*", ["b"]),
        ("b*t", ["b"]),
        ("(x)", ["c"]),
        ("\\", ["c"]),
        ("\\5c", []),
        ("\\2a", []),
        ("ﬁn", ["d"]),
        ("FINE A", ["d"]),
        ("e\u0301cole", ["e"]),
        ("ÉCOLE", ["e"]),
        ("@EXAMPLE.org", ["a", "b", "c", "d", "e"]),
        ("b@example", ["b"]),
        ("日本", ["e"]),
        ("\0", []),
        ("a\0", []),
        ("nobody", []),
        ("-", []),
        ("\ud800", []),
    ],
)
async def test_search_is_literal_and_knows_no_case(
    tenant: TenantDirectory, text: str, expected: list[str]
) -> None:
    """Found as compared, in any searchable field; no character has a meaning."""
    await add(
        tenant,
        a={"last_name": "Hauptstraße"},
        b={"display_name": "b*t"},
        c={"first_name": "C\\ (x)"},
        d={"display_name": "Ｆine  A"},
        e={"last_name": "École", "first_name": "日本語", "phone": "555"},
    )
    assert await names(tenant, TextSearch(text)) == expected
    usual = await tenant.users.find(Query(filter=TextSearch(text), limit=5))
    assert sorted(user.username for user in usual.items) == expected
    assert usual.total == len(expected)


async def test_a_search_in_the_usual_order_follows_changes(tenant: TenantDirectory) -> None:
    """Newest first, or oldest: whoever gets, loses or keeps the text, comes or goes."""
    ids = [(await tenant.users.add(person(name))).id for name in ("ann", "ben", "anton", "cid")]

    async def found(text: str) -> set[str]:
        pages = [
            await tenant.users.find(Query(filter=TextSearch(text), sort=Sort(descending=down)))
            for down in (True, False)
        ]
        keys = [[(user.created_at, user.id) for user in page.items] for page in pages]
        assert keys[1] == sorted(keys[1])
        assert [key[0] for key in keys[0]] == sorted((key[0] for key in keys[0]), reverse=True)
        assert [page.total for page in pages] == [len(page.items) for page in pages]
        assert set(keys[0]) == set(keys[1])
        return {user.username for user in pages[0].items}

    assert await found("an") == {"ann", "anton"}
    await tenant.users.update(ids[0], {"username": "eve", "email": "eve@example.org"})
    await tenant.users.update(ids[1], {"last_name": "ÄN Án"})
    await tenant.users.update(ids[3], {"display_name": "Joan"})
    assert await found("an") == {"anton", "cid"}
    assert await found("än án") == {"ben"}
    await tenant.users.retire(ids[2])
    await tenant.users.delete(ids[3])
    assert await found("an") == set()
    await tenant.users.restore(ids[2])
    await tenant.users.add(person("nan"))
    assert await found("an") == {"anton", "nan"}


@pytest.mark.parametrize("field", ["phone", "locale", "custom_attributes"])
async def test_search_looks_into_names_only(tenant: TenantDirectory, field: str) -> None:
    """Other fields are not searched."""
    await add(tenant, a={"phone": "7777", "locale": "xx", "custom_attributes": {"title": "Qq"}})
    wanted = {"phone": "7777", "locale": "xx", "custom_attributes": "Qq"}
    assert await names(tenant, TextSearch(wanted[field])) == []


@pytest.mark.parametrize("descending", [False, True])
async def test_text_sorts_without_case_absent_last(
    tenant: TenantDirectory, descending: bool
) -> None:
    """Accents and other alphabets after ASCII, absent values at the end both ways."""
    held = {"u1": "b", "u2": "A", "u3": None, "u4": "Ç", "u5": "a b", "u6": "ａ  c", "u7": "é"}
    for name, value in held.items():
        await tenant.users.add(person(name, display_name=value))
    page = await tenant.users.find(Query(sort=Sort("display_name", descending), limit=None))
    order = ["u2", "u5", "u6", "u1", "u4", "u7"]
    expected = [*(reversed(order) if descending else order), "u3"]
    assert [user.username for user in page.items] == expected


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "field",
    [
        "created_at",
        "updated_at",
        "email",
        "username",
        "display_name",
        "first_name",
        "last_name",
        "status",
        "last_login_at",
    ],
)
async def test_every_order_is_total_and_pages_tile_it(
    tenant: TenantDirectory, field: str, descending: bool
) -> None:
    """Whatever the order: windows laid side by side are the whole, ties ascend by id."""
    await add(
        tenant,
        a={"display_name": "x", "first_name": "1", "last_name": "q", "password": "long-enough"},
        b={"display_name": "X", "first_name": "1", "own_status": UserStatus.DISABLED},
        c={"display_name": "y", "last_name": "Q", "own_status": UserStatus.PENDING_APPROVAL},
        d={"last_name": "r"},
        e={"first_name": "1"},
    )
    await tenant.users.bind(await tenant.users.by_login("a"), "long-enough")
    await tenant.users.lock((await tenant.users.by_login("e")).id)
    sort = Sort(field, descending)
    whole = await tenant.users.find(Query(sort=sort, limit=None))
    assert (len(whole.items), whole.total) == (5, 5)
    windows = [
        await tenant.users.find(Query(sort=sort, offset=offset, limit=2)) for offset in (0, 2, 4, 6)
    ]
    assert [page.total for page in windows] == [5, 5, 5, 5]
    assert [user for page in windows for user in page.items] == list(whole.items)
    values = [getattr(user, field) for user in whole.items]
    present = [value for value in values if value is not None]
    assert values[len(present) :] == [None] * (5 - len(present))
    keys = [v.casefold() if isinstance(v, str) else v for v in present]
    assert keys == sorted(keys, reverse=descending)
    for key in set(keys):
        ids = [u.id for u, k in zip(whole.items, keys, strict=False) if k == key]
        assert ids == sorted(ids)


async def test_a_window_past_the_end_is_empty_with_the_true_total(tenant: TenantDirectory) -> None:
    """No items, but the number of all; a limit of none of them, too."""
    await add(tenant, a={}, b={})
    for query in (Query(offset=2), Query(offset=10**6), Query(limit=0)):
        page = await tenant.users.find(query)
        assert (page.items, page.total) == ((), 2)


async def test_deep_pages_are_as_exact_as_the_first(tenant: TenantDirectory) -> None:
    """With a hundred users each is on one page, in order."""
    await asyncio.gather(*(tenant.users.add(person(f"u{n:03}")) for n in range(101)))
    sort = Sort("username", descending=False)
    for offset, expected in ((0, "u000"), (50, "u050"), (97, "u097")):
        page = await tenant.users.find(Query(sort=sort, offset=offset, limit=7))
        assert page.total == 101
        assert page.items[0].username == expected
        assert len(page.items) == min(7, 101 - offset)
    filtered = await tenant.users.find(
        Query(filter=TextSearch("u09"), sort=sort, offset=5, limit=10)
    )
    assert [user.username for user in filtered.items] == [f"u09{n}" for n in range(5, 10)]
    assert filtered.total == 10


async def test_status_is_derived_in_listings_as_in_look_ups(
    tenant: TenantDirectory, clock: Clock
) -> None:
    """Each status lists exactly the users that show it, now and when locks have run out."""
    own = [
        UserStatus.DISABLED,
        UserStatus.PENDING_APPROVAL,
        UserStatus.PENDING_EMAIL_VERIFICATION,
        None,
    ]
    for n, status in enumerate(own):
        for lock in ("", "forever", "policy"):
            user = await tenant.users.add(person(f"u{n}{lock}", own_status=status))
            if lock == "forever":
                await tenant.users.lock(user.id)
            elif lock == "policy":
                await tenant.users.lock_by_policy(user.id)
    policy = await tenant.users.lockout_policy(None)
    for ahead in (timedelta(0), policy.duration + timedelta(seconds=5)):
        with clock.ahead(ahead):
            everybody = (await tenant.users.find(Query(limit=None))).items
            assert len(everybody) == 12
            for status in UserStatus:
                expected = sorted(u.username for u in everybody if u.status is status)
                assert await names(tenant, StatusIs(status)) == expected
                assert expected
                others = sorted(u.username for u in everybody if u.status is not status)
                assert await names(tenant, Not(StatusIs(status))) == others


FILTERS: list[tuple[Filter, list[str]]] = [
    (Compare("mfa_enabled", "eq", True), ["a"]),
    (Compare("mfa_enabled", "eq", False), ["b", "c"]),
    (Not(Compare("mfa_enabled", "eq", True)), ["b", "c"]),
    (Compare("locale", "eq", "en"), []),
    (Compare("locale", "eq", "NL"), ["a"]),
    (Compare("locale", "sw", "n"), ["a"]),
    (Compare("timezone", "eq", "utc"), []),
    (Present("locale"), ["a"]),
    (Compare("identity_source", "eq", IdentitySource.LOCAL), ["b", "c"]),
    (Compare("identity_source", "eq", "oidc"), ["a"]),
    (Compare("own_status", "eq", UserStatus.DISABLED), ["b"]),
    (Present("own_status"), ["b"]),
    (Not(Present("own_status")), ["a", "c"]),
    (Compare("email_verified", "eq", False), ["a", "b", "c"]),
    (Compare("phone", "eq", "+1 555"), ["c"]),
    (Compare("phone", "eq", "+1555"), []),
    (Compare("last_name", "eq", "-"), []),
    (Present("last_name"), ["c"]),
    (Not(Present("last_name")), ["a", "b"]),
    (Compare("last_name", "lt", "z"), ["c"]),
    (Compare("last_name", "eq", ""), []),
    (Compare("first_name", "eq", "*"), ["a"]),
    (Compare("first_name", "co", ""), ["a"]),
    (Compare("first_name", "sw", "*"), ["a"]),
    (Compare("first_name", "eq", "\0"), []),
    (Compare("email", "ew", "@EXAMPLE.org"), ["a", "b", "c"]),
    (Compare("email", "eq", "日本"), []),
    (Compare("username", "gt", "A"), ["b", "c"]),
    (Compare("username", "le", "B"), ["a", "b"]),
    (Compare("created_at", "gt", AT), ["a", "b", "c"]),
    (Compare("created_at", "lt", AT), []),
    (Compare("last_login_at", "lt", AT), []),
    (Compare("federated_identities", "eq", f"idp_{'0a' * 16}"), ["a"]),
    (Compare("federated_identities", "eq", f"idp_{'0b' * 16}"), []),
    (Present("federated_identities"), ["a"]),
    (IdIn(frozenset({f"usr_{UNKNOWN}"})), []),
    (IdIn(frozenset()), []),
    (IdIn(frozenset({"nonsense", "*"})), []),
    (And(()), ["a", "b", "c"]),
    (Or(()), []),
    (Not(Or(())), ["a", "b", "c"]),
    (And((Present("phone"), Not(Compare("username", "eq", "b")))), ["c"]),
    (Or((Compare("username", "eq", "a"), TextSearch("c@"))), ["a", "c"]),
]


async def test_filters_mean_what_the_domain_says(tenant: TenantDirectory) -> None:
    """Defaults match as values, absent ones never, operators and texts as compared."""
    link = FederatedIdentity(
        identity_provider_id=f"idp_{'0a' * 16}", external_id=f"idp_{'0b' * 16}", linked_at=AT
    )
    await add(
        tenant,
        a={
            "mfa_enabled": True,
            "locale": "nl",
            "identity_source": IdentitySource.OIDC,
            "federated_identities": (link,),
            "first_name": "*",
        },
        b={"own_status": UserStatus.DISABLED},
        c={"phone": "+1 555", "last_name": "Y"},
    )
    found = {repr(filter_): await names(tenant, filter_) for filter_, _ in FILTERS}
    assert found == {repr(filter_): expected for filter_, expected in FILTERS}
    ann = await tenant.users.by_login("a")
    assert await names(tenant, IdIn(frozenset({ann.id, f"usr_{UNKNOWN}"}))) == ["a"]


@pytest.mark.parametrize("op", ["gt", "ge", "lt", "le", "eq"])
async def test_times_compare_by_size(tenant: TenantDirectory, op: Operator) -> None:
    """Around a time that is held, a second and its fractions make the difference."""
    await add(tenant, a={})
    at = (await tenant.users.by_login("a")).created_at
    for by in (-1.0, -0.5, 0.0, 0.5, 1.0):
        wanted = at + timedelta(seconds=by)
        holds = {
            "gt": at > wanted,
            "ge": at >= wanted,
            "lt": at < wanted,
            "le": at <= wanted,
            "eq": at == wanted,
        }[op]
        assert await names(tenant, Compare("created_at", op, wanted)) == (["a"] if holds else [])


@pytest.mark.parametrize("op", ["gt", "ge", "lt", "le", "eq"])
@pytest.mark.parametrize(
    "edge",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(8700, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
async def test_the_edges_of_the_calendar_are_before_and_after_all(
    tenant: TenantDirectory, op: Operator, edge: datetime
) -> None:
    """Also where a server's index counts no further."""
    await add(tenant, a={})
    after = op in ("lt", "le") if edge.year > 1 else op in ("gt", "ge")
    assert await names(tenant, Compare("created_at", op, edge)) == (["a"] if after else [])
