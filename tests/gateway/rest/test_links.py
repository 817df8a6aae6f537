"""One-time links: the page that people see, and the same for programs."""

import re
from urllib.parse import urlsplit

import httpx
import pytest

from tests.gateway.rest.house import USERS, DirectoryAway, House, open_house

NEW = "Fresh-word-12"
FORM = {"new_password": NEW, "repeated": NEW}


async def invited(house: House, **more: str) -> str:
    """Invite a user; the path of the link in the mail."""
    body = {"tenant_id": "alpha", "email": "ann@alpha.example", **more}
    made = await house.ask("POST", USERS, json=body)
    assert made.json()["data"]["status"] == "PENDING_EMAIL_VERIFICATION"
    return link(house)


def link(house: House) -> str:
    """The path of the link in the last mail."""
    return urlsplit(house.world.mailer.sent[-1].values["link"]).path


async def signed_in(house: House, password: str) -> httpx.Response:
    """Try the password."""
    return await house.ask(
        "POST",
        "/api/v1/tenants/alpha/users/authenticate",
        json={"login": "ann@alpha.example", "password": password},
    )


async def test_the_page_sets_a_password_once(house: House) -> None:
    """Looking spends nothing; the form activates; afterwards the link is none."""
    path = await invited(house)
    for _ in range(2):
        page = await house.client.get(path)
        assert page.status_code == 200
        assert "ann@alpha.example" in page.text
        assert 'name="new_password"' in page.text
    done = await house.client.post(path, data=FORM)
    assert done.status_code == 200
    user = (await signed_in(house, NEW)).json()["data"]
    assert (user["status"], user["email_verified"]) == ("ACTIVE", True)
    for again in (await house.client.get(path), await house.client.post(path, data=FORM)):
        assert again.status_code == 404
        assert again.headers["Content-Type"].startswith("text/html")


async def test_pages_run_nothing_and_are_kept_nowhere(house: House) -> None:
    """A strict policy, no script, no store, no referrer, no frame."""
    path = await invited(house)
    for page in (
        await house.client.get(path),
        await house.client.get(path + "x"),
        await house.client.post(path, data={}),
    ):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "<script" not in page.text


async def test_names_on_a_page_are_escaped(house: House) -> None:
    """A tenant may be called anything."""
    tenant = house.world.tenants["alpha"]
    await house.world.directory.tenants.update(tenant.id, {"name": "<b>&'\""})
    page = await house.client.get(await invited(house))
    assert "<b>" not in page.text
    assert "&lt;b&gt;&amp;&#39;&#34;" in page.text


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "choose a password"),
        ({"new_password": NEW, "repeated": "other"}, "differ"),
        ({"new_password": "short", "repeated": "short"}, '<p class="wrong"'),
        ({"new_password": "x" * 1025, "repeated": "x" * 1025}, "1024"),
        ({"new_password": "{SSHA}x-long-enough", "repeated": "{SSHA}x-long-enough"}, "braces"),
    ],
)
async def test_a_refused_password_can_be_tried_again(
    house: House, form: dict[str, str], reason: str
) -> None:
    """The form comes back with the reason, and the link stays good."""
    path = await invited(house)
    page = await house.client.post(path, data=form)
    assert page.status_code == 422
    assert reason in page.text
    assert 'name="new_password"' in page.text
    assert (await house.client.post(path, data=FORM)).status_code == 200


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"new_password=%ff&repeated=%ff", b"{}"])
async def test_bodies_that_are_no_form_are_refused(house: House, content: bytes) -> None:
    """422 with the form again."""
    path = await invited(house)
    page = await house.client.post(path, content=content)
    assert page.status_code == 422


@pytest.mark.parametrize("token", ["x", "A" * 64, "%00", "%2e%2e", "é", "A" * 5000])
async def test_an_unknown_link_is_none(house: House, token: str) -> None:
    """404 for page and program, whatever the token looks like."""
    for tenant in ("alpha", "nowhere", "%00"):
        for prefix in ("", "/api/v1"):
            path = f"{prefix}/auth/tenants/{tenant}/links/{token}"
            assert (await house.client.get(path)).status_code == 404
            body = {"new_password": NEW}
            assert (await house.client.post(path, json=body)).status_code == 404


async def test_a_link_of_another_tenant_is_none(house: House) -> None:
    """The tenant in the path must be the user's."""
    path = (await invited(house)).replace("alpha", "beta")
    assert (await house.client.get(path)).status_code == 404


async def test_programs_use_the_same_link(house: House) -> None:
    """Described, refused by name, redeemed once, with where to go afterwards."""
    await invited(house)
    user = (await house.ask("GET", USERS)).json()["data"][0]["id"]
    body = {"redirect_uri": "https://app.example/done"}
    await house.ask("POST", f"/api/v1/tenants/alpha/users/{user}/password/reset", json=body)
    path = f"/api/v1{link(house)}"
    described = await house.client.get(path)
    assert described.json()["data"].keys() == {"purpose", "tenant_name", "email", "expires_at"}
    assert described.json()["data"]["purpose"] == "reset"
    assert described.headers["Cache-Control"] == "no-store"
    refused = await house.client.post(path, json={"new_password": "short"})
    assert refused.json()["detail"][0]["loc"] == ["body", "new_password"]
    done = await house.client.post(path, json={"new_password": NEW})
    assert done.json()["data"] == {"redirect_uri": "https://app.example/done"}
    assert (await house.client.post(path, json={"new_password": NEW})).status_code == 404


async def test_the_page_leads_on_where_the_link_says(house: House) -> None:
    """A link to follow, not a redirect that a form's policy would stop."""
    await invited(house)
    user = (await house.ask("GET", USERS)).json()["data"][0]["id"]
    body = {"redirect_uri": "https://app.example/done"}
    await house.ask("POST", f"/api/v1/tenants/alpha/users/{user}/password/reset", json=body)
    page = await house.client.post(link(house), data=FORM)
    assert re.search(r'<a href="https://app\.example/done"', page.text)


async def test_a_page_says_so_when_the_directory_is_away() -> None:
    """503 for people, too."""
    async with open_house(credentials=DirectoryAway()) as house:
        page = await house.client.get("/auth/tenants/alpha/links/x")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "2"
    assert page.headers["Content-Type"].startswith("text/html")
