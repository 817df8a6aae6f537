"""PATCH of users (RFC 7644, 3.5.2) as clients write it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import (
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    PayloadTooLargeException,
    SCIMException,
)

from adapters.scim.bounds import MAX_KEYS, MAX_NAMES, MAX_OPERATIONS, MAX_REMOVED, MAX_VALUES
from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, GROUP, GroupResource, UserResource
from adapters.scim.patch import apply_to_group, apply_to_user

MANAGER = f"{ENTERPRISE}:manager"


def user(**attributes: Any) -> Any:
    """A user with one address of type home and two roles."""
    return UserResource.model_validate(
        {
            "schemas": [CORE, ENTERPRISE],
            "id": "usr_1",
            "userName": "ann",
            "emails": [{"value": "h@x.org", "type": "home", "primary": True}],
            "roles": [{"value": "A", "primary": True}, {"value": "B", "type": "t"}],
            ENTERPRISE: {"manager": {"value": "usr_7", "$ref": "https://x.org/Users/usr_7"}},
            **attributes,
        }
    )


def patched(*operations: dict[str, Any], of: Any = None) -> Any:
    """The user's document after the operations."""
    return apply_to_user({"Operations": list(operations)}, of or user()).model_dump()


@pytest.mark.parametrize("op", ["add", "Add", "REPLACE"])
def test_described_element(op: str) -> None:
    """Add and replace make the element that a filter describes where there is none."""
    path = 'emails[type eq "work"].Value'
    emails = patched({"op": op, "path": path, "value": "w@x.org"})["emails"]
    assert emails == [
        {"value": "h@x.org", "type": "home", "primary": True},
        {"value": "w@x.org", "type": "work"},
    ]


def test_one_address_of_many_operations() -> None:
    """Several operations on one described element make one."""
    below = 'addresses[type eq "work"]'
    answer = patched(
        {"op": "Add", "path": f"{below}.Formatted", "value": "1 Way, Town"},
        {"op": "Add", "path": f"{below}.streetAddress", "value": "1 Way"},
        {"op": "Add", "path": f"{below}.locality", "value": "Town"},
    )
    assert answer["addresses"] == [
        {"type": "work", "formatted": "1 Way, Town", "streetAddress": "1 Way", "locality": "Town"}
    ]


def test_keys_that_are_paths() -> None:
    """A value without a path takes dotted keys, URN keys and keys with a filter."""
    answer = patched(
        {
            "op": "replace",
            "value": {
                "displayName": "Ann",
                "name.givenName": "Ann",
                f"{ENTERPRISE}:department": "Sales",
                'phoneNumbers[type eq "mobile"].value': "+1",
                "active": "False",
            },
        }
    )
    assert answer["name"] == {"givenName": "Ann"}
    assert answer[ENTERPRISE]["department"] == "Sales"
    assert answer["phoneNumbers"] == [{"value": "+1", "type": "mobile"}]
    assert answer["active"] is False


@pytest.mark.parametrize(
    "value",
    [
        "usr_9",
        {"value": "usr_9"},
        [{"$ref": "../Users/usr_9", "value": "usr_9"}],
        {"managerId": "usr_9", "displayName": "Bo"},
        {"$ref": "https://x.org/scim/v2/Users/usr_9"},
    ],
)
@pytest.mark.parametrize("path", [MANAGER, "manager", MANAGER.lower()])
@pytest.mark.parametrize("op", ["Add", "Replace"])
def test_manager(op: str, path: str, value: Any) -> None:
    """A manager is set by every way of writing one, and keeps nothing of the one before."""
    answer = patched({"op": op, "path": path, "value": value})
    assert answer[ENTERPRISE]["manager"] == {"value": "usr_9"}


@pytest.mark.parametrize("value", ["", None, [], {"managerId": "", "displayName": ""}])
def test_no_manager(value: Any) -> None:
    """A manager is removed by every way of writing none."""
    assert ENTERPRISE not in patched({"op": "Replace", "path": MANAGER, "value": value})


def test_boolean_filter_as_text() -> None:
    """The filter of an app role is a Boolean in quotes."""
    path = 'roles[primary eq "True"].value'
    answer = patched({"op": "Replace", "path": path, "value": "C"})
    assert answer["roles"][0] == {"value": "C", "primary": True}
    answer = patched({"op": "Add", "path": path, "value": "C"}, of=user(roles=[]))
    assert answer["roles"] == [{"value": "C", "primary": True}]


def test_roles_as_json_text() -> None:
    """App roles in JSON are added by value and name, and once."""
    text = '{"id":"1","value":"C","displayName":"Cooks"}'
    add = {"op": "Add", "path": "roles", "value": [{"value": text}]}
    answer = patched(add, add)
    assert answer["roles"][2:] == [{"value": "C", "display": "Cooks"}]


