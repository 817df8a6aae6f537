"""What a view is, and what concerns it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

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
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, NESTING, UNITS
from gateway.mirror.identity import Question, question
from gateway.mirror.keys import members_in
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    SEARCHED,
    filters,
    sorts,
    unhurried,
    users,
)

NAMES = Sort("username", descending=False)
DOCUMENTS = Documents(User)


def asked(filter_: Filter, sort: Sort = NAMES) -> Question:
    """The question about users."""
    return question(filter_, sort, SEARCHED)


def concerned(found: Question, before: User, after: User) -> bool:
    """Whether a change of a user can matter to the answer."""
    return not found.fields.isdisjoint(changed(DOCUMENTS.encode(before), DOCUMENTS.encode(after)))


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
        asked(Present("phone")),
        asked(Everything(), Sort("username", descending=True)),
        asked(Everything(), Sort("username", descending=False, absent_first=True)),
        asked(Everything(), Sort("email", descending=False)),
        asked(Everything(), replace(NAMES, measure=Measure(frozenset(), lambda _: None))),
    ],
)
def test_other_questions_are_other_views(other: Question) -> None:
    """The filter and each part of the order count."""
    assert asked(Everything()) != other


def test_a_search_of_other_fields_is_another_view() -> None:
    """Where a mapping searches elsewhere, views of the one before are not taken for its own."""
    narrow = question(TextSearch("a"), NAMES, ("email",))
    assert narrow != asked(TextSearch("a"))
    assert narrow.fields == {"email", "username"}


@pytest.mark.parametrize(
    ("filter_", "fields", "around", "timed"),
    [
        (Everything(), set(), set(), False),
        (Compare("phone", "eq", "1"), {"phone"}, set(), False),
        (Present("custom_attributes.title"), {"custom_attributes"}, set(), False),
        (StatusIs(UserStatus.LOCKED), {"own_status", "locked_until"}, set(), True),
        (Below("ou_1"), {"ou_id"}, {UNITS}, False),
        (Present("ou_path"), {"ou_id"}, {UNITS}, False),
        (MemberOf("grp_1"), {MEMBERSHIPS}, {NESTING}, False),
        (MemberOf("grp_1", direct=True), {MEMBERSHIPS}, set(), False),
        (HasMember("usr_1"), {MEMBERS}, set(), False),
        (LinkedTo("idp_1", "x"), {"federated_identities"}, set(), False),
        (TextSearch("a"), set(SEARCHED), set(), False),
        (
            Judged("x", Present("phone"), frozenset({"status", "locale"}), lambda _: True),
            {"phone", "own_status", "locked_until", "locale"},
            set(),
            True,
        ),
        (Or((Not(Below("ou_1")), Present("phone"))), {"ou_id", "phone"}, {UNITS}, False),
    ],
)
def test_what_an_answer_depends_on(
    filter_: Filter, fields: set[str], around: set[str], timed: bool
) -> None:
    """Each leaf looks at its fields, and some at more than fields."""
    found = asked(filter_)
    assert found.fields == fields | {"username"}
    assert found.surroundings == around
    assert found.timed == timed


def test_an_order_is_looked_at_too() -> None:
    """By a derived field, its sources; by a measure, what that looks at."""
    by_status = asked(Everything(), Sort("status"))
    assert by_status.fields == {"own_status", "locked_until"}
    assert by_status.timed
    measure = Measure(frozenset({"custom_attributes.nick"}), lambda _: None)
    assert asked(Everything(), Sort("nick", measure=measure)).fields == {"custom_attributes"}


def test_logins_concern_only_who_looks_at_them() -> None:
    """A bind changes one field, and no view that does not list by it."""
    again = replace(ANN, last_login_at=ANN.created_at + timedelta(days=1))
    assert not concerned(asked(TextSearch("ann")), ANN, again)
    assert concerned(asked(Everything(), Sort("last_login_at")), ANN, again)


@unhurried
@given(users, users, filters, sorts)
def test_what_does_not_concern_a_view_changes_nothing(
    before: User, after: User, filter_: Filter, sort: Sort
) -> None:
    """Without one of its fields among the changed ones, a resource stays where it is."""
    found = asked(filter_, sort)
    after = replace(after, id=before.id)
    if not concerned(found, before, after):
        matches = predicate(filter_, AROUND)
        assert matches(before) == matches(after)
        assert members_in(sort)(before) == members_in(sort)(after)
