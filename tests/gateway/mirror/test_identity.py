"""What a view is, and what concerns it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from gateway.domain.ids import Kind
from gateway.domain.model import User
from gateway.domain.predicate import predicate
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
    Sort,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus
from gateway.mirror.documents import Documents, changed
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, Surrounding
from gateway.mirror.identity import View, view
from gateway.mirror.keys import member_of
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    SEARCHED,
    TENANT,
    filters,
    sorts,
    unhurried,
    users,
)

NAMES = Sort("username", descending=False)
DOCUMENTS = Documents(User)


def asked(filter_: Filter, sort: Sort = NAMES, tenant_id: str | None = TENANT) -> View:
    """The view of users that answers a question."""
    return view(tenant_id, Kind.USER, filter_, sort, SEARCHED)


def test_equal_questions_share_a_view() -> None:
    """Terms in another order and texts in another spelling are the same view."""
    one = asked(And((TextSearch("Ann "), Compare("mfa_enabled", "eq", True))))
    other = asked(And((Compare("mfa_enabled", "eq", True), Not(Not(TextSearch("ANN "))))))
    assert one == other
    assert hash(one) == hash(other)
    assert len(one.name) == 32


@pytest.mark.parametrize(
    "other",
    [
        asked(Everything(), NAMES, "tnt_other"),
        asked(Everything(), NAMES, None),
        asked(Present("phone")),
        asked(Everything(), Sort("username", descending=True)),
        asked(Everything(), Sort("username", descending=False, absent_first=True)),
        asked(Everything(), Sort("email", descending=False)),
        asked(Everything(), replace(NAMES, measure=Measure(frozenset(), lambda _: None))),
        view(TENANT, Kind.GROUP, Everything(), NAMES, SEARCHED),
    ],
)
def test_other_questions_are_other_views(other: View) -> None:
    """Tenant, kind, filter and each part of the order count."""
    assert asked(Everything()) != other


def test_a_search_of_other_fields_is_another_view() -> None:
    """Where a mapping searches elsewhere, views of the one before are not taken for its own."""
    narrow = view(TENANT, Kind.USER, TextSearch("a"), NAMES, ("email",))
    assert narrow != asked(TextSearch("a"))
    assert narrow.fields == {"email", "username"}


@pytest.mark.parametrize(
    ("filter_", "fields", "depends"),
    [
        (Everything(), set(), set()),
        (Compare("phone", "eq", "1"), {"phone"}, set()),
        (Present("custom_attributes.title"), {"custom_attributes"}, set()),
        (StatusIs(UserStatus.LOCKED), {"own_status", "locked_until"}, {Surrounding.CLOCK}),
        (Below("ou_1"), {"ou_id"}, {Surrounding.UNITS}),
        (Present("ou_path"), {"ou_id"}, {Surrounding.UNITS}),
        (MemberOf("grp_1"), {MEMBERSHIPS}, {Surrounding.NESTING}),
        (MemberOf("grp_1", direct=True), {MEMBERSHIPS}, set()),
        (HasMember("usr_1"), {MEMBERS}, set()),
        (LinkedTo("idp_1", "x"), {"federated_identities"}, set()),
        (TextSearch("a"), set(SEARCHED), set()),
        (
            Judged("x", Present("phone"), frozenset({"status", "locale"}), lambda _: True),
            {"phone", "own_status", "locked_until", "locale"},
            {Surrounding.CLOCK},
        ),
        (Or((Not(Below("ou_1")), Present("phone"))), {"ou_id", "phone"}, {Surrounding.UNITS}),
    ],
)
def test_what_an_answer_depends_on(
    filter_: Filter, fields: set[str], depends: set[Surrounding]
) -> None:
    """Each leaf looks at its fields, and some at more than fields."""
    found = asked(filter_)
    assert found.fields == fields | {"username"}
    assert found.depends == depends


def test_an_order_is_looked_at_too() -> None:
    """By a derived field, its sources; by a measure, what that looks at."""
    by_status = asked(Everything(), Sort("status"))
    assert by_status.fields == {"own_status", "locked_until"}
    assert by_status.depends == {Surrounding.CLOCK}
    measure = Measure(frozenset({"custom_attributes.nick"}), lambda _: None)
    assert asked(Everything(), Sort("nick", measure=measure)).fields == {"custom_attributes"}


def test_logins_concern_only_who_looks_at_them() -> None:
    """A bind changes one field, and no view that does not list by it."""
    again = replace(ANN, last_login_at=ANN.created_at + timedelta(days=1))
    fields = changed(DOCUMENTS.encode(ANN), DOCUMENTS.encode(again))
    assert not asked(TextSearch("ann")).concerned(fields)
    assert asked(Everything(), Sort("last_login_at")).concerned(fields)


@unhurried
@given(users, users, filters, sorts)
def test_what_does_not_concern_a_view_changes_nothing(
    before: User, after: User, filter_: Filter, sort: Sort
) -> None:
    """Without one of its fields among the changed ones, a resource stays where it is."""
    found = asked(filter_, sort)
    after = replace(after, id=before.id)
    if not found.concerned(changed(DOCUMENTS.encode(before), DOCUMENTS.encode(after))):
        matches = predicate(filter_, AROUND)
        assert matches(before) == matches(after)
        assert member_of(sort, before) == member_of(sort, after)
