"""SCIM beside REST and raw LDAP: reading, provisioning, and the members of a huge group."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from benchmarks import load
from benchmarks.directory import RawDirectory
from benchmarks.load import Speed
from benchmarks.report import Line

SMALL_GROUP = 50
_BASE = "/scim/v2"
_PAGE = 100
_BULK = 100
_CANDIDATES = 200
"""How many users go in and out of the groups in turn, and how many are read in turn."""
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def reading(ready: Mapping[str, Any], seconds: float) -> list[Line]:
    """SCIM beside REST."""
    with _client(ready) as client:
        users = _users(client)
    url, tokens = ready["base_url"], ready["tokens"]
    slug = ready["tenants"][0]["slug"]
    rest = f"/api/v1/tenants/{slug}/users"

    def read(token: str, paths: Sequence[str]) -> Speed:
        connections = load.CONNECTIONS if len(paths) > 1 else 1  # a list keeps a worker busy
        return load.read(url, paths, tokens[token], seconds, connections)

    one = read("super_admin", [f"{rest}/{user['id']}" for user in users])
    many = read("super_admin", [f"{rest}?per_page={_PAGE}"])
    names = [quote(f'userName eq "{user["userName"]}"') for user in users]
    page = f"{_BASE}/Users?count={_PAGE}"
    against = {"REST: GET user": one, f"REST: list of {_PAGE}": many}
    get, listing = against
    asked = (
        ("SCIM: GET user", [f"{_BASE}/Users/{user['id']}" for user in users], get),
        ("SCIM: filter, userName eq", [f"{_BASE}/Users?filter={name}" for name in names], get),
        (f"SCIM: list of {_PAGE}", [page], listing),
        (f"SCIM: list of {_PAGE}, attributes=userName", [f"{page}&attributes=userName"], listing),
    )
    return [
        Line(what=what, gateway=read("scim", paths), against=other, other=against[other])
        for what, paths, other in asked
    ]


def writing(ready: Mapping[str, Any], seconds: float, members: int) -> list[Line]:
    """Single members of groups, one of which is made with that many; then users."""
    directory = RawDirectory(ready)
    try:
        with _client(ready) as client:
            return [
                *_membership(client, directory, seconds, members),
                *_provisioning(client, directory, seconds),
            ]
    finally:
        directory.close()


def _membership(
    client: httpx.Client,
    directory: RawDirectory,
    seconds: float,
    members: int,
) -> list[Line]:
    users = _users(client)
    ids, names = [user["id"] for user in users], {user["userName"] for user in users}
    speeds, raw = {}, {}
    for size in (members, SMALL_GROUP):
        name = f"bench-{size}"
        directory.add_group(name, size, without=names)
        speeds[size] = load.in_turn(_in_and_out(client, name, ids), seconds)
        raw[size] = directory.change_members(name, seconds)
    lines = []
    for step, what in enumerate(("in", "out")):
        large, small = speeds[members][step], speeds[SMALL_GROUP][step]
        told = f"SCIM: PATCH, one member {what}, group of {members:,}"
        against = f"group of {SMALL_GROUP}"
        modify = "ldap3 modify of the same group"
        lines += [
            Line(what=told, gateway=large, against=against, other=small, target=1 / 1.5),
            Line(what=told, gateway=large, against=modify, other=raw[members][step]),
            Line(
                what=f"SCIM: PATCH, one member {what}, {against}",
                gateway=small,
                against=modify,
                other=raw[SMALL_GROUP][step],
            ),
        ]
    return lines


def _in_and_out(
    client: httpx.Client, name: str, ids: Sequence[str]
) -> tuple[Callable[[int], None], Callable[[int], None]]:
    """A step that adds one of these to the group of that name, and one that removes it."""
    params = {"filter": f'displayName eq "{name}"', "attributes": "id"}
    while not (found := _answer(client.get("/Groups", params=params), 200)["Resources"]):
        pass  # it was made by an LDAP tool a moment ago
    (group,) = found
    path = f"/Groups/{group['id']}"

    def add(number: int) -> None:
        member = ids[number % len(ids)]
        _patch(client, path, {"op": "add", "path": "members", "value": [{"value": member}]})

    def remove(number: int) -> None:
        member = ids[number % len(ids)]
        _patch(client, path, {"op": "remove", "path": f'members[value eq "{member}"]'})

    return add, remove


def _provisioning(client: httpx.Client, directory: RawDirectory, seconds: float) -> list[Line]:
    def post(number: int) -> None:
        _answer(client.post("/Users", json=_body(f"scim-{number}")), 201)

    def bulk(number: int) -> None:
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": name, "data": _body(name)}
            for name in (f"scim-bulk-{number}-{each}" for each in range(_BULK))
        ]
        done = _answer(
            client.post("/Bulk", json={"schemas": [_REQUEST], "Operations": operations}), 200
        )
        statuses = {operation["status"] for operation in done["Operations"]}
        if statuses != {"201"} or len(done["Operations"]) != _BULK:
            raise SystemExit(f"Bulk answered {statuses}")

    single = load.repeat(post, seconds)
    added = directory.add(seconds, like=str(_body("scim-0")["userName"]))
    return [
        Line(
            what="SCIM: POST user, one connection",
            gateway=single,
            against="ldap3 add of the same entry",
            other=added,
        ),
        Line(
            what=f"SCIM: Bulk of {_BULK} POSTs, users",
            gateway=load.repeat(bulk, seconds).times(_BULK),
            against="single POSTs",
            other=single,
        ),
    ]


def _body(name: str) -> dict[str, object]:
    """A user as identity providers send one, without a password."""
    email = f"{name}@bench.example"
    return {
        "schemas": [_USER],
        "userName": email,
        "externalId": name,
        "active": True,
        "displayName": f"Bench Mark {name}",
        "name": {"givenName": "Bench", "familyName": f"Mark {name}"},
        "emails": [{"value": email, "type": "work", "primary": True}],
        "phoneNumbers": [{"value": "+1 555 0100", "type": "work"}],
    }


def _patch(client: httpx.Client, path: str, operation: Mapping[str, object]) -> None:
    body = {"schemas": [_PATCH], "Operations": [operation]}
    _answer(client.patch(path, json=body), 204)


def _users(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _answer(client.get("/Users", params={"count": _CANDIDATES}), 200)[
        "Resources"
    ]
    return found


def _client(ready: Mapping[str, Any]) -> httpx.Client:
    headers = {
        "Authorization": f"Bearer {ready['tokens']['scim']}",
        "Content-Type": "application/scim+json",
    }
    url = ready["base_url"] + _BASE
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60)


def _answer(answer: httpx.Response, status: int) -> dict[str, Any]:
    if answer.status_code != status:
        raise SystemExit(f"{answer.request.url} answered {answer.status_code}: {answer.text}")
    body: dict[str, Any] = answer.json() if answer.content else {}
    return body
