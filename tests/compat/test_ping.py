"""PingFederate's and PingOne's outbound provisioning, and Salesforce's way with members.

Sources: https://docs.pingidentity.com (SCIM connector: matching filter, group handling Merge or
Overwrite, remove action); members in an object: https://github.com/pingidentity/scim2/issues/174
and https://github.com/RIPAGlobal/scimitar, app/models/scimitar/resources/mixin.rb.
"""

from typing import Any

import pytest

from tests.compat.site import CORE, GROUP, IdentityProvider, Json, Site

MAIL = "pia@ping.example"


@pytest.fixture
def ping(site: Site) -> IdentityProvider:
    """The connector's client."""
    return site.provider(Accept="application/scim+json", Content_Type="application/scim+json")


def new_user(name: str = "pia", **attributes: Any) -> Json:
    """The body of a creation or of a replacement."""
    return {
        "schemas": [CORE],
        "userName": name,
        "externalId": f"ping-{name}",
        "name": {"givenName": name, "familyName": "Pong"},
        "emails": [{"value": f"{name}@ping.example", "type": "work", "primary": True}],
        "active": True,
        **attributes,
    }


@pytest.mark.parametrize("match", ['userName eq "pia"', f'emails eq "{MAIL}"'])
def test_user_lifecycle(site: Site, ping: IdentityProvider, match: str) -> None:
    """Match by name or by e-mails as a whole, create, put, disable or delete."""
    assert ping.found(f"/Users?filter={match}") == []
    id_ = ping.post("/Users", new_user())["id"]
    assert [each["id"] for each in ping.found(f"/Users?filter={match}")] == [id_]
    ping.put(f"/Users/{id_}", new_user(title="Lead"))
    assert site.person("pia").text("title") == "Lead"
    ping.put(f"/Users/{id_}", new_user(active=False))
    assert site.user(id_)["status"] == "DISABLED"
    assert site.person("pia").text("title") is None
    ping.delete(f"/Users/{id_}")
    assert ping.found(f"/Users?filter={match}") == []


def test_user_that_was_there(site: Site, ping: IdentityProvider) -> None:
    """A user made elsewhere is found, and becomes the provider's by its first write."""
    users = f"/api/v1/tenants/{site.tenant_id}/users"
    local = site.api.post(
        users, json={"email": MAIL, "username": "pia", "send_welcome_email": False}
    )
    id_ = local.json()["data"]["id"]
    assert site.user(id_)["identity_source"] == "LOCAL"
    (found,) = ping.found(f'/Users?filter=emails eq "{MAIL}"')
    assert found["id"] == id_
    ping.put(f"/Users/{id_}", new_user())
    adopted = site.user(id_)
    assert adopted["identity_source"] == "SCIM"
    assert [each["external_id"] for each in adopted["federated_identities"]] == ["ping-pia"]
    assert len(site.users()) == 1


def test_overwriting_and_merging_groups(site: Site, ping: IdentityProvider) -> None:
    """Overwrite puts the list of members, Merge adds to it."""
    ids = [ping.post("/Users", new_user(name))["id"] for name in ("pia", "pol")]
    body: Json = {"schemas": [GROUP], "displayName": "Pongs"}
    id_ = ping.post("/Groups", {**body, "members": [{"value": ids[0]}]})["id"]
    ping.put(f"/Groups/{id_}", {**body, "members": [{"value": ids[1]}]})
    assert site.members("Pongs") == {"pol"}
    ping.patch(f"/Groups/{id_}", {"op": "add", "path": "members", "value": [{"value": ids[0]}]})
    assert site.members("Pongs") == {"pia", "pol"}


def test_members_in_an_object(site: Site, ping: IdentityProvider) -> None:
    """The value of an operation may be an object that has the members."""
    ids = [ping.post("/Users", new_user(name))["id"] for name in ("pia", "pol")]
    id_ = ping.post("/Groups", {"schemas": [GROUP], "displayName": "Pongs"})["id"]
    both = {"members": [{"value": each} for each in ids]}
    ping.patch(f"/Groups/{id_}", {"op": "add", "value": both})
    assert site.members("Pongs") == {"pia", "pol"}
    one = {"members": [{"value": ids[0]}]}
    ping.patch(f"/Groups/{id_}", {"op": "remove", "path": "members", "value": one})
    assert site.members("Pongs") == {"pol"}
    ping.patch(f"/Groups/{id_}", {"op": "add", "path": "members", "value": one})
    ping.patch(f"/Groups/{id_}", {"op": "remove", "value": {"members": [{"value": ids[1]}]}})
    assert site.members("Pongs") == {"pia"}
    assert site.group_names(ids[1]) == set()
