"""Versions: fresh copies and lost races (RFC 7644, 3.14)."""

from itertools import count
from typing import Any

import pytest
from scim2_models import Resource

from adapters.scim.storage import ServiceStorage
from tests.adapters.scim.conftest import BULK, PATCH, USER, Client, refusal

TITLED = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "x"}]}
NAMED = {"schemas": [USER], "userName": "ann", "displayName": "Ann"}
WRITES = [("PUT", NAMED), ("PATCH", TITLED), ("DELETE", None)]


async def test_the_header_is_the_version(scim: Client) -> None:
    """POST, GET, PUT and PATCH tell it in both places; a fresh copy is not sent again."""
    ann = await scim.user("ann")
    path = f"/Users/{ann['id']}"
    versions = [ann["meta"]["version"]]
    for method, document in (("GET", None), *WRITES[:2]):
        answer = await scim.ask(method, path, document)
        assert answer.headers["etag"] == answer.json()["meta"]["version"]
        versions.append(answer.headers["etag"])
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3
    fresh = await scim.ask("GET", path, headers={"If-None-Match": versions[-1]})
    assert (fresh.status_code, fresh.content, fresh.headers["etag"]) == (304, b"", versions[-1])
    assert (await scim.ask("GET", path, headers={"If-None-Match": versions[0]})).status_code == 200


@pytest.mark.parametrize(("method", "document"), WRITES)
async def test_a_write_names_what_it_was_made_of(
    scim: Client, method: str, document: dict[str, object] | None
) -> None:
    """An older version is 412 and changes nothing; the current one, among others, goes on."""
    ann = await scim.user("ann")
    path, old = f"/Users/{ann['id']}", ann["meta"]["version"]
    changed = await scim.patch(path, {"op": "add", "path": "nickName", "value": "n"})
    current = changed.headers["etag"]
    for stale in (old, 'W/"x"', "nonsense,", f'{old}, "y"'):
        refusal(await scim.ask(method, path, document, headers={"If-Match": stale}), 412)
    assert (await scim.ask("GET", path)).headers["etag"] == current
    right = await scim.ask(method, path, document, headers={"If-Match": f'"z", {current}'})
    assert right.status_code in {200, 204}, right.text


async def test_any_version_is_no_version(scim: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """`*` asks only that there is something: who changes it meanwhile stops nobody."""
    ann = await scim.user("ann")
    path, current = f"/Users/{ann['id']}", ann["meta"]["version"]
    users = (await scim.house.world.tenant("alpha")).users
    look, number = ServiceStorage.get, count()

    async def overtaken(self: ServiceStorage, *asked: Any, **more: Any) -> Resource[Any]:
        seen = await look(self, *asked, **more)
        await users.update(ann["id"], {"first_name": f"n{next(number)}"})
        return seen

    monkeypatch.setattr(ServiceStorage, "get", overtaken)
    refusal(await scim.ask("PATCH", path, TITLED, headers={"If-Match": current}), 412)
    answer = await scim.ask("PATCH", path, TITLED, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["title"]) == (200, "x")
    absent = f"/Users/usr_{'0' * 32}"
    refusal(await scim.ask("DELETE", absent, headers={"If-Match": "*"}), 404)


async def test_a_version_outlives_what_others_do(scim: Client) -> None:
    """Joining a group makes another copy of a user, but is no change of its entry."""
    ann = await scim.user("ann")
    path, version = f"/Users/{ann['id']}", ann["meta"]["version"]
    await scim.group("team", ann["id"])
    assert (await scim.ask("GET", path, headers={"If-None-Match": version})).status_code == 200
    answer = await scim.ask("PATCH", path, TITLED, headers={"If-Match": version})
    assert answer.status_code == 200


async def test_members_are_part_of_a_groups_version(scim: Client) -> None:
    """A change of members is one, and an older version does not bring them back."""
    ann = await scim.user("ann")
    team = await scim.group("team")
    path, old = f"/Groups/{team['id']}", team["meta"]["version"]
    join = {"op": "add", "path": "members", "value": [{"value": ann["id"]}]}
    joined = await scim.patch(path, join)
    assert (joined.status_code, joined.content) == (204, b"")
    assert joined.headers["etag"] == (await scim.ask("GET", path)).headers["etag"] != old
    refusal(await scim.patch(path, join, headers={"If-Match": old}), 412)
    refusal(await scim.ask("PUT", path, {"displayName": "x"}, headers={"If-Match": old}), 412)
    refusal(await scim.ask("DELETE", path, headers={"If-Match": old}), 412)
    answer = await scim.patch(path, join, headers={"If-Match": joined.headers["etag"]})
    assert answer.status_code == 204


async def test_operations_in_bulk_have_versions_too(scim: Client) -> None:
    """`version` is the If-Match of its operation, and the result tells the new one."""
    ann = await scim.user("ann")
    operation = {"path": f"/Users/{ann['id']}", "version": ann["meta"]["version"]}
    operations = [
        {**operation, "method": "PATCH", "data": TITLED},
        {**operation, "method": "PUT", "data": NAMED},
        {**operation, "method": "DELETE"},
    ]
    answer = await scim.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    results = answer.json()["Operations"]
    assert [each["status"] for each in results] == ["200", "412", "412"]
    now = await scim.ask("GET", f"/Users/{ann['id']}")
    assert results[0]["version"] == now.headers["etag"]
