"""Users of the tenant that the path names, over HTTP."""

from datetime import datetime
from typing import Any

import pytest

from gateway.domain.access import Role
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, House
from tests.gateway.services.world import PASSWORD

ALPHA = "/api/v1/tenants/alpha/users"
RESPONSE = {
    "email",
    "username",
    "first_name",
    "last_name",
    "display_name",
    "phone",
    "locale",
    "timezone",
    "id",
    "email_verified",
    "avatar_url",
    "ou_id",
    "ou_path",
    "status",
    "identity_source",
    "mfa_enabled",
    "created_at",
    "updated_at",
    "last_login_at",
    "password_changed_at",
}


async def test_a_user_is_created_with_everything(house: House) -> None:
    """Every member of the body ends where it belongs, and the Location leads there."""
    ids = await furnish(house)
    body = {
        "email": "eve@alpha.example",
        "username": "eve",
        "first_name": "Eve",
        "last_name": "Ning",
        "display_name": "Eve N.",
        "phone": "+49 30 1",
        "locale": "de-DE",
        "timezone": "Europe/Berlin",
        "password": PASSWORD,
        "ou_id": ids["ou_id"],
        "group_ids": [ids["group_id"]],
        "custom_attributes": {"title": "Engineer", "badge": 7},
        "require_password_change": True,
        "send_welcome_email": False,
    }
    made = await house.ask("POST", ALPHA, json=body)
    assert made.status_code == 201, made.text
    user = made.json()["data"]
    assert set(user) == RESPONSE | {"groups", "custom_attributes"}
    for name in body.keys() & RESPONSE:
        assert user[name] == body[name]
    assert user["ou_path"] == "/Engineering"
    assert user["custom_attributes"] == body["custom_attributes"]
    assert user["groups"] == [
        {"group_id": ids["group_id"], "name": "staff", "membership_type": "DIRECT"}
    ]
    assert datetime.fromisoformat(user["created_at"]).utcoffset() is not None
    assert made.headers["Location"] == f"/api/v1/tenants/{ids['tenant_id']}/users/{user['id']}"
    assert (await house.ask("GET", made.headers["Location"])).json()["data"] == user
    login = {"login": "eve", "password": PASSWORD}
    checked = await house.ask("POST", f"{ALPHA}/authenticate", json=login)
    assert checked.json()["password_change_required"] is True


@pytest.mark.parametrize(
    ("include", "shown"),
    [
        (None, {"groups", "custom_attributes"}),
        ("", {"groups", "custom_attributes"}),
        ("groups", {"groups"}),
        ("custom_attributes", {"custom_attributes"}),
        ("federated_identities", {"federated_identities"}),
        (
            "federated_identities, groups,custom_attributes",
            {"groups", "custom_attributes", "federated_identities"},
        ),
    ],
)
async def test_include_says_what_is_shown_beside(
    house: House, include: str | None, shown: set[str]
) -> None:
    """A list of names; without it groups and custom attributes are given."""
    ids = await furnish(house)
    params = {} if include is None else {"include": include}
    response = await house.ask("GET", f"{ALPHA}/{ids['user_id']}", params=params)
    assert set(response.json()["data"]) == RESPONSE | shown


async def test_links_are_shown_when_asked_for(house: House) -> None:
    """With provider, account, time and whether it is the primary one."""
    ids = await furnish(house)
    path = f"{ALPHA}/{ids['user_id']}?include=federated_identities"
    assert (await house.ask("GET", path)).json()["data"]["federated_identities"] == [
        {
            "identity_provider_id": ids["linked_provider_id"],
            "external_id": "ann-at-two",
            "linked_at": "2026-01-02T03:04:05Z",
            "primary": True,
        }
    ]


@pytest.mark.parametrize("include", ["group", "groups,password", "GROUPS", "groups;x"])
async def test_an_unknown_include_is_refused(house: House, include: str) -> None:
    """422 that names the parameter."""
    ids = await furnish(house)
    response = await house.ask("GET", f"{ALPHA}/{ids['user_id']}", params={"include": include})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", "include"]


