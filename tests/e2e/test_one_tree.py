"""One tree for REST and LDAP tools: what either does, the other shows.

LDAP tools see what REST does at their next request, and so does REST. What LDAP tools do is in
the mirror, from which REST reads, within milliseconds.
"""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.stack.stack import Stack
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually, soon

PASSWORD = "Corr3ct-horse battery"


@dataclass(frozen=True, slots=True)
class Site:
    """One tenant, seen through REST and through LDAP tools."""

    api: httpx.Client
    tools: LdapTools
    tenant_id: str
    base: str

    def create(self, email: str, **members: Any) -> dict[str, Any]:
        """Create a user through REST."""
        body = {"email": email, "send_welcome_email": False, **members}
        return self.data(self.api.post(self.users, json=body), 201)

    def get(self, id_: str) -> dict[str, Any]:
        """Read a user through REST."""
        return self.data(self.api.get(f"{self.users}/{id_}"))

    def find(self, **query: Any) -> dict[str, Any]:
        """List users through REST."""
        answer = self.api.get(self.users, params=query)
        assert answer.status_code == 200, answer.text
        listing: dict[str, Any] = answer.json()
        return listing

    def total(self, **query: Any) -> int:
        """How many users REST counts."""
        number: int = self.find(**query)["pagination"]["total_items"]
        return number

    def seen(self, id_: str, *names: str) -> tuple[Any, ...]:
        """Some members of a user, as REST shows them."""
        user = self.get(id_)
        return tuple(user[name] for name in names)

    def answered(self, id_: str) -> int:
        """The status of the answer to whoever asks for a user."""
        return self.api.get(f"{self.users}/{id_}").status_code

    def status(self, id_: str, status: str) -> None:
        """Set a user's status through REST."""
        answer = self.api.put(f"{self.users}/{id_}/status", json={"status": status})
        assert answer.status_code == 200, answer.text

    def dn(self, uid: str) -> str:
        """Where a user is in the tree, as ldapsearch says."""
        return self.tools.search(f"ou=people,{self.base}", f"(uid={uid})", "1.1").entry.dn

    def binds(self, uid: str, password: str = PASSWORD) -> bool:
        """Whether ldapwhoami succeeds as that user."""
        return self.tools.as_user(self.dn(uid), password).whoami().code == 0

    def add_person(self, uid: str, *, below: str = "ou=people") -> str:
        """Add a plain inetOrgPerson with ldapadd, as an admin would."""
        dn = f"uid={uid},{below},{self.base}"
        done = self.tools.add(
            f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: Sur{uid}\n"
            f"mail: {uid}@acme.example\nuserPassword: {PASSWORD}\n"
        )
        assert done.code == 0, done.err
        return dn

    def change(self, dn: str, *lines: str) -> None:
        """Apply one ldapmodify to an entry."""
        done = self.tools.modify("\n".join((f"dn: {dn}", "changetype: modify", *lines, "")))
        assert done.code == 0, done.err

    @property
    def users(self) -> str:
        """Path of the tenant's users."""
        return f"/api/v1/tenants/{self.tenant_id}/users"

    @staticmethod
    def data(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
        """The `data` member of an answer that must have that status."""
        assert answer.status_code == status, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


@pytest.fixture
def site(stack: Stack, api: httpx.Client, ldap_tools: LdapTools, tenant: dict[str, Any]) -> Site:
    """A new tenant of its own."""
    base = ldap_tools.search(stack.suffix, f"(o={tenant['slug']})", "1.1").entry.dn
    return Site(api, ldap_tools, tenant["id"], base)


def test_a_user_made_through_rest_is_a_standard_entry(site: Site) -> None:
    """With ldapsearch it is an inetOrgPerson with the attributes that every LDAP client knows."""
    user = site.create(
        "ada@acme.example",
        username="ada",
        first_name="Ada",
        last_name="Lovelace",
        display_name="Ada Lovelace",
        phone="+44 20 7946 0000",
        custom_attributes={"title": "Countess", "shoe": {"size": 37}},
        password=PASSWORD,
    )
    entry = site.tools.read(site.dn("ada"))
    assert "inetOrgPerson" in entry.texts("objectClass")
    assert entry.text("mail") == "ada@acme.example"
    assert entry.text("cn") == "Ada Lovelace"
    assert entry.text("sn") == "Lovelace"
    assert entry.text("telephoneNumber") == "+44 20 7946 0000"
    assert entry.text("title") == "Countess"
    assert (entry.text("entryUUID") or "").replace("-", "") == user["id"].removeprefix("usr_")
    assert site.binds("ada")


def test_an_entry_that_an_admin_adds_is_a_user(site: Site) -> None:
    """By ldapadd of a plain person: list, search and get show it, until ldapdelete."""
    site.add_person("grace")
    soon(lambda: site.total(search="GRACE"), 1)
    listing = site.find(search="GRACE")
    user = site.get(listing["data"][0]["id"])
    assert (user["username"], user["last_name"], user["status"]) == ("grace", "Surgrace", "ACTIVE")
    site.tools.delete(site.dn("grace"))
    soon(site.total, 0)
    soon(lambda: site.answered(user["id"]), 404)


def test_changes_show_on_the_other_side_both_ways(site: Site) -> None:
    """A PATCH shows in ldapsearch, ldapmodify in REST; neither loses the other's work."""
    dn = site.add_person("alan")
    soon(site.total, 1)
    id_ = site.find()["data"][0]["id"]
    site.change(
        dn, "add: displayName", "displayName: Alan T.", "-", "add: mail", "mail: t@x.example"
    )
    soon(lambda: site.seen(id_, "display_name"), ("Alan T.",))
    answer = site.api.patch(
        f"{site.users}/{id_}", json={"email": "turing@acme.example", "timezone": "Europe/London"}
    )
    assert site.data(answer)["email"] == "turing@acme.example"
    entry = site.tools.read(dn)
    assert sorted(entry.texts("mail")) == ["t@x.example", "turing@acme.example"]
    assert entry.text("dgwTimezone") == "Europe/London"
    assert "dgwUser" in entry.texts("objectClass")


def test_users_bind_with_passwords_set_on_either_side(site: Site) -> None:
    """A REST reset binds over LDAP; ldappasswd by the user logs in over REST."""
    user = site.create("eve@acme.example", username="eve", password=PASSWORD)
    assert site.binds("eve")
    changed = site.tools.as_user(site.dn("eve"), PASSWORD).set_password("An0ther-good one")
    assert changed.code == 0, changed.err
    login = {"login": "eve@acme.example", "password": "An0ther-good one"}
    assert site.api.post(f"{site.users}/authenticate", json=login).status_code == 200
    reset = site.api.post(
        f"/api/v1/admin/users/{user['id']}/reset-password", json={"new_password": "Third-one 4 all"}
    )
    assert reset.status_code == 200, reset.text
    assert site.binds("eve", "Third-one 4 all")
    assert not site.binds("eve", "An0ther-good one")


def test_a_lock_by_failed_binds_shows_and_unlock_clears_it(site: Site) -> None:
    """Five wrong ldapwhoami lock; REST says LOCKED, everywhere; unlock lets LDAP in again."""
    user = site.create("bob@acme.example", username="bob", password=PASSWORD)
    for _ in range(5):
        assert not site.binds("bob", "wrong")
    soon(lambda: site.seen(user["id"], "status"), ("LOCKED",))
    assert site.total(status="LOCKED") == 1
    assert site.total(status="ACTIVE") == 0
    assert not site.binds("bob")
    login = {"login": "bob", "password": PASSWORD}
    assert site.api.post(f"{site.users}/authenticate", json=login).status_code == 423
    assert site.api.post(f"/api/v1/admin/users/{user['id']}/unlock").status_code == 200
    assert site.binds("bob")
    assert not site.binds("bob", "one typo")
    assert site.get(user["id"])["status"] == "ACTIVE"


def test_a_lock_through_rest_holds_over_ldap_and_an_admin_can_clear_it(site: Site) -> None:
    """PUT LOCKED is the directory's own lock: ldapmodify sees it and takes it away."""
    user = site.create("lea@acme.example", username="lea", password=PASSWORD)
    site.status(user["id"], "LOCKED")
    assert site.get(user["id"])["status"] == "LOCKED"
    assert not site.binds("lea")
    assert site.tools.read(site.dn("lea")).text("pwdAccountLockedTime")
    site.change(site.dn("lea"), "delete: pwdAccountLockedTime")
    soon(lambda: site.seen(user["id"], "status"), ("ACTIVE",))
    assert site.binds("lea")
    site.change(site.dn("lea"), "add: pwdAccountLockedTime", "pwdAccountLockedTime: 000001010000Z")
    soon(lambda: site.seen(user["id"], "status"), ("LOCKED",))
    site.status(user["id"], "ACTIVE")
    assert site.binds("lea")


def test_disabled_and_pending_users_cannot_bind_until_either_side_ends_it(site: Site) -> None:
    """An own status keeps LDAP out too, whoever sets the password or takes the status away."""
    user = site.create("dan@acme.example", username="dan", password=PASSWORD)
    for status in ("DISABLED", "PENDING_APPROVAL", "PENDING_EMAIL_VERIFICATION"):
        site.status(user["id"], status)
        assert site.total(status=status) == 1
        assert not site.binds("dan")
        assert site.total(status=status) == 1
    reset = {"new_password": "Fresh password 9"}
    site.api.post(f"/api/v1/admin/users/{user['id']}/reset-password", json=reset)
    assert not site.binds("dan", "Fresh password 9")
    site.change(site.dn("dan"), "delete: dgwStatus")
    soon(lambda: site.seen(user["id"], "status"), ("ACTIVE",))
    assert site.binds("dan", "Fresh password 9")


def test_a_lock_runs_out_by_the_policy_that_an_admin_changes(site: Site) -> None:
    """The tenant's policy in the directory rules both sides, from the moment it is changed."""
    user = site.create("kim@acme.example", username="kim", password=PASSWORD)
    policy = f"cn=default,ou=policies,{site.base}"
    site.change(
        policy,
        "replace: pwdMaxFailure",
        "pwdMaxFailure: 2",
        "-",
        "replace: pwdLockoutDuration",
        "pwdLockoutDuration: 2",
        "-",
        "replace: pwdMinLength",
        "pwdMinLength: 12",
    )
    short = {"new_password": "short-one9"}
    refused = site.api.post(f"/api/v1/admin/users/{user['id']}/reset-password", json=short)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "new_password"]
    for _ in range(2):
        assert not site.binds("kim", "wrong")
    soon(lambda: site.seen(user["id"], "status"), ("LOCKED",))
    eventually(lambda: site.get(user["id"])["status"] == "ACTIVE")
    eventually(lambda: site.binds("kim"))  # slapd's clock advances with the kernel's ticks


