"""What LDAP tools do to users, as SCIM shows it."""

from typing import Any

import pytest

from adapters.scim.documents import Documents
from gateway.domain.model import User
from mappings.table import Mappings
from tests.adapters.ldap.stores import Both
from tests.adapters.scim.documents.samples import resource, shown
from tests.stack.entries import change, done

SCIM_USER = {
    "userName": "ann",
    "name": {"familyName": "Ames", "givenName": "Ann", "formatted": "Ms. Ann Ames"},
    "emails": [
        {"value": "ann@example.org", "type": "work", "primary": True, "display": "Ann"},
        {"value": "ann@home.example", "type": "home", "display": "Home"},
    ],
    "phoneNumbers": [
        {"value": "+1 2", "type": "work", "display": "desk", "primary": True},
        {"value": "+1 3", "type": "work", "display": "desk 2"},
        {"value": "+1;ext=4", "type": "mobile"},
    ],
    "addresses": [{"type": "work", "locality": "Here", "country": "DE", "formatted": "Here, DE"}],
    "nickName": "Annie",
}


@pytest.fixture
def documents(mappings: Mappings) -> Documents:
    """Documents by the rows of the gateway's own tree."""
    return Documents(mappings)


async def made(both: Both, documents: Documents) -> User:
    """The user as a provisioning client has made it."""
    wanted = documents.wanted(resource(SCIM_USER), None, None)
    assert wanted is not None
    values = {**wanted.values, "custom_attributes": wanted.custom_attributes}
    return await both.gateway.users.add(values)


async def changed(
    both: Both, documents: Documents, how: str, attribute: str, *values: str
) -> dict[str, Any]:
    """What SCIM shows of it after one ldapmodify."""
    user = await made(both, documents)
    done(both.admin.tools.modify(change(f"uid=ann,{both.admin.people}", how, attribute, *values)))
    return shown(documents, await both.gateway.users.get(user.id))


@pytest.mark.parametrize(
    ("change", "attribute", "expected"),
    [
        (("replace", "telephoneNumber", "+9"), "phoneNumbers", "+9"),
        (("replace", "mobile", "+9"), "phoneNumbers", "+9"),
        (("replace", "pager", "+9"), "phoneNumbers", "+9"),
        (("replace", "l", "There"), "addresses", "There"),
        (("replace", "sn", "Other"), "name", "Other"),
        (("replace", "mail", "new@example.org"), "emails", "new@example.org"),
        (("add", "mail", "third@example.org"), "emails", "third@example.org"),
    ],
)
async def test_what_a_tool_sets_is_shown(
    both: Both, documents: Documents, change: tuple[str, ...], attribute: str, expected: str
) -> None:
    """In its place in the list, whether there was something or not."""
    document = await changed(both, documents, *change)
    assert expected in str(document[attribute])


async def test_what_a_tool_replaces_takes_along_what_was_said_of_it(
    both: Both, documents: Documents
) -> None:
    """The second work telephone and the mobile that LDAP cannot hold are nobody's to change."""
    document = await changed(both, documents, "replace", "telephoneNumber", "+9")
    assert document["phoneNumbers"] == [
        {"value": "+9", "type": "work", "primary": True},
        {"value": "+1 3", "type": "work", "display": "desk 2"},
        {"value": "+1;ext=4", "type": "mobile"},
    ]


async def test_what_a_tool_deletes_is_gone(both: Both, documents: Documents) -> None:
    """With all that was said of it."""
    document = await changed(both, documents, "delete", "telephoneNumber")
    assert document["phoneNumbers"] == SCIM_USER["phoneNumbers"][1:]  # type: ignore[index]  # a list


async def test_an_address_without_its_place_has_the_rest(both: Both, documents: Documents) -> None:
    """What retells the place is gone, what does not is not."""
    document = await changed(both, documents, "delete", "l")
    assert document["addresses"] == [{"type": "work", "country": "DE"}]


async def test_a_name_that_a_tool_changed_is_not_formatted_as_before(
    both: Both, documents: Documents
) -> None:
    """The parts are known, the whole is not."""
    document = await changed(both, documents, "delete", "givenName")
    assert document["name"] == {"familyName": "Ames"}


async def test_the_first_mail_is_the_primary_one(both: Both, documents: Documents) -> None:
    """Swapped by a tool, the mark moves; details stay with their addresses."""
    document = await changed(
        both, documents, "replace", "mail", "ann@home.example", "ann@example.org"
    )
    assert document["emails"] == [
        {"value": "ann@example.org", "type": "work", "display": "Ann"},
        {"value": "ann@home.example", "type": "home", "display": "Home", "primary": True},
    ]


async def test_a_user_that_a_tool_made_is_shown_by_its_homes(
    both: Both, documents: Documents
) -> None:
    """Nothing of SCIM is needed in the entry."""
    lines = ("mail: bob@example.org", "mail: bob@home.example", "mobile: +1 5", "title: Boss")
    both.admin.add_user("bob", *lines)
    document = shown(documents, await both.gateway.users.by_login("bob"))
    assert document == {
        "userName": "bob",
        "name": {"familyName": "bob"},
        "emails": [
            {"value": "bob@example.org", "type": "work", "primary": True},
            {"value": "bob@home.example"},
        ],
        "phoneNumbers": [{"value": "+1 5", "type": "mobile"}],
        "title": "Boss",
    }
