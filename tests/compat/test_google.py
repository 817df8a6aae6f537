"""Google Workspace's automatic provisioning.

The vendor publishes no wire format. The bodies are those of a log in
https://github.com/grokability/snipe-it/issues/12642; that plain JSON must be taken is told in
https://github.com/pond/scimitar/issues/142.
"""

from typing import Any

import pytest

from tests.compat.site import CORE, IdentityProvider, Json, Site

MAIL = "gil@workspace.example"


@pytest.fixture
def google(site: Site) -> IdentityProvider:
    """Google's client."""
    return site.provider(
        site.slug, User_Agent="Google-Auto-Provisioning", Content_Type="application/json"
    )


def new_user(**attributes: Any) -> Json:
    """The body of a creation, with the schemas of both versions."""
    return {
        "schemas": ["urn:scim:schemas:core:1.0", CORE],
        "userName": MAIL,
        "displayName": "Gil Grey",
        "name": {"familyName": "Grey", "givenName": "Gil"},
        "emails": [{"primary": True, "type": "work", "value": MAIL}],
        "active": True,
        **attributes,
    }


@pytest.mark.parametrize("users", ["/Users", "//Users"])
def test_lifecycle(site: Site, google: IdentityProvider, users: str) -> None:
    """Probe, match, create, suspend, resume, delete; also where the base ends with a slash."""
    assert google.get(f"{users}?count=1")["totalResults"] == 0
    match = f'{users}?filter=userName eq "{MAIL}"&startIndex=1'
    assert google.found(match) == []
    answer = google.answer("POST", users, new_user())
    assert answer.status_code == 201, answer.text
    id_ = answer.json()["id"]
    assert answer.json()["schemas"][0] == CORE
    assert "urn:scim:schemas:core:1.0" not in answer.json()["schemas"]
    assert google.found(match)[0]["id"] == id_
    assert site.person(MAIL).text("givenName") == "Gil"
    google.put(f"{users}/{id_}", new_user(active=False))
    assert site.user(id_)["status"] == "DISABLED"
    google.patch(f"{users}/{id_}", {"op": "replace", "path": "active", "value": True})
    assert site.user(id_)["status"] == "ACTIVE"
    google.put(f"{users}/{id_}", new_user(displayName="Gil G."))
    assert site.user(id_)["display_name"] == "Gil G."
    google.delete(f"{users}/{id_}")
    assert google.found(match) == []
    assert not site.has_person(MAIL)


def test_name_of_a_deleted_user(site: Site, google: IdentityProvider) -> None:
    """Who was deprovisioned and comes back is another user."""
    first = google.post("/Users", new_user())["id"]
    google.delete(f"/Users/{first}")
    second = google.post("/Users", new_user())["id"]
    assert second != first
    assert [each["id"] for each in site.users()] == [second]
