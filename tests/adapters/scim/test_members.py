"""Members of groups as intent: what is folded without them is what comes out with them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import MutabilityException, SCIMException

from adapters.scim.members import MemberChange, difference, group_change
from adapters.scim.models import GROUP, GroupResource
from adapters.scim.patch import apply_to_group

IDS = ["usr_1", "usr_2", "usr_3", "grp_4"]


def group(*members: str) -> GroupResource:
    """A group with these members."""
    return GroupResource.model_validate(
        {
            "schemas": [GROUP],
            "id": "grp_9",
            "displayName": "Cooks",
            "members": [{"value": each, "$ref": f"https://x.org/Users/{each}"} for each in members],
        }
    )


def change(*operations: dict[str, Any]) -> MemberChange:
    """What the operations amount to, without members."""
    found = group_change({"Operations": list(operations)}, group())
    assert found is not None
    return found.members


def after(before: set[str], wanted: MemberChange) -> set[str]:
    """The members that the services make of an intent."""
    if wanted.members is not None:
        return set(wanted.members)
    return ((set() if wanted.clear else before) - wanted.remove) | wanted.add


def elements(ids: list[str]) -> list[dict[str, Any]]:
    """Members as some clients write them."""
    return [{"$ref": None, "value": each, "display": each} for each in ids]


SOME = st.lists(st.sampled_from(IDS), max_size=3)
MANY = st.lists(st.sampled_from(IDS), min_size=1, max_size=3)
OPERATION = st.one_of(
    SOME.map(lambda ids: {"op": "Add", "path": "members", "value": elements(ids)}),
    MANY.map(lambda ids: {"op": "add", "value": {"members": elements(ids), "id": "grp_9"}}),
    MANY.map(lambda ids: {"op": "Remove", "path": "members", "value": elements(ids)}),
    MANY.map(lambda ids: {"op": "remove", "value": {"members": elements(ids)}}),
    st.sampled_from(IDS).map(lambda id_: {"op": "remove", "path": f'members[value eq "{id_}"]'}),
    st.lists(st.sampled_from(IDS), min_size=2, max_size=3).map(
        lambda ids: {
            "op": "remove",
            "path": "members[" + " or ".join(f'value eq "{each}"' for each in ids) + "]",
        }
    ),
    SOME.map(lambda ids: {"op": "replace", "path": "members", "value": elements(ids)}),
    SOME.map(
        lambda ids: {"op": "replace", "value": {"Members": elements(ids), "displayName": "N"}}
    ),
    st.just({"op": "remove", "path": "members"}),
    st.just({"op": "remove", "path": "members", "value": None}),
    st.just({"op": "replace", "path": "members", "value": None}),
    st.just({"op": "replace", "value": {"displayName": "N", "members": None}}),
    st.just({"op": "replace", "path": "displayName", "value": "M"}),
)


@given(before=st.sets(st.sampled_from(IDS)), operations=st.lists(OPERATION, min_size=1, max_size=6))
def test_folding_is_applying(before: set[str], operations: list[dict[str, Any]]) -> None:
    """An intent, carried out, leaves the members and the name that PatchOp on the list leaves."""
    loaded = apply_to_group({"Operations": operations}, group(*sorted(before)))
    folded = group_change({"Operations": operations}, group())
    assert folded is not None
    expected = {member.value for member in loaded.members or []}
    assert after(before, folded.members) == expected
    assert folded.resource.display_name == loaded.display_name
    assert not folded.members.add & folded.members.remove
    assert after(before, difference(group(*before), loaded)) == expected


def test_one_member_is_one_value() -> None:
    """Adding and removing single members says those and no more."""
    assert change(
        {"op": "remove", "path": 'members[value eq "usr_1"]'},
        {"op": "add", "path": "members", "value": [{"value": "usr_2"}]},
    ) == MemberChange(add=frozenset({"usr_2"}), remove=frozenset({"usr_1"}))


def test_known_lists() -> None:
    """A replaced list is known as a whole, and what follows is folded into it."""
    replace = {"op": "replace", "path": "members", "value": elements(["usr_1", "usr_2"])}
    remove = {"op": "remove", "path": "members", "value": elements(["usr_2"])}
    assert change(replace, remove) == MemberChange(members=frozenset({"usr_1"}))
    assert change(replace, {"op": "replace", "path": "members", "value": []}).clear
    assert change(replace).whole
    assert not change(remove).whole


def test_name_alone_leaves_members() -> None:
    """A new name, with the id that some clients repeat, says nothing of the members."""
    assert change({"op": "replace", "value": {"id": "grp_9", "displayName": "N"}}) == MemberChange()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": 'members[type eq "User"]'},
        {"op": "remove", "path": 'members[value sw "usr_"]'},
        {"op": "remove", "path": 'members[value eq "usr_1" and type eq "User"]'},
        {"op": "remove", "path": 'members[not (value eq "usr_1")]'},
        {"op": "add", "path": 'members[value eq "usr_1"]', "value": {"value": "usr_1"}},
        {"op": "remove", "path": "members.value"},
    ],
)
def test_members_needed(operation: dict[str, Any]) -> None:
    """What depends on the members is left to whoever has them."""
    assert group_change({"Operations": [operation]}, group()) is None


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "displayName"},
        {"op": "add", "path": "members", "value": [{"display": "Bob"}]},
        {"op": "add", "path": "members", "value": [7]},
        {"op": "remove", "path": "members", "value": [{}]},
        {"op": "add", "path": "members"},
        {"op": "replace", "path": "nosuch", "value": 1},
        {"op": "replace", "path": "schemas", "value": []},
    ],
)
def test_refusals(operation: dict[str, Any]) -> None:
    """What cannot be done is refused, members or not."""
    with pytest.raises(SCIMException):
        group_change({"Operations": [operation]}, group())


def test_id_of_another_group() -> None:
    """The id in a value must be the group's own."""
    with pytest.raises(MutabilityException):
        group_change({"Operations": [{"op": "replace", "value": {"id": "grp_8"}}]}, group())