def test_moves_and_renames_of_users_keep_identity_and_groups(site: Site) -> None:
    """After ldapmodrdn of a user: the same id, the new username and place, still in its groups."""
    ou = site.data(
        site.api.post(f"/api/v1/tenants/{site.tenant_id}/ous", json={"name": "Engineering"}), 201
    )
    group = site.data(
        site.api.post(
            "/api/v1/admin/groups/", json={"tenant_id": site.tenant_id, "name": "Crew, 'all' (old)"}
        ),
        201,
    )
    user = site.create("joe@acme.example", username="joe", group_ids=[group["id"]])
    people = f"ou=Engineering,ou=people,{site.base}"
    assert site.tools.rename(site.dn("joe"), "uid=joseph", new_superior=people).code == 0

    def stays_in_its_groups() -> bool:
        return [g["group_id"] for g in site.get(user["id"])["groups"]] == [group["id"]]

    place = (ou["id"], "/Engineering")
    soon(lambda: site.seen(user["id"], "username", "ou_id", "ou_path"), ("joseph", *place))
    assert site.find(ou_id=ou["id"])["data"][0]["ou_path"] == "/Engineering"
    eventually(stays_in_its_groups)  # slapd's refint works on after slapd has answered

    assert site.tools.rename(people, "ou=R/D").code == 0
    soon(lambda: site.seen(user["id"], "ou_path"), ("/R%2FD",))
    eventually(stays_in_its_groups)

    answer = site.api.patch(f"{site.users}/{user['id']}", json={"ou_id": None, "username": "jo"})
    assert site.data(answer)["ou_path"] is None
    assert site.dn("jo") == f"uid=jo,ou=people,{site.base}"
    assert site.find(group_id=group["id"])["pagination"]["total_items"] == 1