@pytest.mark.parametrize("element", [{"value": "B"}, {"value": "B", "type": "t"}, "B"])
def test_existing_value(element: Any) -> None:
    """Adding what is there, as a whole or in part, changes nothing."""
    before = user()
    answer = apply_to_user(
        {"Operations": [{"op": "add", "path": "roles", "value": [element]}]}, before
    )
    assert answer.roles == before.roles


def test_new_primary() -> None:
    """A value that becomes primary takes that from the other."""
    answer = patched(
        {"op": "add", "path": "emails", "value": [{"value": "w@x.org", "primary": "true"}]}
    )
    assert [each.get("primary") for each in answer["emails"]] == [False, True]


@pytest.mark.parametrize(
    "value", ["n@x.org", {"value": "n@x.org", "type": "work", "primary": "True"}]
)
def test_emails_as_one(value: Any) -> None:
    """Replacing e-mails by a text or an object leaves that one."""
    answer = patched({"op": "Replace", "path": "emails", "value": value})
    assert answer["emails"] == [{"value": "n@x.org", "type": "work", "primary": True}]


def test_cleared_value_takes_its_element() -> None:
    """Clearing the value of a chosen element leaves no element without one."""
    path = 'emails[type eq "home"].value'
    assert "emails" not in patched({"op": "Replace", "path": path, "value": ""})


def test_whole_object_without_path() -> None:
    """A whole object written back without a path changes what differs."""
    before = user()
    whole = {**before.model_dump(), "title": "Chef", "groups": [{"value": "grp_1"}], "meta": {}}
    answer = apply_to_user({"Operations": [{"op": "replace", "value": whole}]}, before)
    assert answer.title == "Chef"
    assert answer.model_copy(update={"title": None}).model_dump()["roles"] == whole["roles"]


def test_order_and_atomicity() -> None:
    """Operations build on each other, and none stays where one fails."""
    before = user()
    first = {"op": "add", "path": "title", "value": "one"}
    assert patched(first, {"op": "replace", "path": "title", "value": "two"})["title"] == "two"
    with pytest.raises(NoTargetException):
        apply_to_user({"Operations": [first, {"op": "remove"}]}, before)
    assert before == user()


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "remove"}, NoTargetException),
        ({"op": "remove", "path": "userName"}, MutabilityException),
        ({"op": "replace", "path": "userName", "value": ""}, MutabilityException),
        ({"op": "replace", "path": "id", "value": "usr_2"}, MutabilityException),
        ({"op": "replace", "value": {"id": "usr_2"}}, MutabilityException),
        ({"op": "replace", "path": "groups", "value": [{"value": "g"}]}, MutabilityException),
        ({"op": "replace", "path": f"{DIRECTORY}:status", "value": "X"}, MutabilityException),
        ({"op": "remove", "path": DIRECTORY.upper()}, MutabilityException),
        ({"op": "replace", "path": "meta.created", "value": "x"}, MutabilityException),
        ({"op": "replace", "path": "nosuch", "value": 1}, InvalidPathException),
        ({"op": "replace", "path": "name.nosuch", "value": 1}, InvalidPathException),
        ({"op": "add", "path": "urn:x:2.0:User:a", "value": 1}, InvalidPathException),
        ({"op": "replace", "path": "emails[type eq", "value": 1}, InvalidPathException),
        ({"op": "remove", "path": "a b"}, InvalidPathException),
        ({"op": "replace", "path": 7, "value": 1}, SCIMException),
        ({"op": "remove", "path": 7, "value": {"x": 1}}, SCIMException),
        ({"op": [], "path": "title"}, SCIMException),
        (
            {"op": "replace", "path": 'emails[type ne "home"].value', "value": "a@b"},
            NoTargetException,
        ),
        ({"op": "replace", "path": "active", "value": "{$user.active}"}, InvalidValueException),
        ({"op": "replace", "path": "title", "value": 7}, InvalidValueException),
        ({"op": "replace", "path": "name", "value": "Ann"}, InvalidValueException),
        ({"op": "replace", "path": "title"}, InvalidValueException),
        ({"op": "add", "path": "title"}, InvalidValueException),
        ({"op": "replace", "value": "x"}, InvalidValueException),
        ({"op": "move", "path": "title"}, InvalidValueException),
        ("x", SCIMException),
    ],
)
def test_refusals(operation: Any, expected: type[SCIMException]) -> None:
    """What cannot be done is refused with the scimType of RFC 7644, 3.12."""
    with pytest.raises(expected) as refused:
        apply_to_user({"Operations": [operation]}, user())
    assert refused.value.status == 400


@pytest.mark.parametrize("path", ["active", "title", 'emails[type eq "home"].primary'])
def test_refusal_names_the_attribute(path: str) -> None:
    """A wrong value is refused by the attribute's name."""
    with pytest.raises(InvalidValueException) as refused:
        apply_to_user({"Operations": [{"op": "replace", "path": path, "value": {"x": 1}}]}, user())
    assert path.rpartition(".")[2] in refused.value.detail
    assert "pydantic" not in refused.value.detail


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"Operations": []},
        {"Operations": {}},
        {"Operations": None},
        {"Operations": True},
        {"Operations": 7},
        {"Operations": "x"},
    ],
)
def test_no_operations(body: Any) -> None:
    """A body without operations is refused."""
    with pytest.raises(SCIMException):
        apply_to_user(body, user())


