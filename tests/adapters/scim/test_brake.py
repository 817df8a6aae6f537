"""The brake as a client meets it: too many at once are held, and it is told so."""

from tests.adapters.scim.conftest import BULK, Client, refusal


async def test_too_many_at_once_are_held(scim: Client) -> None:
    """A quarter of the tenant may go within the hour; then 429, alone as in bulk."""
    users = [(await scim.user(f"u{number}"))["id"] for number in range(60)]
    gone = [(await scim.ask("DELETE", f"/Users/{id_}")).status_code for id_ in users[:15]]
    assert set(gone) == {204}
    off = {"op": "replace", "value": {"active": False}}
    held = await scim.patch(f"/Users/{users[20]}", off)
    assert "gateway scim release" in refusal(held, 429)["detail"]
    assert int(held.headers["retry-after"]) > 0
    operation = {"method": "DELETE", "path": f"/Users/{users[21]}"}
    bulk = await scim.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": [operation]})
    assert bulk.json()["Operations"][0]["response"]["status"] == "429"
    assert (await scim.ask("GET", f"/Users/{users[20]}")).json()["active"] is True
    titled = await scim.patch(f"/Users/{users[20]}", {"op": "add", "path": "title", "value": "x"})
    assert titled.status_code == 200
