"""Anything that may be done to a tenant, by REST, by SCIM and by LDAP tools.

Whoever does something picks among what is there by numbers, so that any sequence of numbers
means something. What is refused is refused, and changes nothing, or a part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from tests.stack.tools import LdapTools

PASSWORD = "Corr3ct-horse battery"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
FOREVER = "000001010000Z"
TEXTS = ("Zoë", "ann", "ANN", "Émile Ω", "b c", "-", "a*b\\c", "ann lee")
PLACEHOLDER = "cn=placeholder,ou=services"

Json = dict[str, Any]


@dataclass(slots=True)
class Tenant:
    """One tenant, the workers that are asked about it in turn, and the tools."""

    workers: tuple[httpx.Client, ...]
    tools: LdapTools
    suffix: str
    id: str
    scim: Mapping[str, str]
    numbers: "count[int]" = field(default_factory=count)
    turn: int = 0

    @property
    def base(self) -> str:
        """The tenant's entry, wherever it is by now."""
        dashed = UUID(self.id.removeprefix("tnt_"))
        return self.tools.search(self.suffix, f"(entryUUID={dashed})", "1.1").entry.dn

    @property
    def users(self) -> str:
        """Path of the tenant's users."""
        return f"/api/v1/tenants/{self.id}/users"

    def ask(self, method: str, path: str, body: Any = None, *, scim: bool = False) -> Any:
        """Ask the worker whose turn it is; the data, None where it refuses."""
        self.turn += 1
        worker = self.workers[self.turn % len(self.workers)]
        answer = worker.request(method, path, json=body, headers=self.scim if scim else None)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
        if not answer.is_success or not answer.content:
            return None
        return answer.json() if scim else answer.json().get("data")

    def picked(self, path: str, number: int) -> str | None:
        """The id of one of those that a worker lists."""
        found: list[dict[str, str]] | None = self.ask("GET", path)
        return found[number % len(found)]["id"] if found else None

    def user(self, number: int) -> str | None:
        """One of the users."""
        return self.picked(f"{self.users}?sort_by=email&sort_order=asc", number)

    def group(self, number: int) -> str | None:
        """One of the groups."""
        return self.picked(f"/api/v1/admin/groups/?tenant_id={self.id}", number)

    def ou(self, number: int) -> str | None:
        """One of the units; or the root."""
        found = self.ask("GET", f"/api/v1/tenants/{self.id}/ous") or []
        places: list[str | None] = [None, *(each["id"] for each in found)]
        return places[number % len(places)]

    def dn(self, below: str, filter_: str, number: int) -> str | None:
        """One of the entries that LDAP tools find."""
        found = self.tools.search(f"{below},{self.base}", filter_, "1.1").entries
        return found[number % len(found)].dn if found else None

    def person(self, number: int) -> str | None:
        """One of the users' entries."""
        return self.dn("ou=people", "(objectClass=inetOrgPerson)", number)

    def unit(self, number: int) -> str:
        """One of the units' entries, or that of all people."""
        dn = self.dn("ou=people", "(objectClass=organizationalUnit)", number)
        assert dn is not None
        return dn

    def team(self, number: int) -> str | None:
        """One of the groups' entries."""
        return self.dn("ou=groups", "(objectClass=groupOfNames)", number)

    def change(self, dn: str | None, *lines: str) -> None:
        """Apply ldapmodify."""
        if dn is not None:
            self.tools.modify("\n".join((f"dn: {dn}", "changetype: modify", *lines, "")))


def rest_add(at: Tenant, a: int, b: int) -> None:
    """A new user, with groups and a unit or without."""
    n = next(at.numbers)
    group = at.group(b) if a % 3 == 0 else None
    body = {
        "email": f"r{n}@x.example",
        "username": f"r{n}",
        "display_name": TEXTS[a % len(TEXTS)],
        "first_name": TEXTS[b % len(TEXTS)] if a % 2 else None,
        "password": PASSWORD,
        "ou_id": at.ou(b) if a % 5 else None,
        "group_ids": [group] if group else [],
        "send_welcome_email": False,
    }
    at.ask("POST", at.users, body)


def rest_patch(at: Tenant, a: int, b: int) -> None:
    """Names, places and addresses."""
    n = next(at.numbers)
    values: list[Json] = [
        {"display_name": TEXTS[b % len(TEXTS)]},
        {"last_name": None, "phone": f"+44 {b}"},
        {"username": f"renamed{n}"},
        {"email": f"R{n}@y.example"},
        {"ou_id": at.ou(b)},
        {"custom_attributes": {"title": TEXTS[b % len(TEXTS)], "n": b}},
        {"custom_attributes": None, "first_name": TEXTS[b % len(TEXTS)]},
    ]
    at.ask("PATCH", f"/api/v1/admin/users/{at.user(a)}", values[b % len(values)])


def rest_status(at: Tenant, a: int, b: int) -> None:
    """Locks, disables and enables."""
    status = ("ACTIVE", "DISABLED", "LOCKED", "PENDING_APPROVAL")[b % 4]
    at.ask("PUT", f"{at.users}/{at.user(a)}/status", {"status": status})


