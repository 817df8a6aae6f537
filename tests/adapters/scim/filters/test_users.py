"""Filters about users mean what scim2-models makes of their documents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import InvalidFilterException

from adapters.scim.filters import FilterLimits, parse, transpile_user
from adapters.scim.models import ENTERPRISE
from gateway.domain.model import FederatedIdentity, IdentitySource, User
from gateway.domain.predicate import Surroundings, predicate
from gateway.domain.query import Compare, IdIn, MemberOf, Not, Or
from tests.adapters.scim.filters.people import (
    ADDRESSES,
    DOCUMENTS,
    OTHER,
    PROVIDER,
    expected,
    people,
    questions,
    transpiled,
)

GROUP = "grp_" + "0" * 31 + "7"
BORN = datetime(2024, 1, 1, tzinfo=UTC)

links = st.lists(
    st.builds(
        FederatedIdentity,
        identity_provider_id=st.sampled_from([PROVIDER, OTHER]),
        external_id=st.sampled_from(["acc 1", "ACC 1", "a"]),
        linked_at=st.sampled_from([BORN, BORN + timedelta(days=9)]),
        primary=st.booleans(),
    ),
    max_size=3,
).map(tuple)


@st.composite
def some_users(draw: st.DrawFn) -> list[User]:
    """A few users, who need not have been through a store."""
    users = []
    for number in range(draw(st.integers(3, 5))):
        values: dict[str, Any] = draw(people)
        user = User(
            id=f"usr_{number:032x}",
            version=str(number),
            tenant_id="tnt",
            username=draw(st.sampled_from([f"u{number}", "a", "E\u0301", "b@example.org"])),
            email=draw(st.sampled_from([*ADDRESSES, "0" * 32 + "@email.invalid"])),
            other_emails=tuple(draw(st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True))),
            created_at=BORN + timedelta(days=draw(st.integers(-1, 1))),
            updated_at=BORN + timedelta(days=draw(st.integers(0, 300))),
            federated_identities=draw(links),
            identity_source=draw(st.sampled_from(IdentitySource)),
            **values,
        )
        users.append(replace(user, status=user.own_status or user.status))
    return users


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some_users(), questions, st.sampled_from([PROVIDER, None]))
def test_finds_whom_scim2_models_finds(users: list[User], text: str, provider: str | None) -> None:
    """Bounds and tests together find the very users whose documents match, or it is refused."""
    filter_ = transpiled(text, provider)
    wanted = expected(text, users, provider)
    if filter_ is None or wanted is None:
        assert filter_ is None
        assert wanted is None
        return
    chosen = predicate(filter_, Surroundings())
    assert {user.id for user in users if chosen(user)} == wanted


def ask(text: str) -> Any:
    """The domain's filter."""
    return transpile_user(parse(text, FilterLimits()), DOCUMENTS, PROVIDER)


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        (f'groups.value eq "{GROUP}"', MemberOf(GROUP)),
        (f'groups eq "{GROUP}"', MemberOf(GROUP)),
        (f'groups[value eq "{GROUP}"]', MemberOf(GROUP)),
        (f'groups[value eq "{GROUP}" and type eq "Direct"]', MemberOf(GROUP, direct=True)),
        (f'not (groups.value eq "{GROUP}")', Not(MemberOf(GROUP))),
        (f'groups.value eq "{GROUP.upper()}"', Or(())),
        (f'groups[value eq "{GROUP}" and type eq "other"]', Or(())),
        ('id eq "usr_' + "A" * 32 + '"', Or(())),
        ('id eq "usr_' + "a" * 32 + '"', IdIn(frozenset({"usr_" + "a" * 32}))),
        (
            'meta.lastModified GT "2024-01-01T02:00:00+02:00"',
            Compare("updated_at", "gt", BORN),
        ),
    ],
)
def test_what_the_domain_asks_itself(text: str, filter_: object) -> None:
    """Memberships, ids and times are questions of the domain; ids compare exactly."""
    assert ask(text) == filter_


@pytest.mark.parametrize(
    "text",
    [
        "active gt true",
        'active co "t"',
        'x509Certificates.value gt "AAAA"',
        'nosuch eq "x"',
        "nosuch pr",
        'emails.nosuch eq "x"',
        "emails[nosuch pr]",
        'emails[urn:ietf:params:scim:schemas:core:2.0:User:value eq "x"]',
        'name[givenName eq "x"]',
        'name eq "x"',
        'addresses eq "x"',
        'password eq "x"',
        "password pr",
        'meta.location eq "x"',
        'meta.version eq "x"',
        "groups pr",
        'groups.display eq "x"',
        'groups[display eq "x"]',
        f'groups[value eq "{GROUP}" or type eq "direct"]',
        f'groups[value eq "{GROUP}" and value eq "{GROUP}"]',
        'meta.created gt "yesterday"',
        "title gt 5",
        'active eq "perhaps"',
    ],
)
def test_what_cannot_be_answered_is_refused(text: str) -> None:
    """What is unknown, of another type, or of other entries is an invalid filter."""
    with pytest.raises(InvalidFilterException):
        ask(text)


def test_unknown_attributes_of_several_kinds() -> None:
    """Where several kinds are searched at once, what one does not have matches none of it."""
    node = parse('members[value eq "x"] or nosuch pr', FilterLimits())
    assert transpile_user(node, DOCUMENTS, PROVIDER, strict=False) == Or((Or(()), Or(())))


@pytest.mark.parametrize(
    "text",
    [
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m1"',
        'Manager eq "m1"',
        'manager.value eq "m1"',
        'EMAILS[Type EQ "Work"].VALUE Eq "A@example.org"',
        'emails eq "A@EXAMPLE.ORG"',
        'roles[primary eq "True"].value eq "admin"',
        'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ANN"',
        f'schemas eq "{ENTERPRISE}"',
        "not (title pr)",
        'title ne "x"',
        "title eq null",
    ],
)
def test_vendors_forms(text: str) -> None:
    """What identity providers really ask finds the user that it is about."""
    ann = User(
        id="usr_" + "0" * 32,
        version="1",
        tenant_id="tnt",
        username="ann",
        email="a@example.org",
        created_at=BORN,
        custom_attributes={"manager": "m1", "roles": [{"value": "admin", "primary": True}]},
    )
    bob = replace(ann, username="bob", email="b@example.org", custom_attributes={"title": "x"})
    chosen = predicate(ask(text), Surroundings())
    assert (chosen(ann), chosen(bob)) == (True, False)
