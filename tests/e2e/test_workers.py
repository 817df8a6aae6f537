"""Two workers and a feed: what is written at one is in the next answer of the other.

Nobody waits here. Before each write the worker that is asked afterwards has given all these
answers twice, so it has them in its memory.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.e2e.figures import from_directory, sources
from tests.e2e.live import EFFORT

ROUNDS = EFFORT
Json = dict[str, Any]


@dataclass(slots=True)
class Place:
    """One worker, asked about one tenant; `seen` is what its ETags stand for."""

    http: httpx.Client
    tenant: Json
    scim: Mapping[str, str]
    seen: dict[str, tuple[str, Json]] = field(default_factory=dict)

    @property
    def users(self) -> str:
        """Path of the tenant's users."""
        return f"/api/v1/tenants/{self.tenant['slug']}/users"

    def send(self, method: str, path: str, body: Any = None, *, scim: bool = False) -> Any:
        """A write that must succeed; its data."""
        headers = self.scim if scim else None
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        if not answer.content:
            return None
        return answer.json() if scim else answer.json().get("data")

    def read(self, path: str, **query: Any) -> Json | int:
        """What is there, asked for as a client that keeps answers; else the status."""
        known = self.seen.get(path)
        headers = {"If-None-Match": known[0]} if known else {}
        answer = self.http.get(path, params=query, headers=headers)
        if answer.status_code == 304:
            assert known is not None
            return known[1]
        if answer.status_code != 200:
            return answer.status_code
        data: Json = answer.json()["data"]
        if "etag" in answer.headers:
            self.seen[path] = answer.headers["etag"], data
        return data

    def listed(self, path: str = "", **query: Any) -> tuple[int, list[str]]:
        """A listing's total, and the ids of its first page."""
        answer = self.http.get(path or self.users, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        return page["pagination"]["total_items"], sorted(item["id"] for item in page["data"])

    def found(self, path: str, **query: Any) -> Json | int:
        """What SCIM answers."""
        answer = self.http.get(f"/scim/v2{path}", params=query, headers=self.scim)
        found: Json = answer.json()
        return found if answer.status_code == 200 else answer.status_code


@dataclass(slots=True, kw_only=True)
class Person:
    """What everybody has to see of one user, who comes and goes in a tenant with one other."""

    id: str
    email: str
    group: str
    ou: str
    there: bool = True
    status: str = "ACTIVE"
    display_name: str | None = None
    title: str | None = None
    in_group: bool = False
    in_ou: bool = False

    def expected(self, other: str) -> Json:
        """All of it."""
        ids = [self.id] if self.there else []
        everybody = sorted([*ids, other])
        own = (1, [self.id])
        none: tuple[int, list[str]] = (0, [])
        shown = {
            "display_name": self.display_name,
            "status": self.status,
            "ou_path": "/Crew" if self.in_ou else None,
            "groups": [self.group] if self.in_group else [],
            "title": self.title,
        }
        active = [other] + ([self.id] if self.there and self.status == "ACTIVE" else [])
        return {
            "user": shown if self.there else 404,
            "again": shown if self.there else 404,
            "groups": ([self.group] if self.in_group else []) if self.there else 404,
            "all": (len(everybody), everybody),
            "search": own if self.there else none,
            "everywhere": own if self.there else none,
            "active": (len(active), sorted(active)),
            "disabled": own if self.there and self.status == "DISABLED" else none,
            "locked": own if self.there and self.status == "LOCKED" else none,
            "in group": own if self.there and self.in_group else none,
            "in ou": own if self.there and self.in_ou else none,
            "members": [self.id] if self.there and self.in_group else [],
            "scim": (self.title, self.status != "DISABLED") if self.there else 404,
            "scim found": len(ids),
        }

    def shown(self, at: Place) -> Json:
        """What a worker shows of it."""
        own = f"/api/v1/admin/users/{self.id}"
        groups: Any = at.read(f"{own}/groups")
        members = at.http.get(f"/api/v1/admin/groups/{self.group}/members").json()["data"]
        document = at.found(f"/Users/{self.id}")
        by_name = at.found("/Users", filter=f'emails.value eq "{self.email}"')
        assert isinstance(by_name, dict)
        return {
            "user": _user(at.read(own)),
            "again": _user(at.read(f"{at.users}/{self.id}")),
            "groups": groups if isinstance(groups, int) else [each["group_id"] for each in groups],
            "all": at.listed(sort_by="email"),
            "search": at.listed(search=self.email.upper()),
            "everywhere": at.listed("/api/v1/admin/users/", search=self.email),
            "active": at.listed(status="ACTIVE"),
            "disabled": at.listed(status="DISABLED"),
            "locked": at.listed(status="LOCKED"),
            "in group": at.listed(group_id=self.group),
            "in ou": at.listed(ou_id=self.ou),
            "members": [member["id"] for member in members],
            "scim": document
            if isinstance(document, int)
            else (document.get("title"), document["active"]),
            "scim found": by_name["totalResults"],
        }


def _user(data: Json | int) -> Json | int:
    if isinstance(data, int):
        return data
    return {
        "display_name": data["display_name"],
        "status": data["status"],
        "ou_path": data["ou_path"],
        "groups": [group["group_id"] for group in data["groups"]],
        "title": (data["custom_attributes"] or {}).get("title"),
    }


def _places(workers: tuple[httpx.Client, ...], tenant: Json) -> list[Place]:
    asked = {"tenant_id": tenant["id"], "name": "idp"}
    made = workers[0].post("/api/v1/admin/scim-tokens/", json=asked)
    bearer = {"Authorization": f"Bearer {made.json()['data']['token']}"}
    return [Place(worker, tenant, bearer) for worker in workers]


@pytest.fixture
def places(workers: tuple[httpx.Client, ...], tenant: Json) -> list[Place]:
    """The two workers, asked about a new tenant."""
    return _places(workers, tenant)


def test_a_write_at_one_is_in_the_next_answer_of_the_other(
    workers: tuple[httpx.Client, ...], places: list[Place]
) -> None:
    """GET, lists, totals, search, ETags, memberships, units and SCIM, with hundreds of answers."""
    one, two = places
    slug = one.tenant["slug"]
    groups = "/api/v1/admin/groups/"
    group = one.send("POST", groups, {"tenant_id": one.tenant["id"], "name": "Crew"})["id"]
    ou = one.send("POST", f"/api/v1/tenants/{slug}/ous", {"name": "Crew"})["id"]
    other = one.send("POST", one.users, {"email": "other@x.example", "send_welcome_email": False})[
        "id"
    ]
    with sources(workers) as counted:
        for n in range(ROUNDS):
            one, two = two, one
            email = f"u{n}@x.example"
            made = one.send("POST", one.users, {"email": email, "send_welcome_email": False})
            person = Person(id=made["id"], email=email, group=group, ou=ou)
            path = f"/api/v1/admin/users/{person.id}"

            def seen(what: str, person: Person = person, at: Place = two, n: int = n) -> None:
                expected = person.expected(other)
                assert person.shown(at) == expected, (n, what)
                assert person.shown(at) == expected, (n, what, "once more")

            seen("POST")
            person.display_name = f"Ann {n}"
            one.send("PATCH", path, {"display_name": person.display_name})
            seen("PATCH")
            for status in ("DISABLED", "ACTIVE", "LOCKED"):
                person.status = status
                one.send("PUT", f"{one.users}/{person.id}/status", {"status": status})
                seen(status)
            person.status = "ACTIVE"
            one.send("POST", f"{path}/unlock")
            seen("unlock")
            person.in_group = True
            one.send("POST", f"{groups}{group}/members", {"member_ids": [person.id]})
            seen("join")
            person.title = f"Captain {n}"
            _patch(one, person.id, {"op": "replace", "path": "title", "value": person.title})
            seen("SCIM PATCH")
            person.in_ou = True
            one.send("PATCH", path, {"ou_id": ou})
            seen("move")
            person.in_group = False
            one.send("DELETE", f"{groups}{group}/members/{person.id}")
            seen("leave")
            person.status = "DISABLED"
            _patch(one, person.id, {"op": "replace", "value": {"active": False}})
            seen("SCIM deactivation")
            person.there = False
            one.send("DELETE", path)
            seen("DELETE")
            person.there = True
            one.send("POST", f"{path}/restore")
            seen("restore")
            person.there = False
            one.send("DELETE", f"/scim/v2/Users/{person.id}", scim=True)
            seen("SCIM DELETE")
    assert counted["kept"] > ROUNDS * 30
    assert from_directory(counted) < 0.1, counted


def _patch(at: Place, id_: str, operation: Json) -> None:
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    at.send("PATCH", f"/scim/v2/Users/{id_}", body, scim=True)


def test_writes_at_both_at_the_same_time_show_at_once(
    workers: tuple[httpx.Client, ...], places: list[Place]
) -> None:
    """Several clients write, each at one worker, and each reads its own work at the other."""

    def works(number: int) -> None:
        writer, reader = places[number % 2], places[(number + 1) % 2]
        email = f"c{number}@x.example"
        made = writer.send("POST", writer.users, {"email": email, "send_welcome_email": False})
        path = f"{writer.users}/{made['id']}"
        for n in range(12 * EFFORT):
            name = f"client {number} at {n}"
            writer.send("PATCH", path, {"display_name": name})
            answer = reader.http.get(path)
            assert answer.json()["data"]["display_name"] == name
            assert reader.listed(search=name) == (1, [made["id"]])
            again = reader.http.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304
            if n % 4 == 0:
                status = ("DISABLED", "ACTIVE")[n // 4 % 2]
                writer.send("PUT", f"{path}/status", {"status": status})
                assert made["id"] in reader.listed(status=status, per_page=200)[1]

    with sources(workers) as counted, ThreadPoolExecutor(4) as clients:
        list(clients.map(works, range(4)))
    assert from_directory(counted) < 0.3, counted
