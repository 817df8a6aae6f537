"""Filters about groups."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import InvalidFilterException, ScimFilter

from adapters.scim.filters import FilterLimits, parse, transpile_group
from adapters.scim.models import GROUP, GroupResource
from gateway.domain.model import FederatedIdentity, Group
from gateway.domain.predicate import Surroundings, predicate
from gateway.domain.query import HasMember, Or
from tests.adapters.scim.filters.people import (
    DOCUMENTS,
    MOMENTS,
    OTHER,
    PROVIDER,
    WORDS,
    compared,
    quoted,
)
from tests.adapters.scim.filters.texts import grown, joined, spelled

MEMBER = "usr_" + "0" * 31 + "7"
BORN = datetime(2024, 1, 1, tzinfo=UTC)

groups = st.builds(
    lambda name, provider, account, born: Group(
        id="grp_" + "0" * 32,
        version="1",
        tenant_id="tnt",
        name=name,
        created_at=born,
        updated_at=born,
        federated_identities=(
            (FederatedIdentity(identity_provider_id=provider, external_id=account, linked_at=BORN),)
            if provider
            else ()
        ),
    ),
    st.sampled_from(WORDS),
    st.sampled_from([PROVIDER, OTHER, None]),
    st.sampled_from(["a", "A"]),
    st.sampled_from([BORN, datetime(2024, 9, 9, tzinfo=UTC)]),
)
questions = grown(
    st.one_of(
        compared(["displayName", "externalId", f"{GROUP}:displayName"], quoted([*WORDS, ""])),
        compared(["externalId"], quoted(["a", "A", "b"]) | st.just("null")),
        compared(["meta.created", "meta.lastModified"], quoted(MOMENTS)),
        compared(["id"], quoted(["grp_" + "0" * 32, "GRP_" + "0" * 32, "0"])),
        compared(["schemas", "meta.resourceType"], quoted([GROUP, "Group", "group"])),
        joined(spelled(["externalId", "displayName", "meta", "id", "schemas"]), " pr"),
    ),
    4,
)


@settings(max_examples=150, deadline=None)
@given(groups, questions, st.sampled_from([PROVIDER, None]))
def test_finds_what_scim2_models_finds(group: Group, text: str, provider: str | None) -> None:
    """A group is found just where its document matches."""
    wanted = ScimFilter[GroupResource](text)
    model = GroupResource.model_validate(DOCUMENTS.group(group, None, provider))
    filter_ = transpile_group(parse(text, FilterLimits()), DOCUMENTS, provider)
    assert predicate(filter_, Surroundings())(group) is wanted.match(model)


def ask(text: str) -> Any:
    """The domain's filter."""
    return transpile_group(parse(text, FilterLimits()), DOCUMENTS, PROVIDER)


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        (f'members[value eq "{MEMBER}"]', HasMember(MEMBER)),
        (f'MEMBERS.Value EQ "{MEMBER}"', HasMember(MEMBER)),
        (f'members eq "{MEMBER}"', HasMember(MEMBER)),
        (f'members eq "{MEMBER.upper()}"', Or(())),
    ],
)
def test_members_are_asked_for_by_id(text: str, filter_: object) -> None:
    """Who has a member is a question of the domain, that reads no list of members."""
    assert ask(text) == filter_


@pytest.mark.parametrize(
    "text",
    [
        "members pr",
        'members.display eq "x"',
        'members[type eq "User"]',
        f'members[value ne "{MEMBER}"]',
        'userName eq "x"',
        'meta.version eq "x"',
    ],
)
def test_what_would_read_members_is_refused(text: str) -> None:
    """What cannot be told without each group's members is an invalid filter."""
    with pytest.raises(InvalidFilterException):
        ask(text)