def rest_unlock(at: Tenant, a: int, b: int) -> None:
    """Unlocks, or sets a password."""
    path = f"/api/v1/admin/users/{at.user(a)}"
    if b % 2:
        at.ask("POST", f"{path}/reset-password", {"new_password": PASSWORD})
    else:
        at.ask("POST", f"{path}/unlock")


def rest_delete(at: Tenant, a: int, b: int) -> None:
    """Retires a user, and maybe restores it, or another one that was retired by hand."""
    id_ = at.user(a)
    at.ask("DELETE", f"/api/v1/admin/users/{id_}")
    if b % 2:
        at.ask("POST", f"/api/v1/admin/users/{id_}/restore")


def rest_logins(at: Tenant, a: int, b: int) -> None:
    """Wrong and right passwords."""
    user = at.ask("GET", f"{at.users}/{at.user(a)}")
    if user is not None:
        for n in range(3):
            word = PASSWORD if b % 3 == 0 and n == 2 else "wrong password"
            login = {"login": user["email"], "password": word}
            at.ask("POST", f"{at.users}/authenticate", login)


def rest_group(at: Tenant, a: int, b: int) -> None:
    """A new group, or one less."""
    if b % 3:
        body = {"tenant_id": at.id, "name": f"{TEXTS[a % len(TEXTS)]} {next(at.numbers)}"}
        at.ask("POST", "/api/v1/admin/groups/", body)
    else:
        at.ask("DELETE", f"/api/v1/admin/groups/{at.group(a)}")


def rest_join(at: Tenant, a: int, b: int) -> None:
    """A user or a group becomes a member of a group."""
    member = at.group(b + 1) if b % 3 == 0 else at.user(b)
    path = f"/api/v1/admin/groups/{at.group(a)}/members"
    at.ask("POST", path, {"member_ids": [member]})


def rest_leave(at: Tenant, a: int, b: int) -> None:
    """A member leaves a group."""
    path = f"/api/v1/admin/groups/{at.group(a)}/members"
    at.ask("DELETE", f"{path}/{at.picked(path, b)}")


def rest_ou(at: Tenant, a: int, b: int) -> None:
    """A new unit, or one less."""
    path = f"/api/v1/tenants/{at.id}/ous"
    if b % 3:
        at.ask("POST", path, {"name": f"unit {next(at.numbers)}", "parent_id": at.ou(a)})
    else:
        at.ask("DELETE", f"{path}/{at.ou(a)}")


def scim_add(at: Tenant, a: int, b: int) -> None:
    """A new user or group."""
    n = next(at.numbers)
    if b % 3:
        body = {
            "schemas": [USER],
            "userName": f"s{n}",
            "displayName": TEXTS[a % len(TEXTS)],
            "emails": [{"value": f"s{n}@x.example"}, {"value": f"s{n}@z.example"}],
            "externalId": f"ext-{n}",
            "active": bool(b % 2),
        }
        at.ask("POST", "/scim/v2/Users", body, scim=True)
    else:
        members = [{"value": id_} for id_ in (at.user(a), at.user(b)) if id_]
        body = {"schemas": [GROUP], "displayName": f"scim {n}", "members": members}
        at.ask("POST", "/scim/v2/Groups", body, scim=True)


def scim_patch(at: Tenant, a: int, b: int) -> None:
    """A user's values, or a group's name and members."""
    operations: list[Json] = [
        {"op": "replace", "path": "active", "value": b % 2 == 0},
        {"op": "replace", "path": "title", "value": TEXTS[b % len(TEXTS)]},
        {"op": "remove", "path": "name.givenName"},
        {"op": "add", "path": "emails", "value": [{"value": f"p{next(at.numbers)}@x.example"}]},
    ]
    body = {"schemas": [PATCH], "Operations": [operations[b % len(operations)]]}
    at.ask("PATCH", f"/scim/v2/Users/{at.user(a)}", body, scim=True)


def scim_team(at: Tenant, a: int, b: int) -> None:
    """A group's name, one more member, or all others."""
    member = {"value": at.user(b)}
    operations: list[Json] = [
        {"op": "replace", "path": "displayName", "value": f"again {next(at.numbers)}"},
        {"op": "add", "path": "members", "value": [member]},
        {"op": "replace", "path": "members", "value": [member]},
    ]
    body = {"schemas": [PATCH], "Operations": [operations[b % len(operations)]]}
    at.ask("PATCH", f"/scim/v2/Groups/{at.group(a)}", body, scim=True)


def scim_delete(at: Tenant, a: int, b: int) -> None:
    """A user or a group less."""
    path = f"Users/{at.user(a)}" if b % 3 else f"Groups/{at.group(a)}"
    at.ask("DELETE", f"/scim/v2/{path}", scim=True)


