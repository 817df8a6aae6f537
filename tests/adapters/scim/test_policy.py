"""What clients are forgiven: each line of the table does what its example says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import InvalidValueException

from adapters.scim.bodies import Kind
from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, GROUP
from adapters.scim.policy import TOLERANCES, Tolerance, normalised

KINDS: list[Kind] = ["User", "Group"]


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=lambda each: each.name)
def test_example(tolerance: Tolerance) -> None:
    """The example of a tolerance is read as the table says, and stays so when read again."""
    read = normalised(tolerance.sent, tolerance.kind)
    assert read == tolerance.read
    assert normalised(read, tolerance.kind) == read


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=lambda each: each.name)
def test_reasons(tolerance: Tolerance) -> None:
    """Every tolerance says from whom it is and where that can be read."""
    assert tolerance.senders
    assert tolerance.source.startswith(("https://", "RFC "))
    assert tolerance.sent != tolerance.read


def test_names_are_unique() -> None:
    """A name leads to one tolerance."""
    assert len({each.name for each in TOLERANCES}) == len(TOLERANCES)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
KEYS = st.sampled_from(
    (
        *("userName", "ACTIVE", "emails", "roles", "members", "manager", "name", "title"),
        *("op", "path", "value", "type", "primary", "$ref", "schemas", "Operations", "meta"),
        *(ENTERPRISE, DIRECTORY, "x y"),
    )
)
JSON = st.recursive(
    SCALARS | KEYS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)


@given(payload=JSON, kind=st.sampled_from(KINDS))
def test_any_json(payload: Any, kind: Kind) -> None:
    """Any JSON is read, or refused as a wrong value, and reading twice is reading once."""
    try:
        read = normalised(payload, kind)
    except InvalidValueException:
        return
    assert normalised(read, kind) == read


OPS = st.fixed_dictionaries(
    {"op": st.sampled_from(["Add", "replace", "REMOVE"])},
    optional={
        "path": KEYS
        | st.sampled_from(['emails[type eq "work"].value', "name.givenName", "members"]),
        "value": JSON,
    },
)


@given(operations=st.lists(OPS, max_size=4), kind=st.sampled_from(KINDS))
def test_any_operations(operations: list[dict[str, Any]], kind: Kind) -> None:
    """Any operations are read, or refused as a wrong value, and reading twice is reading once."""
    try:
        read = normalised({"Operations": operations}, kind)
    except InvalidValueException:
        return
    assert normalised(read, kind) == read


@pytest.mark.parametrize("text", ["{$user.active}", "yes", "1", "on", "truee"])
def test_text_that_is_no_boolean(text: str) -> None:
    """A text that is neither true nor false is refused by the attribute's name."""
    with pytest.raises(InvalidValueException, match="active"):
        normalised({"schemas": [CORE], "userName": "a", "active": text}, "User")
    with pytest.raises(InvalidValueException, match="active"):
        normalised({"Operations": [{"op": "replace", "value": {"active": text}}]}, "User")


@pytest.mark.parametrize("number", [0, 1, 1.0])
def test_number_that_is_no_boolean(number: float) -> None:
    """A number is no Boolean."""
    with pytest.raises(InvalidValueException, match=r"emails\.primary"):
        normalised({"userName": "a", "emails": [{"value": "a@b", "primary": number}]}, "User")


def test_member_without_id() -> None:
    """A member that cannot be told is refused by the attribute's name."""
    with pytest.raises(InvalidValueException, match="members"):
        normalised({"displayName": "x", "members": [{"display": "Bob"}]}, "Group")


@pytest.mark.parametrize("value", ["", [""], [None]])
def test_empty_removal(value: Any) -> None:
    """A removal of something that is nothing is refused: it is not a removal of all."""
    with pytest.raises(InvalidValueException, match="members"):
        normalised({"Operations": [{"op": "Remove", "path": "members", "value": value}]}, "Group")


def test_schemas_of_others_alone() -> None:
    """A body whose schemas are all unknown is left for the models to refuse."""
    assert normalised({"schemas": ["urn:x"], "userName": "a"}, "User")["schemas"] == ["urn:x"]


def test_schema_of_another_resource() -> None:
    """A user that says to be a group is left for the models to refuse."""
    assert normalised({"schemas": [GROUP], "userName": "a"}, "User")["schemas"] == [GROUP]


def test_directory_extension_is_not_writable() -> None:
    """What the directory knows is dropped from a body, however it looks."""
    sent = {"schemas": [CORE], "userName": "a", DIRECTORY: {"status": 7, "mfaEnabled": "x"}}
    assert normalised(sent, "User")[DIRECTORY] == {}


def test_values_are_not_reformatted() -> None:
    """Texts stay to the letter."""
    sent = {"schemas": [CORE], "userName": " A  b ", "phoneNumbers": [{"value": "+1 (555) 01-00"}]}
    assert normalised(sent, "User") == sent