def test_group_members_agree_on_both_sides(site: Site) -> None:
    """Members added with ldapmodify and through REST are one list, memberOf included."""
    ann = site.create("ann@acme.example", username="ann")
    groups = "/api/v1/admin/groups/"
    body = {"tenant_id": site.tenant_id, "name": "Readers"}
    readers = site.data(site.api.post(groups, json=body), 201)
    dn = site.tools.search(site.base, "(cn=Readers)", "1.1").entry.dn
    site.change(dn, "add: member", f"member: {site.dn('ann')}")
    outer = site.data(
        site.api.post(groups, json={"tenant_id": site.tenant_id, "name": "Outer"}), 201
    )
    added = site.api.post(f"{groups}{outer['id']}/members", json={"member_ids": [readers["id"]]})
    assert added.status_code in {200, 204}, added.text

    def types() -> dict[str, str]:
        return {g["name"]: g["membership_type"] for g in site.get(ann["id"])["groups"]}

    soon(types, {"Readers": "DIRECT", "Outer": "NESTED"})
    member_of = site.tools.read(site.dn("ann"), "memberOf").texts("memberOf")
    assert dn.lower() in {group.lower() for group in member_of}
    assert site.total(group_id=outer["id"]) == 1
    site.change(dn, "delete: member", f"member: {site.dn('ann')}")
    soon(lambda: not types(), expected=True)
    assert site.total(group_id=outer["id"]) == 0