def ldap_add(at: Tenant, a: int, b: int) -> None:
    """A plain person in some unit."""
    n = next(at.numbers)
    more = (f"displayName: {TEXTS[0]} {n}", "title: Count", "description: x")[b % 3]
    at.tools.add(
        f"dn: uid=l{n},{at.unit(a)}\nobjectClass: inetOrgPerson\nuid: l{n}\ncn: l{n}\n"
        f"sn: {TEXTS[1]}\nmail: l{n}@x.example\nuserPassword: {PASSWORD}\n{more}\n"
    )


def ldap_modify(at: Tenant, a: int, b: int) -> None:
    """Values of a person, also those that hide and lock."""
    n = next(at.numbers)
    retired = ("add: objectClass", "objectClass: dgwUser", "-") if b % 2 else ()
    changes: list[tuple[str, ...]] = [
        ("replace: displayName", f"displayName: {TEXTS[a % 4]}"),
        ("replace: displayName",),
        ("add: mail", f"mail: more{n}@x.example"),
        ("replace: mail",),
        ("replace: title", f"title: {TEXTS[a % 4]}"),
        ("add: objectClass", "objectClass: dgwUser", "-", "add: dgwStatus", "dgwStatus: DISABLED"),
        ("delete: dgwStatus",),
        (*retired, "add: dgwDeletedAt", "dgwDeletedAt: 20260101000000Z"),
        ("delete: dgwDeletedAt",),
        ("add: pwdAccountLockedTime", f"pwdAccountLockedTime: {FOREVER}"),
        ("delete: pwdAccountLockedTime",),
    ]
    at.change(at.person(a), *changes[b % len(changes)])


def ldap_move(at: Tenant, a: int, b: int) -> None:
    """A person gets another name, or another place, or both."""
    dn = at.person(a)
    if dn is not None:
        name = f"uid=m{next(at.numbers)}" if b % 2 else dn.partition(",")[0]
        at.tools.rename(dn, name, new_superior=at.unit(b) if b % 3 else None)


def ldap_unit(at: Tenant, a: int, b: int) -> None:
    """A unit comes, is renamed or moved with all below it, or goes with all below it."""
    dn, n = at.unit(a), next(at.numbers)
    if b % 5 < 2 or dn.startswith("ou=people,"):
        at.tools.add(f"dn: ou=u{n},{dn}\nobjectClass: organizationalUnit\nou: u{n}\n")
    elif b % 5 == 2:
        at.tools.rename(dn, f"ou=v{n}")
    elif b % 5 == 3:
        at.tools.rename(dn, dn.partition(",")[0], new_superior=at.unit(b))
    else:
        at.tools.delete("-r", dn)


def ldap_delete(at: Tenant, a: int, b: int) -> None:
    """A person or a group less."""
    dn = at.person(a) if b % 3 else at.team(a)
    if dn is not None:
        at.tools.delete(dn)


def ldap_team(at: Tenant, a: int, b: int) -> None:
    """A group comes with members, or has another name, or others in it."""
    dn, n = at.team(a), next(at.numbers)
    member = at.person(b) if b % 4 else at.team(b)
    if dn is None or b % 5 == 0:
        values = member or f"{PLACEHOLDER},{at.suffix}"
        at.tools.add(
            f"dn: cn=g{n},ou=groups,{at.base}\nobjectClass: groupOfNames\ncn: g{n}\n"
            f"member: {values}\n"
        )
    elif b % 5 == 1:
        at.tools.rename(dn, f"cn=h{n}")
    elif member is not None:
        at.change(dn, f"{'add' if b % 5 < 4 else 'delete'}: member", f"member: {member}")


def ldap_binds(at: Tenant, a: int, b: int) -> None:
    """Wrong and right passwords."""
    dn = at.person(a)
    if dn is not None:
        for word in ["wrong"] * (b % 4) or [PASSWORD]:
            at.tools.as_user(dn, word).whoami()


def ldap_policy(at: Tenant, a: int, b: int) -> None:
    """When and for how long the tenant's users are locked; 0 is for ever."""
    at.change(
        f"cn=default,ou=policies,{at.base}",
        *("replace: pwdMaxFailure", f"pwdMaxFailure: {2 + a % 2}", "-"),
        *("replace: pwdLockoutDuration", f"pwdLockoutDuration: {(0, 1, 2, 300)[b % 4]}"),
    )


def ldap_tenant(at: Tenant, a: int, b: int) -> None:
    """The tenant itself has another name, and with it all that is below it; sometimes."""
    del b
    if a % 3 == 0:
        at.tools.rename(at.base, f"o=t-{at.id[-8:]}-{next(at.numbers)}")


Doing = Callable[[Tenant, int, int], None]

BY_GATEWAY: tuple[Doing, ...] = (
    *(rest_add, rest_patch, rest_status, rest_unlock, rest_delete, rest_logins, rest_group),
    *(rest_join, rest_leave, rest_ou, scim_add, scim_patch, scim_team, scim_delete),
)
BY_TOOLS: tuple[Doing, ...] = (
    *(ldap_add, ldap_modify, ldap_move, ldap_unit, ldap_delete, ldap_team, ldap_binds),
    *(ldap_policy, ldap_tenant),
)