async def test_patch_changes_what_is_named_and_null_clears(house: House) -> None:
    """Absent is unchanged; null clears, resets to a default, or merges away."""
    ids = await furnish(house)
    path = f"{ALPHA}/{ids['user_id']}"

    async def patched(body: dict[str, Any]) -> Any:
        response = await house.ask("PATCH", path, json=body)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    user = await patched(
        {"first_name": "A", "phone": "1", "locale": "de", "custom_attributes": {"a": 1, "b": 2}}
    )
    assert (user["first_name"], user["phone"], user["locale"]) == ("A", "1", "de")
    user = await patched({"phone": None, "custom_attributes": {"a": None, "c": [3]}})
    assert (user["first_name"], user["phone"]) == ("A", None)
    assert user["custom_attributes"] == {"b": 2, "c": [3]}
    user = await patched({"locale": None, "username": None, "ou_id": ids["ou_id"]})
    assert (user["locale"], user["username"]) == ("en", "ann@alpha.example")
    assert user["ou_path"] == "/Engineering"
    user = await patched({"ou_id": None})
    assert (user["ou_id"], user["ou_path"]) == (None, None)
    assert await patched({}) | {"updated_at": 0} == user | {"updated_at": 0}


@pytest.mark.parametrize("path", [ALPHA, USERS.rstrip("/")])
async def test_an_email_cannot_be_cleared(house: House, path: str) -> None:
    """A user is nothing without one."""
    ids = await furnish(house)
    response = await house.ask("PATCH", f"{path}/{ids['user_id']}", json={"email": None})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "email"]


async def test_delete_wants_the_address_confirmed(house: House) -> None:
    """Without: 422; another: 409; the same in another case: gone, and gone again is 404."""
    ids = await furnish(house)
    path = f"{ALPHA}/{ids['user_id']}"
    without = await house.ask("DELETE", path)
    assert without.status_code == 422
    assert without.json()["detail"][0]["loc"] == ["query", "confirm_email"]
    other = await house.ask("DELETE", path, params={"confirm_email": "ben@alpha.example"})
    assert (other.status_code, other.json()["code"]) == (409, "confirm_email_mismatch")
    for status in (204, 404):
        done = await house.ask("DELETE", path, params={"confirm_email": "ANN@alpha.example"})
        assert done.status_code == status
    assert (await house.ask("GET", path)).status_code == 404
    restored = await house.ask("POST", f"{USERS}{ids['user_id']}/restore")
    assert restored.status_code == 200
    assert restored.json()["data"]["email"] == "ann@alpha.example"
    assert (await house.ask("POST", f"{USERS}{ids['user_id']}/restore")).status_code == 404


async def test_the_three_ways_to_reset_a_password(house: House) -> None:
    """A mail, a given password, a generated one that is shown once and kept by no cache."""
    ids = await furnish(house)
    path = f"{ALPHA}/{ids['user_id']}/password/reset"

    async def login(password: str) -> Any:
        body = {"login": "ann", "password": password}
        return await house.ask("POST", f"{ALPHA}/authenticate", json=body)

    assert (await house.ask("POST", path, json={})).json()["data"] == {"method": "EMAIL"}
    assert [mail.to for mail in house.world.mailer.sent] == ["ann@alpha.example"]
    body = {"method": "DIRECT", "new_password": "Given-word-77"}
    assert (await house.ask("POST", path, json=body)).json()["data"] == {"method": "DIRECT"}
    assert (await login("Given-word-77")).json()["password_change_required"] is False
    shown = await house.ask("POST", path, json={"method": "TEMPORARY"})
    assert shown.headers["Cache-Control"] == "no-store"
    password = shown.json()["data"]["temporary_password"]
    assert (await login(password)).json()["password_change_required"] is True


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"method": "SMS"}, "method"),
        ({"method": "email"}, "method"),
        ({"method": None}, "method"),
        ({"method": "DIRECT"}, "new_password"),
        ({"method": "DIRECT", "new_password": ""}, "new_password"),
        ({"method": "DIRECT", "new_password": "short"}, "new_password"),
        ({"method": "DIRECT", "new_password": "{SSHA}Correct-horse"}, "new_password"),
        ({"new_password": "Given-word-77"}, "new_password"),
        ({"method": "TEMPORARY", "redirect_uri": "https://app.example/done"}, "redirect_uri"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
    ],
)
async def test_a_reset_that_makes_no_sense_is_refused(
    house: House, body: dict[str, Any], member: str
) -> None:
    """422 naming the member; the password stays, and no mail leaves."""
    ids = await furnish(house)
    path = f"{ALPHA}/{ids['user_id']}"
    tag = (await house.ask("GET", path)).headers["ETag"]
    response = await house.ask("POST", f"{path}/password/reset", json=body)
    assert response.status_code == 422
    assert [p["loc"] for p in response.json()["detail"]] == [["body", member]]
    assert (await house.ask("GET", path)).headers["ETag"] == tag
    assert not house.world.mailer.sent


