"""Resources over HTTP: what requests may choose of answers, and what they get back."""

import pytest

from gateway.domain.access import Role
from tests.adapters.scim.conftest import SEARCH, USER, Client, refusal


async def test_every_answer_honours_attributes(scim: Client) -> None:
    """POST, GET, PUT, PATCH and both searches show what was asked for, and always the id."""
    query = {"attributes": "userName"}
    document = {"schemas": [USER], "userName": "ann", "displayName": "Ann", "title": "x"}
    made = await scim.ask("POST", "/Users", document, params=query)
    assert made.status_code == 201
    shown = made.json()
    path = f"/Users/{shown['id']}"
    assert made.headers["location"].endswith(path)
    replaced = {**document, "title": "y"}
    patched = {"Operations": [{"op": "replace", "path": "title", "value": "z"}]}
    answers = [
        shown,
        (await scim.ask("GET", path, params=query)).json(),
        (await scim.ask("PUT", path, replaced, params=query)).json(),
        (await scim.ask("PATCH", path, patched, params=query)).json(),
        (await scim.ask("GET", "/Users", params=query)).json()["Resources"][0],
        (
            await scim.ask(
                "POST", "/Users/.search", {"schemas": [SEARCH], "attributes": ["userName"]}
            )
        ).json()["Resources"][0],
    ]
    assert all(answer.keys() == {"schemas", "id", "userName"} for answer in answers)
    rest = (await scim.ask("GET", path, params={"excludedAttributes": "displayName,id"})).json()
    assert "displayName" not in rest
    assert (rest["id"], rest["title"]) == (shown["id"], "z")


async def test_a_password_is_never_shown(scim: Client) -> None:
    """Not even to who asks for it."""
    ann = await scim.user("ann", password="Correct-horse-7")
    asked = await scim.ask("GET", f"/Users/{ann['id']}", params={"attributes": "password"})
    assert "password" not in ann.keys() | asked.json().keys()
    changed = {"op": "replace", "value": {"password": "Another-horse-8"}}
    assert "password" not in (await scim.patch(f"/Users/{ann['id']}", changed)).json()


@pytest.mark.parametrize(
    "filter_", ["userName", "userName xx 1", "nope eq 1", "(", "active gt true"]
)
async def test_a_filter_that_cannot_be_answered(scim: Client, filter_: str) -> None:
    """Refused for GET and POST, never an answer without it; 404 where nothing is seen."""
    for answer in (
        await scim.ask("GET", "/Users", params={"filter": filter_}),
        await scim.ask("POST", "/Users/.search", {"filter": filter_}),
    ):
        assert refusal(answer, 400)["scimType"] == "invalidFilter"
    elsewhere = await scim.ask(
        "GET",
        "/Users",
        params={"filter": filter_},
        role=Role.SUPER_ADMIN,
        base="/api/v1/tenants/nowhere/scim/v2",
    )
    refusal(elsewhere, 404)


@pytest.mark.parametrize(
    ("parameters", "scim_type"),
    [
        ({"startIndex": "x"}, "invalidValue"),
        ({"count": "many"}, "invalidValue"),
        ({"sortBy": "nope"}, "invalidPath"),
        ({"sortOrder": "sideways", "sortBy": "userName"}, "invalidValue"),
        ({"cursor": "", "startIndex": "1"}, "invalidValue"),
        ({"cursor": "forged"}, "invalidCursor"),
        ({"filter": "x" * 5000}, "invalidFilter"),
    ],
)
async def test_a_search_that_makes_no_sense(
    scim: Client, parameters: dict[str, str], scim_type: str
) -> None:
    """400 with the keyword that says why."""
    assert refusal(await scim.ask("GET", "/Users", params=parameters), 400)["scimType"] == scim_type


