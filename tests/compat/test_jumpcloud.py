"""JumpCloud's custom SCIM integration.

Sources: https://jumpcloud.com/support (custom SCIM integration) for the connection test; the
bodies are shaped as those in https://github.com/Paul-E/scim-v2-rust, src/test_data/jumpcloud_*.
"""

from typing import Any

import pytest

from tests.compat.site import CORE, ENTERPRISE, GROUP, IdentityProvider, Json, Site


@pytest.fixture
def jumpcloud(site: Site) -> IdentityProvider:
    """JumpCloud's client."""
    return site.provider(
        site.tenant_id, Accept="application/scim+json", Content_Type="application/scim+json"
    )


def new_user(name: str, **attributes: Any) -> Json:
    """The body of a creation or of a replacement."""
    return {
        "schemas": [CORE, ENTERPRISE],
        "externalId": f"5f2a-{name}",
        "userName": name,
        "name": {"familyName": "Test", "givenName": name.title(), "middleName": ""},
        "displayName": name.title(),
        "emails": [{"primary": True, "type": "work", "value": f"{name}@jumpcloud.example"}],
        "active": True,
        "addresses": [{"type": "work", "country": "", "locality": "Louisville"}],
        "phoneNumbers": [],
        ENTERPRISE: {"department": "QA", "costCenter": ""},
        **attributes,
    }


def test_connection_test(site: Site, jumpcloud: IdentityProvider) -> None:
    """A test user and a test group are made, read, changed and deleted."""
    assert jumpcloud.found('/Users?filter=userName eq "probe"') == []
    user = jumpcloud.post("/Users", new_user("probe"))["id"]
    assert jumpcloud.get(f"/Users/{user}")["userName"] == "probe"
    jumpcloud.put(f"/Users/{user}", new_user("probe", displayName="Probe 2"))
    group = jumpcloud.post("/Groups", {"schemas": [GROUP], "displayName": "probe group"})["id"]
    assert jumpcloud.get(f"/Groups/{group}")["displayName"] == "probe group"
    rename = {"op": "replace", "path": "displayName", "value": "probe group 2"}
    jumpcloud.patch(f"/Groups/{group}", rename)
    assert site.has_group("probe group 2")
    jumpcloud.delete(f"/Groups/{group}")
    jumpcloud.delete(f"/Users/{user}")
    assert site.users() == []
    assert not site.has_group("probe group 2")


def test_user_lifecycle(site: Site, jumpcloud: IdentityProvider) -> None:
    """One operation an attribute, PUT of the whole, deactivation."""
    id_ = jumpcloud.post("/Users", new_user("jo"))["id"]
    entry = site.person("jo")
    assert (entry.text("l"), entry.text("departmentNumber")) == ("Louisville", "QA")
    jumpcloud.patch(
        f"/Users/{id_}",
        {"op": "replace", "path": "name.givenName", "value": "Joan"},
        {"op": "replace", "path": f"{ENTERPRISE}:costCenter", "value": "4130"},
        {"op": "replace", "path": "active", "value": False},
    )
    rest = site.user(id_)
    assert (rest["first_name"], rest["status"]) == ("Joan", "DISABLED")
    assert rest["custom_attributes"]["costCenter"] == "4130"
    put = jumpcloud.put(f"/Users/{id_}", new_user("jo", active=True))
    assert put["name"]["givenName"] == "Jo"
    assert "costCenter" not in put[ENTERPRISE]
    assert site.user(id_)["status"] == "ACTIVE"


def test_group_lifecycle(site: Site, jumpcloud: IdentityProvider) -> None:
    """Members come by value alone, and go by value beside the path."""
    ids = [jumpcloud.post("/Users", new_user(name))["id"] for name in ("jo", "kim")]
    group = jumpcloud.post("/Groups", {"schemas": [GROUP], "displayName": "QA"})["id"]
    for id_ in ids:
        add = {"op": "add", "path": "members", "value": [{"value": id_}]}
        jumpcloud.patch(f"/Groups/{group}", add)
    assert site.members("QA") == {"jo", "kim"}
    remove = {"op": "remove", "path": "members", "value": [{"value": ids[0]}]}
    jumpcloud.patch(f"/Groups/{group}", remove)
    jumpcloud.patch(f"/Groups/{group}", remove)
    assert site.members("QA") == {"kim"}
    assert site.group_names(ids[0]) == set()
    assert site.group_names(ids[1]) == {"QA"}