def test_body_of_another_message() -> None:
    """A body that says to be something else is refused."""
    body = {"schemas": [CORE], "Operations": [{"op": "remove", "path": "title"}]}
    with pytest.raises(InvalidSyntaxException):
        apply_to_user(body, user())


def test_nothing_to_do() -> None:
    """Operations that come to nothing change nothing."""
    assert patched({"op": "Add", "path": "title", "value": None}) == patched(
        {"op": "remove", "path": "nickName"}
    )


def test_removed_extension() -> None:
    """An extension goes with all it has, and its schema with it."""
    answer = patched({"op": "remove", "path": ENTERPRISE})
    assert answer["schemas"] == [CORE]


def test_group_by_type_of_members() -> None:
    """With the members at hand a filter by anything of theirs chooses them."""
    group = GroupResource.model_validate(
        {
            "schemas": [GROUP],
            "id": "grp_1",
            "displayName": "G",
            "members": [{"value": "usr_1", "type": "User"}, {"value": "grp_2", "type": "Group"}],
        }
    )
    remove = {"op": "remove", "path": 'members[type eq "Group"]'}
    left = apply_to_group({"Operations": [remove]}, group).members
    assert [member.value for member in left or []] == ["usr_1"]


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "remove", "path": "title"}] * (MAX_OPERATIONS + 1),
        [{"op": "replace", "value": {f"key{number}": 1 for number in range(MAX_KEYS)}}],
        [{"op": "remove", "path": "x" * 1000}] * (MAX_NAMES // 1000),
        [{"op": "add", "path": "roles", "value": [{"value": str(n)} for n in range(MAX_VALUES)]}]
        * 2,
        [{"op": "remove", "path": "roles", "value": [{"value": "x"}] * (MAX_REMOVED + 1)}],
    ],
)
def test_too_much(operations: list[Any]) -> None:
    """What would keep the gateway busy for long is refused before."""
    with pytest.raises(PayloadTooLargeException):
        apply_to_user({"Operations": operations}, user())


def test_long_path() -> None:
    """A path that is longer than any sensible one is not read."""
    path = "emails[" + " or ".join(['type eq "w"'] * 100) + "]"
    with pytest.raises(InvalidPathException):
        apply_to_user({"Operations": [{"op": "remove", "path": path}]}, user())


def test_certificate_that_is_none() -> None:
    """The attribute is named as SCIM does."""
    operation = {"op": "replace", "path": "x509Certificates", "value": [{"value": "not base64 !"}]}
    with pytest.raises(InvalidValueException) as refused:
        apply_to_user({"Operations": [operation]}, user())
    assert "x509Certificates[0].value" in refused.value.detail


def test_schemas_as_target() -> None:
    """The list of schemas can be added to and changes nothing else."""
    before = user()
    operation = {"op": "add", "path": "schemas", "value": [CORE]}
    assert apply_to_user({"Operations": [operation]}, before).title == before.title
    after = patched({"op": "add", "path": "schemas", "value": [DIRECTORY]})
    assert after["userName"] == "ann"


PATHS = st.sampled_from(
    (
        *("userName", "active", "emails", "emails.value", "roles", "name", "name.givenName", "id"),
        *("meta", "groups", "schemas", "password", "addresses", "manager", "nosuch", "", "a b"),
        *('emails[type eq "work"].value', 'emails[type eq "home"]', "emails[primary eq true]"),
        *('roles[value sw "A"].display', 'roles[primary eq "True"].value', "roles[type pr]"),
        *('emails[not (type eq "work")].value', 'x509Certificates[value eq "MIIB"]', CORE),
        *(ENTERPRISE, MANAGER, f"{MANAGER}.value", f"{ENTERPRISE}:costCenter", DIRECTORY),
        *("externalId", "photos", 'photos[type eq "photo"].value', 'schemas eq "x"', "emails[0]"),
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("a@b.org"),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "type", "primary", "$ref", "display", "formatted"]) | PATHS,
            below,
            max_size=3,
        )
    ),
    max_leaves=6,
)
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "Replace", "remove"])},
        optional={"path": PATHS, "value": VALUES},
    ),
    min_size=1,
    max_size=4,
)


@given(operations=OPERATIONS)
def test_anything(operations: list[dict[str, Any]]) -> None:
    """Whatever is asked is done or refused as a SCIM error; the resource given stays as it was."""
    before = user()
    try:
        after = apply_to_user({"Operations": operations}, before)
    except SCIMException:
        after = before
    assert before == user()
    assert after.id == "usr_1"
    assert after.user_name
