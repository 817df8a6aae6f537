"""OneLogin's SCIM connectors: bodies are templates that an administrator wrote.

Sources: https://developers.onelogin.com/scim/implement-scim-api and
https://developers.onelogin.com/scim/test-your-scim for the calls; the template's members are
those of vendors' guides (https://doc.keepnetlabs.com). A single object as e-mails is what
https://github.com/15five/django-scim2 works around.
"""

from typing import Any

import pytest

from tests.compat.site import CORE, ENTERPRISE, GROUP, IdentityProvider, Json, Site

MAIL = "ola@onelogin.example"


@pytest.fixture
def onelogin(site: Site) -> IdentityProvider:
    """OneLogin's client, which asks for plain JSON."""
    return site.provider(Accept="application/json", Content_Type="application/json")


def template(**attributes: Any) -> Json:
    """The body that the template makes of a user with few values."""
    return {
        "schemas": [CORE, ENTERPRISE],
        "id": None,
        "meta": {"resourceType": "User"},
        "userName": MAIL,
        "externalId": "58423904",
        "name": {"givenName": "Ola", "familyName": "Nord", "formatted": "Ola Nord"},
        "displayName": "Ola Nord",
        "title": "",
        "active": "true",
        "emails": {"value": MAIL, "type": "work", "primary": "true"},
        "phoneNumbers": [{"value": "", "type": "work"}],
        "groups": [],
        ENTERPRISE: {
            "department": "",
            "manager": {"managerId": "", "displayName": ""},
        },
        **attributes,
    }


def test_user_lifecycle(site: Site, onelogin: IdentityProvider) -> None:
    """Test, create, read, update by PUT, suspend, delete."""
    assert onelogin.found('/Users?filter=userName eq "nobody@onelogin.example"') == []
    made = onelogin.post("/Users", template())
    id_ = made["id"]
    assert made["active"] is True
    assert "title" not in made
    assert "phoneNumbers" not in made
    assert ENTERPRISE not in made
    rest = site.user(id_)
    assert (rest["email"], rest["display_name"]) == (MAIL, "Ola Nord")
    assert site.person(MAIL).text("title") is None
    boss = onelogin.post(
        "/Users", template(userName="boss@onelogin.example", externalId="1", emails=[])
    )
    manager = {"managerId": boss["id"], "displayName": "Boss"}
    put = onelogin.put(
        f"/Users/{id_}",
        template(id=id_, title="Cook", **{ENTERPRISE: {"department": "K", "manager": manager}}),
    )
    assert put["title"] == "Cook"
    assert put[ENTERPRISE]["manager"]["value"] == boss["id"]
    entry = site.person(MAIL)
    assert (entry.text("title"), entry.text("departmentNumber")) == ("Cook", "K")
    put = onelogin.put(f"/Users/{id_}", template(id=id_))
    assert "title" not in put
    assert ENTERPRISE not in put
    assert site.person(MAIL).text("manager") is None
    onelogin.put(f"/Users/{id_}", template(id=id_, active="false"))
    assert site.user(id_)["status"] == "DISABLED"
    onelogin.delete(f"/Users/{id_}")
    onelogin.send("GET", f"/Users/{id_}", status=404)


def test_template_that_was_not_filled_in(site: Site, onelogin: IdentityProvider) -> None:
    """A variable that stayed a text is refused by the attribute's name, and nothing is made."""
    refused = onelogin.send("POST", "/Users", template(active="{$user.active}"), status=400)
    assert refused["scimType"] == "invalidValue"
    assert "active" in refused["detail"]
    assert site.users() == []


def test_old_connector(site: Site, onelogin: IdentityProvider) -> None:
    """The connector named Core lists the schema of SCIM 1."""
    made = onelogin.post("/Users", template(schemas=["urn:scim:schemas:core:1.0"]))
    assert made["schemas"] == [CORE, "urn:directory-gateway:scim:schemas:extension:2.0:User"]
    assert site.user(made["id"])["identity_source"] == "SCIM"


def test_group_lifecycle(site: Site, onelogin: IdentityProvider) -> None:
    """List, create, add and remove a member; deletion is never told."""
    id_ = onelogin.post("/Users", template())["id"]
    assert onelogin.found("/Groups") == []
    made = onelogin.post("/Groups", {"schemas": [GROUP], "displayName": "Cooks"})
    path = f"/Groups/{made['id']}"
    onelogin.patch(path, {"op": "add", "path": "members", "value": [{"value": id_}]})
    assert site.members("Cooks") == {MAIL}
    assert site.group_names(id_) == {"Cooks"}
    onelogin.patch(path, {"op": "remove", "path": f'members[value eq "{id_}"]'})
    assert site.members("Cooks") == set()
    assert [each["displayName"] for each in onelogin.found("/Groups")] == ["Cooks"]