async def test_a_cursor_belongs_to_its_question(scim: Client) -> None:
    """Another filter or another count is another question (RFC 9865, 2.1)."""
    for name in ("ann", "bob", "cid"):
        await scim.user(name)
    asked = {"count": "1", "sortBy": "userName"}
    first = (await scim.ask("GET", "/Users", params={**asked, "cursor": ""})).json()
    assert (first["totalResults"], first["itemsPerPage"]) == (3, 1)
    assert "startIndex" not in first
    assert "previousCursor" not in first
    cursor = first["nextCursor"]
    asked["cursor"] = cursor
    for parameters, scim_type in (
        ({"count": "2"}, "invalidCount"),
        ({"filter": "id pr"}, "invalidCursor"),
        ({"cursor": cursor[:-2]}, "invalidCursor"),
    ):
        answer = await scim.ask("GET", "/Users", params=asked | parameters)
        assert refusal(answer, 400)["scimType"] == scim_type
    second = (await scim.ask("GET", "/Users", params=asked)).json()
    assert second["Resources"][0]["userName"] == "bob"
    assert {"nextCursor", "previousCursor"} <= second.keys()


@pytest.mark.parametrize(
    ("start", "count", "echoed", "shown"),
    [
        ("0", "2", 1, 2),
        ("-5", "1", 1, 1),
        ("1", "-1", 1, 0),
        ("9", "5", 9, 0),
        ("2", "999", 2, 2),
        ("9" * 30, "9" * 30, int("9" * 30), 0),
    ],
)
async def test_windows_outside_the_listing(
    scim: Client, start: str, count: str, echoed: int, shown: int
) -> None:
    """Below one is one, below none is none, past the end is empty: 200 each (3.4.2.4)."""
    for name in ("ann", "bob", "cid"):
        await scim.user(name)
    page = (await scim.ask("GET", "/Users", params={"startIndex": start, "count": count})).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, echoed, shown)
    assert len(page["Resources"]) == shown


async def test_a_put_of_what_is_there_changes_nothing(scim: Client) -> None:
    """The whole object as it was read keeps its version, whatever read-only parts it has."""
    ann = await scim.user("ann", title="x", emails=[{"value": "a@b.example", "type": "work"}])
    await scim.group("team", ann["id"])
    path = f"/Users/{ann['id']}"
    whole = (await scim.ask("GET", path)).json()
    answer = await scim.ask("PUT", path, {**whole, "meta": {"resourceType": "User"}, "groups": []})
    assert answer.status_code == 200
    assert answer.json() == whole


async def test_a_group_is_replaced_with_its_members(scim: Client) -> None:
    """PUT gives the whole list; without one, none stay; of a changed one the rest stays."""
    ann, bob, cid = [(await scim.user(name))["id"] for name in ("ann", "bob", "cid")]
    path = f"/Groups/{(await scim.group('team', ann, bob))['id']}"

    async def members(document: dict[str, object]) -> set[str]:
        answer = await scim.ask("PUT", path, document)
        assert answer.status_code == 200, answer.text
        return {each["value"] for each in answer.json().get("members", [])}

    listed = [{"value": bob}, {"value": cid, "display": "x", "$ref": f"../Users/{cid}"}]
    assert await members({"displayName": "team", "members": listed}) == {bob, cid}
    assert await members({"displayName": "crew"}) == set()
    assert (await scim.ask("GET", path)).json()["displayName"] == "crew"
    refusal(await scim.ask("PUT", path, {"displayName": "x", "members": [{"value": "u"}]}), 400)


async def test_members_by_a_condition_of_their_own(scim: Client) -> None:
    """A PATCH that only the list itself can answer reads it, and changes the right ones."""
    ann = (await scim.user("ann"))["id"]
    inner = (await scim.group("inner"))["id"]
    path = f"/Groups/{(await scim.group('team', ann, inner))['id']}"
    answer = await scim.patch(path, {"op": "remove", "path": 'members[type eq "Group"]'})
    assert answer.status_code == 200, answer.text
    assert [each["value"] for each in answer.json()["members"]] == [ann]
