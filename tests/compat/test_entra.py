"""Microsoft Entra ID's provisioning service, with and without its flag aadOptscim062020.

Sources, all below https://learn.microsoft.com/entra/identity/app-provisioning/:
use-scim-to-provision-users-and-groups (requests), application-provisioning-config-problem-scim-
compatibility (the flag), known-issues, scim-validator-tutorial. Where an issue is the better
source, it is named at the test.
"""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.compat.site import CORE, ENTERPRISE, GROUP, IdentityProvider, Json, Site

ADSCIM_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
FLAGS = ["", "?aadOptscim062020"]
WORK = 'emails[type eq "work"].value'


@pytest.fixture
def entra(site: Site) -> IdentityProvider:
    """Entra's client."""
    return site.provider(Content_Type="application/scim+json")


def with_flag(path: str, flag: str) -> str:
    """A path as the flag makes it: it comes first, and has no value."""
    if not flag:
        return path
    place, _, query = path.partition("?")
    return f"{place}{flag}&{query}" if query else f"{place}{flag}"


def new_user(**attributes: Any) -> Json:
    """The body of a creation, with its empty roles and its meta."""
    return {
        "schemas": [CORE, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "bob.smith@contoso.example",
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": "bob.smith@contoso.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Bob Smith", "familyName": "Smith", "givenName": "Bob"},
        "roles": [],
        "addresses": None,
        "phoneNumbers": None,
        "title": None,
        **attributes,
    }


@pytest.mark.parametrize("flag", FLAGS)
def test_user_lifecycle(site: Site, entra: IdentityProvider, flag: str) -> None:
    """Connection test, match, create, match again, disable, enable, delete."""
    guid = uuid4()
    for name in (f'userName eq "{guid}"', f'externalId eq "{guid}"', f'{WORK} eq "{guid}"'):
        assert entra.found(with_flag(f"/Users?filter={name}", flag)) == []
    made = entra.post(with_flag("/Users", flag), new_user())
    id_ = made["id"]
    rest = site.user(id_)
    assert (rest["username"], rest["first_name"], rest["identity_source"], rest["status"]) == (
        "bob.smith@contoso.example",
        "Bob",
        "SCIM",
        "ACTIVE",
    )
    assert [link["external_id"] for link in rest["federated_identities"]] == [
        "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"
    ]
    entry = site.person("bob.smith@contoso.example")
    assert entry.texts("mail") == ("bob.smith@contoso.example",)
    assert entry.text("sn") == "Smith"
    for match in (
        'userName eq "BOB.SMITH@contoso.example"',
        'externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"',
        'emails[type eq "work"].value eq "bob.smith@contoso.example"',
    ):
        (found,) = entra.found(with_flag(f"/Users?filter={match}", flag))
        assert found["id"] == id_
    path = with_flag(f"/Users/{id_}", flag)
    off: Json = {"op": "replace", "path": "active", "value": False}
    if not flag:
        off = {"op": "Replace", "path": "active", "value": "False"}
    entra.patch(path, off)
    assert site.user(id_)["status"] == "DISABLED"
    assert entra.get(path)["active"] is False
    assert site.person("bob.smith@contoso.example").text("dgwStatus") == "DISABLED"
    (found,) = entra.found(with_flag('/Users?filter=userName eq "bob.smith@contoso.example"', flag))
    assert found["active"] is False
    entra.patch(path, {**off, "value": True if flag else "True"})
    assert site.user(id_)["status"] == "ACTIVE"
    entra.delete(path)
    entra.send("GET", path, status=404)
    entra.send("DELETE", path, status=404)
    assert not site.has_person("bob.smith@contoso.example")


def test_update_without_flag(site: Site, entra: IdentityProvider) -> None:
    """One capitalised operation an attribute; Add where the target had no value."""
    id_ = entra.post("/Users", new_user())["id"]
    entra.patch(
        f"/Users/{id_}",
        {"op": "Replace", "path": "displayName", "value": "Bobby Smith"},
        {"op": "Replace", "path": "name.givenName", "value": "Bobby"},
        {"op": "Replace", "path": WORK, "value": "bobby@contoso.example"},
        {"op": "Add", "path": "title", "value": "Engineer"},
        {"op": "Replace", "path": "externalId", "value": "bobby"},
        {"op": "Add", "path": f"{ENTERPRISE}:employeeNumber", "value": "701984"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales, North"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+1 425 555 0100"},
    )
    shown = entra.get(f"/Users/{id_}")
    assert shown["externalId"] == "bobby"
    assert shown["emails"] == [{"primary": True, "type": "work", "value": "bobby@contoso.example"}]
    assert shown[ENTERPRISE] == {"employeeNumber": "701984", "department": "Sales, North"}
    assert ENTERPRISE in shown["schemas"]
    rest = site.user(id_)
    assert (rest["email"], rest["display_name"]) == ("bobby@contoso.example", "Bobby Smith")
    assert rest["custom_attributes"]["title"] == "Engineer"
    entry = site.person("bob.smith@contoso.example")
    assert entry.text("mail") == "bobby@contoso.example"
    assert entry.text("employeeNumber") == "701984"
    assert entry.text("departmentNumber") == "Sales, North"
    assert entry.text("mobile") == "+1 425 555 0100"


def test_update_with_flag(site: Site, entra: IdentityProvider) -> None:
    """Filtered paths on their own, all else in one value with dotted and URN keys."""
    id_ = entra.post("/Users?aadOptscim062020", new_user())["id"]
    entra.patch(
        f"/Users/{id_}?aadOptscim062020",
        {"op": "replace", "path": WORK, "value": "bobby@contoso.example"},
        {
            "op": "replace",
            "value": {
                "displayName": "Bobby Smith",
                "name.givenName": "Bobby",
                "name.familyName": "Smyth",
                f"{ENTERPRISE}:employeeNumber": "701984",
            },
        },
    )
    shown = entra.get(f"/Users/{id_}")
    assert shown["name"]["givenName"] == "Bobby"
    assert shown[ENTERPRISE]["employeeNumber"] == "701984"
    entry = site.person("bob.smith@contoso.example")
    assert (entry.text("sn"), entry.text("mail")) == ("Smyth", "bobby@contoso.example")


def test_elements_that_are_not_there_yet(site: Site, entra: IdentityProvider) -> None:
    """Add by a filtered path makes the element; operations on one address make one.

    https://github.com/Metatavu/keycloak-scim-server/issues/35
    """
    body = new_user()
    del body["emails"]
    id_ = entra.post("/Users", body)["id"]
    address = 'addresses[type eq "work"]'
    entra.patch(
        f"/Users/{id_}",
        {"op": "Add", "path": 'emails[type eq "work"].Value', "value": "bob@contoso.example"},
        {"op": "Add", "path": f"{address}.Formatted", "value": "1 Way, Redmond"},
        {"op": "Add", "path": f"{address}.streetAddress", "value": "1 Way"},
        {"op": "Add", "path": f"{address}.locality", "value": "Redmond"},
        {"op": "Add", "path": f"{address}.postalCode", "value": "98052"},
    )
    shown = entra.get(f"/Users/{id_}")
    assert [(each["type"], each["value"]) for each in shown["emails"]] == [
        ("work", "bob@contoso.example")
    ]
    assert shown["addresses"] == [
        {
            "type": "work",
            "formatted": "1 Way, Redmond",
            "streetAddress": "1 Way",
            "locality": "Redmond",
            "postalCode": "98052",
        }
    ]
    assert site.user(id_)["email"] == "bob@contoso.example"
    entry = site.person("bob.smith@contoso.example")
    assert (entry.text("l"), entry.text("postalCode")) == ("Redmond", "98052")


def test_email_replaced_by_a_text(site: Site, entra: IdentityProvider) -> None:
    """The list of e-mails may be replaced by one address.

    https://github.com/grokability/snipe-it/issues/19183
    """
    id_ = entra.post("/Users", new_user())["id"]
    entra.patch(
        f"/Users/{id_}", {"op": "Replace", "path": "emails", "value": "new@contoso.example"}
    )
    assert site.user(id_)["email"] == "new@contoso.example"
    (found,) = entra.found(f'/Users?filter={WORK} eq "new@contoso.example"')
    assert found["id"] == id_


def test_manager(site: Site, entra: IdentityProvider) -> None:
    """A manager comes as a text, as an object, from an older mapping, and goes by an empty text.

    https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/541
    """
    boss = entra.post(
        "/Users",
        new_user(externalId="boss", userName="boss@contoso.example", emails=[]),
    )["id"]
    id_ = entra.post("/Users", new_user())["id"]
    path = f"{ENTERPRISE}:manager"
    for where, value in (
        (path, boss),
        (path, {"value": boss}),
        ("manager", [{"$ref": f"http://localhost/scim/v2/Users/{boss}", "value": boss}]),
    ):
        entra.patch(f"/Users/{id_}", {"op": "Add", "path": where, "value": value})
        shown = entra.get(f"/Users/{id_}")[ENTERPRISE]["manager"]
        assert shown["value"] == boss
        assert shown["$ref"].endswith(f"/Users/{boss}")
        entry = site.person("bob.smith@contoso.example")
        assert (entry.text("manager") or "").lower().startswith("uid=boss@contoso.example,")
        probe = f'/Users?filter=id eq "{id_}" and {path} eq "{boss}"&attributes=id'
        assert [each["id"] for each in entra.found(probe)] == [id_]
        entra.patch(f"/Users/{id_}", {"op": "Replace", "path": path, "value": ""})
        assert ENTERPRISE not in entra.get(f"/Users/{id_}")
        assert site.person("bob.smith@contoso.example").text("manager") is None


def test_app_roles(entra: IdentityProvider) -> None:
    """Roles come by a quoted Boolean, or as JSON in texts, again with each cycle.

    https://github.com/lightdash/lightdash/issues/25676
    https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/516
    """
    id_ = entra.post("/Users", new_user())["id"]
    one = {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "Admin"}
    entra.patch(f"/Users/{id_}", one)
    entra.patch(f"/Users/{id_}", {**one, "op": "Replace", "value": "Reader"})
    assert entra.get(f"/Users/{id_}")["roles"] == [{"primary": True, "value": "Reader"}]
    texts = [
        json.dumps({"id": str(uuid4()), "value": name, "displayName": f"{name} of docs"})
        for name in ("Editor", "Owner")
    ]
    many = {"op": "Add", "path": "roles", "value": [{"value": text} for text in texts]}
    entra.patch(f"/Users/{id_}", many)
    entra.patch(f"/Users/{id_}", many)
    assert [each["value"] for each in entra.get(f"/Users/{id_}")["roles"]] == [
        "Reader",
        "Editor",
        "Owner",
    ]


@pytest.mark.parametrize("flag", FLAGS)
def test_group_lifecycle(site: Site, entra: IdentityProvider, flag: str) -> None:
    """Create empty, match without members, add many, remove some, rename, delete.

    https://github.com/simpleidserver/SimpleIdServer/issues/164
    """
    ids = [
        entra.post(
            with_flag("/Users", flag),
            new_user(externalId=name, userName=f"{name}@contoso.example", emails=[]),
        )["id"]
        for name in ("ann", "ben", "cat")
    ]
    guid = uuid4()
    query = f'/Groups?excludedAttributes=members&filter=displayName eq "{guid}"'
    assert entra.found(with_flag(query, flag)) == []
    made = entra.post(
        with_flag("/Groups", flag),
        {
            "schemas": [GROUP, ADSCIM_GROUP],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Sales (North), 1",
            "meta": {"resourceType": "Group"},
        },
    )
    path = with_flag(f"/Groups/{made['id']}", flag)
    assert made["schemas"] == [GROUP]
    query = '/Groups?excludedAttributes=members&filter=displayName eq "Sales (North), 1"'
    (found,) = entra.found(with_flag(query, flag))
    assert found["externalId"] == "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159"
    assert "members" not in found
    add = [{"$ref": None, "value": id_} for id_ in ids]
    entra.patch(path, {"op": "Add", "path": "members", "value": add})
    entra.patch(path, {"op": "Add", "path": "members", "value": add})
    assert {site.user(id_)["groups"][0]["name"] for id_ in ids} == {"Sales (North), 1"}
    if flag:
        entra.patch(path, {"op": "remove", "path": f'members[value eq "{ids[0]}"]'})
    else:
        entra.patch(path, {"op": "Remove", "path": "members", "value": [{"value": ids[0]}]})
    assert site.group_names(ids[0]) == set()
    assert site.group_names(ids[1]) == {"Sales (North), 1"}
    entra.patch(path, {"op": "Replace", "path": "displayName", "value": "Sales"})
    assert site.members("Sales") == {"ben@contoso.example", "cat@contoso.example"}
    shown = entra.get(with_flag(f"/Groups/{made['id']}?excludedAttributes=members", flag))
    assert "members" not in shown
    assert shown["displayName"] == "Sales"
    assert {each["value"] for each in entra.get(path)["members"]} == set(ids[1:])
    entra.delete(path)
    assert not site.has_group("Sales")
    assert site.group_names(ids[1]) == set()


def test_same_user_again(site: Site, entra: IdentityProvider) -> None:
    """A user that is there is a conflict, not a second one."""
    entra.post("/Users", new_user())
    again = entra.send("POST", "/Users", new_user(externalId="other"), status=409)
    assert again["scimType"] == "uniqueness"
    assert len(site.users()) == 1


def test_what_cannot_be_read(entra: IdentityProvider) -> None:
    """A broken mapping is refused by the name of the attribute."""
    id_ = entra.post("/Users", new_user())["id"]
    broken = {"op": "Replace", "path": "active", "value": "{$user.active}"}
    refused = entra.send(
        "PATCH", f"/Users/{id_}", {"schemas": [], "Operations": [broken]}, status=400
    )
    assert refused["scimType"] == "invalidValue"
    assert "active" in refused["detail"]


def test_members_as_the_sample_requests_write_them(site: Site, entra: IdentityProvider) -> None:
    """Operations may have a name, and members a displayName.

    https://github.com/AzureAD/SCIMReferenceCode/issues/20
    """
    id_ = entra.post("/Users", new_user())["id"]
    group = entra.post("/Groups", {"schemas": [GROUP], "displayName": "Staff"})["id"]
    member = {"displayName": "new User", "value": id_}
    entra.patch(
        f"/Groups/{group}",
        {"name": "addMember", "op": "add", "path": "members", "value": [member]},
    )
    assert site.members("Staff") == {"bob.smith@contoso.example"}


def test_members_replaced_by_one(site: Site, entra: IdentityProvider) -> None:
    """What replaces the members leaves those that it names and no others.

    https://github.com/grokability/snipe-it/issues/19096
    """
    ids = [
        entra.post(
            "/Users", new_user(externalId=name, userName=f"{name}@contoso.example", emails=[])
        )["id"]
        for name in ("ann", "ben")
    ]
    group = entra.post("/Groups", {"schemas": [GROUP], "displayName": "Staff"})["id"]
    for id_ in ids:
        replace = {"op": "replace", "path": "members", "value": [{"value": id_}]}
        entra.patch(f"/Groups/{group}", replace)
    assert site.members("Staff") == {"ben@contoso.example"}
