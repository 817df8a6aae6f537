"""Bulk requests: references between operations, errors that stop, and limits (RFC 7644, 3.7)."""

from typing import Any

import pytest

from adapters.scim.models import ENTERPRISE
from adapters.scim.settings import ScimSettings
from tests.adapters.scim.conftest import BULK, USER, Client, refusal


async def bulk(scim: Client, *operations: Any, **more: Any) -> list[dict[str, Any]]:
    """Send operations, and give what became of them."""
    document = {"schemas": [BULK], "Operations": list(operations), **more}
    answer = await scim.ask("POST", "/Bulk", document)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    results: list[dict[str, Any]] = body["Operations"]
    return results


def post(kind: str, bulk_id: str, **data: Any) -> dict[str, Any]:
    """An operation that makes something."""
    return {"method": "POST", "path": f"/{kind}", "bulkId": bulk_id, "data": data}


def ids(results: list[dict[str, Any]]) -> list[str]:
    """The ids of what was made."""
    return [each["location"].rpartition("/")[2] for each in results]


async def test_references_go_forwards_and_backwards(scim: Client) -> None:
    """Members, managers and paths name what other operations make, in whatever order."""
    results = await bulk(
        scim,
        post("Groups", "team", displayName="team", members=[{"value": "bulkId:ann"}]),
        post("Users", "ann", userName="ann", **{ENTERPRISE: {"manager": {"value": "bulkId:bob"}}}),
        post("Users", "bob", userName="bob"),
        {
            "method": "PATCH",
            "path": "/Groups/bulkId:team",
            "data": {
                "Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:bob"}]}]
            },
        },
    )
    assert [each["status"] for each in results] == ["201", "201", "201", "200"]
    assert [each.get("bulkId") for each in results] == ["team", "ann", "bob", None]
    team, ann, bob, _ = ids(results)
    members = (await scim.ask("GET", f"/Groups/{team}")).json()["members"]
    assert {each["value"] for each in members} == {ann, bob}
    manager = (await scim.ask("GET", f"/Users/{ann}")).json()[ENTERPRISE]["manager"]
    assert manager["value"] == bob
    assert manager["$ref"].endswith(f"/Users/{bob}")


async def test_circular_and_unknown_references_are_conflicts(scim: Client) -> None:
    """What cannot be resolved is 409, and what does not need it is made."""
    results = await bulk(
        scim,
        post("Groups", "a", displayName="a", members=[{"value": "bulkId:b"}]),
        post("Groups", "b", displayName="b", members=[{"value": "bulkId:a"}]),
        post("Groups", "c", displayName="c", members=[{"value": "bulkId:nobody"}]),
        post("Groups", "d", displayName="d"),
    )
    statuses = [each["status"] for each in results]
    assert sorted(statuses[:2]) == ["409", "409"]
    assert statuses[2:] == ["409", "201"]
    assert "location" not in results[2]


@pytest.mark.parametrize(("limit", "done"), [(None, 4), (1, 2), (2, 3)])
async def test_errors_stop_where_the_client_says(
    scim: Client, limit: int | None, done: int
) -> None:
    """`failOnErrors` counts, and what ran before stays."""
    more = {} if limit is None else {"failOnErrors": limit}
    results = await bulk(
        scim,
        post("Users", "1", userName="ann"),
        post("Users", "2", userName="Ann"),
        {"method": "DELETE", "path": "/Users/nobody"},
        post("Users", "4", userName="bob"),
        **more,
    )
    statuses = ["201", "409", "404", "201"]
    assert [each["status"] for each in results] == statuses[:done]
    assert results[1]["response"]["scimType"] == "uniqueness"
    total = (await scim.ask("GET", "/Users")).json()["totalResults"]
    assert total == statuses[:done].count("201")


async def test_an_operation_fails_as_its_request_would(scim: Client) -> None:
    """With the same status and keyword, a location for all but POST, and no harm to others."""
    ann = await scim.user("ann")
    path = f"/Users/{ann['id']}"
    titled = {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
    results = await bulk(
        scim,
        {"method": "POST", "path": "/Users", "data": {"userName": "x"}},
        {"method": "POST", "path": "/Users", "bulkId": "2", "data": {"schemas": [USER]}},
        {"method": "GET", "path": path},
        {"method": "PUT", "path": path},
        {"method": "PATCH", "path": path, "data": {"Operations": [{"op": "x", "path": "title"}]}},
        {"method": "PATCH", "path": "/Groups/nobody", "data": titled},
        {"method": "POST", "path": path, "bulkId": "7", "data": {"userName": "x"}},
        {"method": "DELETE", "path": "/Nope/1"},
        {"method": "DELETE", "path": "/Me"},
        "no operation",
        {"METHOD": "patch", "Path": path, "DATA": titled},
    )
    told = [(each["status"], each.get("response", {}).get("scimType")) for each in results]
    assert told == [
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("400", told[4][1]),
        ("404", None),
        ("405", None),
        ("404", None),
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("200", None),
    ]
    assert told[4][1] in {"invalidSyntax", "invalidValue"}
    assert results[3]["location"].endswith(path)
    assert (await scim.ask("GET", path)).json()["active"] is False


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Operations": {}},
        {"Operations": "x"},
        {"Operations": [], "failOnErrors": "1"},
        {"Operations": [], "failOnErrors": True},
    ],
)
async def test_a_wrong_envelope_is_refused_as_a_whole(
    scim: Client, document: dict[str, Any]
) -> None:
    """400, and nothing is done."""
    assert refusal(await scim.ask("POST", "/Bulk", document), 400)["scimType"] == "invalidValue"


async def test_more_than_the_limits_is_413(scim: Client) -> None:
    """Too many operations, or too long a body; nothing of it is done."""
    settings = ScimSettings()
    many = [
        post("Users", str(n), userName=f"u{n}") for n in range(settings.bulk_max_operations + 1)
    ]
    message = refusal(await scim.ask("POST", "/Bulk", {"Operations": many}), 413)
    assert str(settings.bulk_max_operations) in message["detail"]
    long = b" " * (settings.bulk_max_payload + 1)
    refusal(await scim.ask("POST", "/Bulk", content=long), 413)
    assert (await scim.ask("GET", "/Users")).json()["totalResults"] == 0