async def test_ended_sessions_are_refused(house: House) -> None:
    """A token of a user whose sessions were ended is no longer one, and says so."""
    ids = await furnish(house)
    token = await house.headers(Role.TENANT_ADMIN, sub=ids["user_id"])
    assert (await house.client.get(ALPHA, headers=token)).status_code == 200
    body = {"status": "ACTIVE", "reason": "lost laptop", "terminate_sessions": True}
    path = f"{ALPHA}/{ids['user_id']}/status"
    assert (await house.ask("PUT", path, json=body)).status_code == 200
    refused = await house.client.get(ALPHA, headers=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert house.world.audit.changes[-1].reason == "lost laptop"
    assert house.world.audit.changes[-1].request_id == "fixed"
    house.world.clock.advance(seconds=1)
    again = await house.headers(Role.TENANT_ADMIN, sub=ids["user_id"])
    assert (await house.client.get(ALPHA, headers=again)).status_code == 200


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        ("DISABLED", 403, "account_not_active"),
        ("PENDING_EMAIL_VERIFICATION", 403, "account_not_active"),
        ("PENDING_APPROVAL", 403, "account_not_active"),
        ("LOCKED", 423, "account_locked"),
    ],
)
async def test_who_may_not_sign_in_is_told_so(
    house: House, status: str, code: int, answer: str
) -> None:
    """Whatever the password; ACTIVE lets in again."""
    ids = await furnish(house)
    path = f"{ALPHA}/{ids['user_id']}/status"
    shown = await house.ask("PUT", path, json={"status": status})
    assert shown.json()["data"]["status"] == status
    for password in (PASSWORD, "wrong"):
        body = {"login": "ann", "password": password}
        response = await house.ask("POST", f"{ALPHA}/authenticate", json=body)
        assert (response.status_code, response.json()["code"]) == (code, answer)
    await house.ask("PUT", path, json={"status": "ACTIVE"})
    body = {"login": "ANN@alpha.example", "password": PASSWORD}
    response = await house.ask("POST", f"{ALPHA}/authenticate", json=body)
    assert response.status_code == 200
    assert response.json()["data"]["id"] == ids["user_id"]


async def test_a_wrong_login_and_a_wrong_password_look_the_same(house: House) -> None:
    """401 with the same bytes; an empty password is a wrong one."""
    await furnish(house)
    answers = {
        (response.status_code, response.content)
        for login, password in (("ann", "wrong"), ("ann", ""), ("nobody", PASSWORD), ("*", "x"))
        for response in [
            await house.ask(
                "POST",
                f"{ALPHA}/authenticate",
                json={"login": login, "password": password},
            )
        ]
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 401


async def test_failures_lock_the_account_and_then_hold_back_the_address(house: House) -> None:
    """423 once the account is locked; 429 with Retry-After once the address tried too often."""
    await furnish(house)

    async def tried(login: str) -> Any:
        body = {"login": login, "password": "wrong"}
        return await house.ask("POST", f"{ALPHA}/authenticate", json=body)

    statuses = [(await tried("ann")).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [423]
    for number in range(200):
        response = await tried(f"nobody-{number}")
        if response.status_code != 401:
            break
    assert (response.status_code, response.json()["code"]) == (429, "too_many_attempts")
    assert int(response.headers["Retry-After"]) > 0