def test_a_soft_deleted_user_is_gone_everywhere_and_comes_back_whole(site: Site) -> None:
    """DELETE: no bind, no list, e-mail free; the entry waits in ou=deleted; restore undoes it."""
    user = site.create("max@acme.example", username="max", password=PASSWORD)
    dn = site.dn("max")
    gone = site.api.delete(
        f"{site.users}/{user['id']}", params={"confirm_email": "MAX@acme.example"}
    )
    assert gone.status_code == 204, gone.text
    retired = site.tools.search(f"ou=deleted,{site.base}", "(uid=max)", "1.1").entry.dn
    assert retired == f"cn={user['id']},ou=deleted,{site.base}"
    assert site.tools.as_user(retired, PASSWORD).whoami().code == 49
    assert site.answered(user["id"]) == 404
    other = site.create("max@acme.example", username="max")
    taken = site.api.post(f"/api/v1/admin/users/{user['id']}/restore")
    assert taken.status_code == 409
    assert site.tools.delete(dn).code == 0
    soon(lambda: site.answered(other["id"]), 404)
    back = site.data(site.api.post(f"/api/v1/admin/users/{user['id']}/restore"))
    assert back["email"] == "max@acme.example"
    assert site.dn("max") == dn
    assert site.binds("max")


def test_a_tenant_that_an_admin_adds_works(site: Site) -> None:
    """After ldapadd of a bare organization it is listed, empty, and takes users."""
    slug = f"by-hand-{site.tenant_id[-8:]}"
    base = f"o={slug},{site.base.partition(',')[2]}"
    done = site.tools.add(f"dn: {base}\nobjectClass: organization\no: {slug}\n")
    assert done.code == 0, done.err
    soon(lambda: site.api.get(f"/api/v1/tenants/{slug}/users").status_code, 200)
    listing = site.api.get(f"/api/v1/tenants/{slug}/users")
    assert listing.json()["pagination"]["total_items"] == 0
    body = {"email": "first@hand.example", "send_welcome_email": False}
    assert site.api.post(f"/api/v1/tenants/{slug}/users", json=body).status_code == 201
    assert site.api.post(f"/api/v1/tenants/{slug}/users", json=body).status_code == 409
