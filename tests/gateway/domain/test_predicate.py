"""What filters mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import FederatedIdentity, User
from gateway.domain.predicate import Surroundings, matches
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    IdIn,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Operator,
    Or,
    Present,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus
from gateway.domain.text import comparable

AT = datetime(2026, 1, 1, tzinfo=UTC)
ALICE = User(
    id="usr_a",
    version="1",
    created_at=AT,
    tenant_id="tnt_1",
    email="alice@example.org",
    username="alice",
    first_name="Älice",
    last_name="Straße (west) *",
    ou_id="ou_2",
    status=UserStatus.LOCKED,
    custom_attributes={"title": "Ärztin", "a.b": "c", "many": ["x"], "none": {}, "on": True},
    federated_identities=(
        FederatedIdentity(identity_provider_id="idp_1", external_id="x", linked_at=AT),
        FederatedIdentity(identity_provider_id="idp_2", external_id="y", linked_at=AT),
    ),
)
AROUND = Surroundings(
    searched=("email", "username", "first_name", "last_name", "display_name"),
    below=lambda ou: {"ou_1": ("ou_1", "ou_2"), "ou_2": ("ou_2",), "ou_3": ("ou_3",)}.get(ou, ()),
    members=lambda group: {"grp_1": ("usr_a", "usr_b")}.get(group, ()),
    direct=lambda group: {"grp_3": ("usr_a",)}.get(group, ()),
    holders=lambda member: {"usr_b": ("usr_a",)}.get(member, ()),
)


def judged(bound: Filter, *, verdict: bool = True) -> Judged:
    """A question whose answer is that verdict on everybody that the bound matches."""
    return Judged("verdict", bound, frozenset(), lambda _: verdict)


leaves = st.sampled_from(
    [
        Everything(),
        Compare("username", "eq", "alice"),
        Compare("username", "gt", "bob"),
        Present("display_name"),
        Present("first_name"),
        StatusIs(UserStatus.LOCKED),
        StatusIs(UserStatus.ACTIVE),
        Below("ou_1"),
        MemberOf("grp_2"),
        IdIn(frozenset({"usr_a"})),
        TextSearch("nobody"),
    ]
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(inner, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "filter_",
    [
        Everything(),
        And(()),
        Not(Or(())),
        Compare("username", "eq", "ALICE"),
        Compare("first_name", "eq", "a\u0308LICE"),
        Compare("last_name", "sw", "STRASSE"),
        Compare("last_name", "ew", "*"),
        Compare("last_name", "co", "(WEST)"),
        Compare("username", "gt", "Alic"),
        Compare("username", "le", "ALICE"),
        Compare("created_at", "ge", AT),
        Compare("created_at", "lt", AT + timedelta(seconds=1)),
        Compare("mfa_enabled", "eq", False),
        Compare("federated_identities", "eq", "idp_2"),
        Present("federated_identities"),
        TextSearch("STRASSE (WEST) *"),
        TextSearch("Example.ORG"),
        StatusIs(UserStatus.LOCKED),
        Below("ou_1"),
        Below("ou_2"),
        MemberOf("grp_1"),
        MemberOf("grp_3", direct=True),
        HasMember("usr_b"),
        IdIn(frozenset({"usr_a", "usr_z"})),
        Compare("custom_attributes.title", "sw", "ä"),
        Compare("custom_attributes.a.b", "eq", "C"),
        Compare("custom_attributes.on", "eq", True),
        Present("custom_attributes"),
        Present("custom_attributes.title"),
        Present("custom_attributes.many"),
        Present("custom_attributes.none"),
        Not(Present("custom_attributes.Title")),
        LinkedTo("idp_2", "y"),
        judged(Everything()),
        judged(Compare("username", "eq", "alice")),
        Not(judged(Compare("username", "eq", "bob"))),
        Not(judged(Everything(), verdict=False)),
    ],
)
def test_what_matches(filter_: Filter) -> None:
    """Each of these is true of the user."""
    assert matches(filter_, ALICE, AROUND)


@pytest.mark.parametrize(
    "filter_",
    [
        Or(()),
        Not(Everything()),
        Compare("username", "eq", "alice "),
        Compare("username", "gt", "ALICE"),
        Compare("username", "ge", "alicf"),
        Compare("display_name", "eq", ""),
        Compare("display_name", "ge", ""),
        Compare("created_at", "gt", AT),
        Compare("created_at", "eq", "2026"),
        Compare("mfa_enabled", "eq", "false"),
        Compare("username", "eq", 5),
        Compare("last_name", "co", "*west*"),
        Present("display_name"),
        TextSearch("alice*"),
        TextSearch("alice\0"),
        StatusIs(UserStatus.ACTIVE),
        Below("ou_3"),
        Below("ou_9"),
        MemberOf("grp_9"),
        MemberOf("grp_1", direct=True),
        MemberOf("grp_3"),
        HasMember("usr_a"),
        IdIn(frozenset()),
        Compare("custom_attributes.title", "eq", "Ärzt"),
        Compare("custom_attributes.many", "eq", "x"),
        Compare("custom_attributes.nothing", "ge", ""),
        Present("custom_attributes.nothing"),
        Present("custom_attributes."),
        LinkedTo("idp_1", "y"),
        LinkedTo("idp_2", "Y"),
        LinkedTo("IDP_2", "y"),
        judged(Everything(), verdict=False),
        judged(Compare("username", "eq", "bob")),
        Not(judged(Everything())),
    ],
)
def test_what_does_not_match(filter_: Filter) -> None:
    """None of these is true of the user."""
    assert not matches(filter_, ALICE, AROUND)


@given(filters)
def test_not_is_the_contrary(filter_: Filter) -> None:
    """A filter and its negation never agree: there is no third value."""
    assert matches(Not(filter_), ALICE, AROUND) != matches(filter_, ALICE, AROUND)


@given(st.lists(filters, max_size=4))
def test_and_and_or_follow_de_morgan(terms: list[Filter]) -> None:
    """Not all is the same as one that is not."""
    all_of, none_of = And(tuple(terms)), Or(tuple(Not(term) for term in terms))
    assert matches(Not(all_of), ALICE, AROUND) == matches(none_of, ALICE, AROUND)


@given(st.text(max_size=6), st.text(max_size=3))
def test_text_operators_mean_what_python_means(held: str, wanted: str) -> None:
    """On comparable texts each operator is the plain one."""
    user = User(
        id="usr_b", version="1", created_at=AT, tenant_id="t", email="e", username="u",
        display_name=held,
    )  # fmt: skip
    a, b = comparable(held), comparable(wanted)
    expected: dict[Operator, bool] = {
        "eq": a == b,
        "co": b in a,
        "sw": a.startswith(b),
        "ew": a.endswith(b),
        "gt": a > b,
        "ge": a >= b,
        "lt": a < b,
        "le": a <= b,
    }
    found: dict[Operator, bool] = {
        op: matches(Compare("display_name", op, wanted), user, AROUND) for op in expected
    }
    assert found == expected


def test_nobody_has_custom_attributes_without_any() -> None:
    """An empty object of them is none."""
    assert not matches(Present("custom_attributes"), replace(ALICE, custom_attributes={}), AROUND)
