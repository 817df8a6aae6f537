"""Every operation of SCIM, with a request that is right: what tests walk."""

from dataclasses import dataclass
from typing import Any

from tests.adapters.scim.conftest import BULK, PATCH, SEARCH, USER, Client

REPLACED = {"schemas": [USER], "userName": "ann", "displayName": "Ann"}
RENAMED = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": "x"}}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One operation; `{user}` and `{group}` in its path are ids."""

    method: str
    path: str
    action: str = "scim.discovery"
    status: int = 200
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


DISCOVERY = (
    Asking(method="GET", path="/ServiceProviderConfig"),
    Asking(method="GET", path="/ResourceTypes"),
    Asking(method="GET", path="/ResourceTypes/User"),
    Asking(method="GET", path="/Schemas"),
    Asking(method="GET", path=f"/Schemas/{USER}"),
)
ME = tuple(
    Asking(method=method, path="/Me", status=501, body=body)
    for method, body in (
        ("GET", None),
        ("POST", {}),
        ("PUT", {}),
        ("PATCH", {}),
        ("DELETE", None),
    )
)
OPERATIONS = (
    *DISCOVERY,
    *ME,
    Asking(method="GET", path="/Users", action="scim.users.read"),
    Asking(method="GET", path="/Users/{user}", action="scim.users.read"),
    Asking(method="POST", path="/Users/.search", action="scim.users.read", body={}),
    Asking(
        method="POST",
        path="/Users",
        action="scim.users.create",
        status=201,
        body={"schemas": [USER], "userName": "new"},
    ),
    Asking(method="PUT", path="/Users/{user}", action="scim.users.update", body=REPLACED),
    Asking(method="PATCH", path="/Users/{user}", action="scim.users.update", body=RENAMED),
    Asking(method="DELETE", path="/Users/{user}", action="scim.users.delete", status=204),
    Asking(method="GET", path="/Groups", action="scim.groups.read"),
    Asking(method="GET", path="/Groups/{group}", action="scim.groups.read"),
    Asking(method="POST", path="/Groups/.search", action="scim.groups.read", body={}),
    Asking(
        method="POST",
        path="/Groups",
        action="scim.groups.create",
        status=201,
        body={"displayName": "new"},
    ),
    Asking(
        method="PUT", path="/Groups/{group}", action="scim.groups.update", body={"displayName": "x"}
    ),
    Asking(method="PATCH", path="/Groups/{group}", action="scim.groups.update", body=RENAMED),
    Asking(method="DELETE", path="/Groups/{group}", action="scim.groups.delete", status=204),
    Asking(method="GET", path="/", action="scim.users.read"),
    Asking(method="POST", path="/.search", action="scim.users.read", body={"schemas": [SEARCH]}),
    Asking(method="POST", path="/Bulk", body={"schemas": [BULK], "Operations": []}),
)
"""One of each kind."""


async def furnished(scim: Client) -> dict[str, str]:
    """Ids of a user and a group, to fill paths with."""
    user = await scim.user("ann")
    group = await scim.group("team", user["id"])
    return {"user": user["id"], "group": group["id"]}
