"""Users that LDAP tools add, change, move, rename, lock and delete, seen right at the next call."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.settings import LdapSettings
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Taken
from gateway.domain.model import IdentitySource
from gateway.domain.query import Below, Compare, MemberOf, Query, Sort, StatusIs, TextSearch
from gateway.domain.status import FOREVER, UserStatus
from gateway.ports import BindOutcome
from tests.adapters.ldap.stores import Both, MeddledClient, directory_of, eventually
from tests.stack.entries import PASSWORD, change, done, user

ACTIVE, LOCKED, DISABLED = UserStatus.ACTIVE, UserStatus.LOCKED, UserStatus.DISABLED


def edit(both: Both, dn: str, how: str, attribute: str, *values: str) -> None:
    """Change an attribute with ldapmodify."""
    done(both.admin.tools.modify(change(dn, how, attribute, *values)))


async def test_an_entry_that_ldapadd_adds_is_a_user(both: Both) -> None:
    """Without our class, without a policy: it is found, listed, binds, and can be changed."""
    dn = f"uid=ann,{both.admin.people}"
    done(
        both.admin.tools.add(
            f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann B\nsn: B\n"
            f"mail: ann@example.org\nmail: second@example.org\nuserPassword: {PASSWORD}\n"
        )
    )
    users = both.gateway.users
    ann = await users.by_login("second@example.org")
    assert (ann.username, ann.email, ann.last_name) == ("ann", "ann@example.org", "B")
    assert (ann.status, ann.identity_source) == (ACTIVE, IdentitySource.LOCAL)
    assert await both.usernames() == ["ann"]
    assert await users.bind(ann, PASSWORD) is BindOutcome.OK
    changed = await users.update(ann.id, {"mfa_enabled": True, "email": "new@example.org"})
    assert (changed.mfa_enabled, changed.email) == (True, "new@example.org")
    entry = both.admin.tools.read(dn)
    assert entry.texts("mail") == ("new@example.org", "second@example.org")
    assert set(entry.texts("objectClass")) == {"inetOrgPerson", "dgwUser"}


async def test_an_entry_without_mail_is_no_user_until_it_has_one(both: Both) -> None:
    """Nothing shows it, but its username is taken all the same."""
    dn = f"uid=ann,{both.admin.people}"
    done(
        both.admin.tools.add(f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: Ann\n")
    )
    assert await both.usernames() == []
    with pytest.raises(NotFound):
        await both.gateway.users.by_login("ann")
    with pytest.raises(Taken):
        await both.gateway.users.add({"username": "ann", "email": "a@example.org"})
    edit(both, dn, "add", "mail", "ann@example.org")
    assert await both.usernames() == ["ann"]


async def test_changes_by_an_administrator_are_seen_at_once(both: Both) -> None:
    """Changed, renamed, moved to a new unit and deleted: each shows at the next call."""
    tools, users = both.admin.tools, both.gateway.users
    ann = await users.add({"username": "ann", "email": "ann@example.org"})
    dn = f"uid=ann,{both.admin.people}"
    edit(both, dn, "replace", "displayName", "Ann Ü")
    changed = await users.get(ann.id)
    assert (changed.display_name, changed.version != ann.version) == ("Ann Ü", True)
    done(tools.rename(dn, "uid=anna"))
    assert (await users.get(ann.id)).username == "anna"
    assert await both.usernames() == ["anna"]
    unit = both.admin.add_unit("Eng/ineering")
    deep = both.admin.add_unit("Platform", unit)
    done(tools.rename(f"uid=anna,{both.admin.people}", "uid=anna", new_superior=deep))
    assert (await users.get(ann.id)).ou_path == "/Eng%2Fineering/Platform"
    (top,) = (
        await both.gateway.ous.find(Query(filter=Compare("name", "eq", "Eng/ineering")))
    ).items
    assert await both.usernames(Below(top.id)) == ["anna"]
    done(tools.rename(unit, "ou=Labs"))
    assert (await users.get(ann.id)).ou_path == "/Labs/Platform"
    done(tools.delete(f"uid=anna,ou=Platform,ou=Labs,{both.admin.people}"))
    with pytest.raises(NotFound):
        await users.get(ann.id)
    assert await both.usernames() == []


async def test_a_lock_by_an_administrator_holds_and_can_be_cleared_by_one(both: Both) -> None:
    """Both ways: set with ldapmodify and cleared here, set here and cleared with ldapmodify."""
    users = both.gateway.users
    ann = await users.add({"username": "ann", "email": "ann@example.org", "password": PASSWORD})
    dn = f"uid=ann,{both.admin.people}"
    edit(both, dn, "replace", "pwdAccountLockedTime", "000001010000Z")
    locked = await users.get(ann.id)
    assert (locked.status, locked.locked_until) == (LOCKED, FOREVER)
    assert await users.bind(ann, PASSWORD) is BindOutcome.LOCKED
    assert (await users.unlock(ann.id)).status is ACTIVE
    assert both.admin.tools.as_user(dn, PASSWORD).whoami().code == 0
    await users.lock(ann.id)
    assert both.admin.tools.as_user(dn, PASSWORD).whoami().code == 49
    edit(both, dn, "delete", "pwdAccountLockedTime")
    assert (await users.get(ann.id)).status is ACTIVE
    assert await users.bind(ann, PASSWORD) is BindOutcome.OK


async def test_the_policy_in_force_decides_who_is_locked(both: Both) -> None:
    """The entry's own policy, as it is now; one that is not there locks nobody."""
    users, policy = both.gateway.users, f"cn=default,ou=policies,{both.admin.base}"
    ann = await users.add({"username": "ann", "email": "ann@example.org"})
    dn = f"uid=ann,{both.admin.people}"
    assert both.admin.tools.read(dn).texts("pwdPolicySubentry") == (policy,)
    ago = datetime.now(UTC) - timedelta(minutes=20)
    edit(both, dn, "replace", "pwdAccountLockedTime", f"{ago:%Y%m%d%H%M%SZ}")
    assert (await users.get(ann.id)).status is ACTIVE
    for duration, status in (("3600", LOCKED), ("0", LOCKED), ("900", ACTIVE)):
        edit(both, policy, "replace", "pwdLockoutDuration", duration)
        assert (await users.get(ann.id)).status is status
        assert await both.usernames(StatusIs(status)) == ["ann"]
    edit(both, policy, "replace", "pwdLockoutDuration", "0")
    edit(both, dn, "replace", "pwdPolicySubentry", f"cn=gone,{both.admin.base}")
    assert (await users.get(ann.id)).status is ACTIVE
    assert await both.usernames(StatusIs(ACTIVE)) == ["ann"]
    with pytest.raises(Conflict):
        await users.lock(ann.id)


NAMES = ("username", "display_name", "first_name", "last_name")
ODD: dict[str, tuple[str, ...]] = {
    "status": ("dgwStatus: SLEEPING",),
    "source": ("dgwIdentitySource: CARRIER PIGEON",),
    "links": ("dgwFederatedIdentity: nonsense", "dgwFederatedIdentity: idp_1 2 3 4"),
    "custom": ("dgwCustomAttribute: no json", "dgwCustomAttribute: =", "dgwCustomAttribute: a={"),
    "uids": ("uid: another-name", "uid: third"),
    "names": ("givenName: A", "givenName: B", "displayName: C", "sn: D"),
    "phone": ("telephoneNumber: 1", "telephoneNumber: 2"),
    "secret": ("dgwOneTimeToken: what is this",),
    "marked": ("dgwFormerMail: x@example.org", "dgwFormerParent: nowhere"),
    "policy": ("pwdPolicySubentry: cn=nowhere", "pwdAccountLockedTime: 000001010000Z"),
    "mails": ("mail: odd-mails@example.org", "mail: x", "mail: @"),
    "locale": ("preferredLanguage: ~~~~", "dgwTimezone: Mars/Olympus"),
}


async def test_odd_entries_break_no_page(both: Both) -> None:
    """Whatever an administrator wrote, every order and filter shows all, each with a name."""
    for name, lines in ODD.items():
        both.admin.add_user(f"odd-{name}", *lines)
    names = sorted(f"odd-{name}" for name in ODD)
    assert await both.usernames() == names
    for field in ("status", "email", "created_at", "updated_at", "last_login_at", *NAMES):
        for descending in (False, True):
            page = await both.gateway.users.find(Query(sort=Sort(field, descending), limit=100))
            assert sorted(one.username for one in page.items) == names
    assert await both.usernames(TextSearch("ODD-")) == names
    listed = {status: await both.usernames(StatusIs(status)) for status in UserStatus}
    assert sorted(name for found in listed.values() for name in found) == names
    for name in names:
        one = await both.gateway.users.by_login(name)
        assert (await both.gateway.users.update(one.id, {"first_name": "Z"})).first_name == "Z"


async def test_an_entry_that_is_named_by_something_else(both: Both) -> None:
    """The RDN's other attribute stays; the username is changed as the attribute that it is."""
    dn = f"cn=Ann B,{both.admin.people}"
    done(
        both.admin.tools.add(
            f"dn: {dn}\nobjectClass: inetOrgPerson\ncn: Ann B\nsn: B\nuid: ann\n"
            f"mail: ann@example.org\n\n"
            f"dn: uid=bob+cn=Bob,{both.admin.people}\nobjectClass: inetOrgPerson\n"
            f"cn: Bob\nsn: B\nuid: bob\nmail: bob@example.org\n\n"
            f"dn: cn=Nobody,{both.admin.people}\nobjectClass: inetOrgPerson\n"
            f"cn: Nobody\nsn: B\nmail: nobody@example.org\n"
        )
    )
    users = both.gateway.users
    assert await both.usernames() == ["ann", "bob", "nobody@example.org"]
    ann, bob = await users.by_login("ann"), await users.by_login("bob")
    changed = await users.update(ann.id, {"username": "anna", "display_name": "Anna"})
    assert (changed.username, changed.display_name) == ("anna", "Anna")
    assert both.admin.tools.read(dn).texts("uid") == ("anna",)
    assert (await users.update(bob.id, {"username": "robert"})).username == "robert"
    assert both.admin.tools.read(f"cn=Bob+uid=robert,{both.admin.people}").text("mail")
    for one in (ann, bob):
        await users.retire(one.id)
        assert (await users.restore(one.id)).email == one.email
    assert await both.usernames() == ["anna", "nobody@example.org", "robert"]


async def test_a_user_who_moves_between_look_and_write_is_followed(
    both: Both, meddled: MeddledClient
) -> None:
    """Renamed by somebody else in that moment: the change still reaches the user."""
    users, tools = both.gateway.users, both.admin.tools
    ann = await users.add({"username": "n0", "email": "ann@example.org"})
    number = 0

    def rename() -> None:
        nonlocal number
        number += 1
        done(tools.rename(f"uid=n{number - 1},{both.admin.people}", f"uid=n{number}"))

    meddled.meddler = rename
    assert (await users.update(ann.id, {"first_name": "A"})).first_name == "A"
    meddled.meddler = rename
    assert (await users.lock(ann.id)).status is LOCKED
    meddled.meddler = rename
    await users.retire(ann.id)
    assert number == 3
    assert await both.usernames() == []
    assert (await users.restore(ann.id)).username == "n3"
    meddled.meddler = rename
    await users.delete(ann.id)
    assert number == 4
    assert tools.search(both.admin.people, "(uid=*)").entries == []


async def test_the_directory_decides_a_race_of_versions(both: Both, meddled: MeddledClient) -> None:
    """Changed by somebody else between look and write: StaleVersion, and that change stays."""
    users = both.gateway.users
    unit = await both.gateway.ous.add({"name": "A"})
    dn = f"uid=ann,{both.admin.people}"
    ann = await users.add({"username": "ann", "email": "ann@example.org"})
    calls: list[Callable[[str], object]] = [
        lambda v: users.update(ann.id, {"first_name": "A"}, version=v),
        lambda v: users.update(ann.id, {"email": "a@example.org"}, version=v),
        lambda v: users.update(ann.id, {"username": "anna", "ou_id": unit.id}, version=v),
        lambda v: users.lock(ann.id, version=v),
        lambda v: users.retire(ann.id, version=v),
        lambda v: users.delete(ann.id, version=v),
    ]
    for number, call in enumerate(calls):
        meddled.meddler = lambda n=number: edit(both, dn, "replace", "title", f"T{n}")
        before = await users.get(ann.id)
        with pytest.raises(StaleVersion):
            await call(before.version)  # type: ignore[misc] # each is a coroutine
        after = await users.get(ann.id)
        assert dict(after.custom_attributes) == {"title": f"T{number}"}
    version = (await users.get(ann.id)).version
    values = {"username": "anna", "email": "anna@example.org", "ou_id": unit.id}
    moved = await users.update(ann.id, values, version=version)
    assert (moved.username, moved.email, moved.ou_path) == ("anna", "anna@example.org", "/A")


async def test_a_lock_by_policy_never_shortens_a_lock_without_end(
    both: Both, meddled: MeddledClient
) -> None:
    """Also one that is set in the very moment before it."""
    users = both.gateway.users
    ann = await users.add({"username": "ann", "email": "ann@example.org"})
    dn = f"uid=ann,{both.admin.people}"
    meddled.meddler = lambda: edit(both, dn, "replace", "pwdAccountLockedTime", "000001010000Z")
    await users.lock_by_policy(ann.id)
    assert meddled.meddler is None
    assert (await users.get(ann.id)).locked_until == FOREVER
    await users.lock_by_policy(ann.id)
    assert (await users.get(ann.id)).locked_until == FOREVER


async def test_what_an_administrator_puts_among_the_deleted_is_hidden(both: Both) -> None:
    """Moved there by hand it is no user; restoring brings it back, purging ends it."""
    users, tools = both.gateway.users, both.admin.tools
    ann = await users.add({"username": "ann", "email": "ann@example.org"})
    dn = f"uid=ann,{both.admin.people}"
    done(tools.rename(dn, "uid=ann", new_superior=both.admin.deleted))
    assert await both.usernames() == []
    with pytest.raises(NotFound):
        await users.retire(ann.id)
    assert (await users.restore(ann.id)).email == "ann@example.org"
    done(tools.rename(dn, "uid=ann", new_superior=both.admin.deleted))
    await users.purge(ann.id)
    assert tools.search(both.admin.base, "(uid=ann)").entries == []


async def test_a_retired_user_is_where_an_administrator_finds_it(both: Both) -> None:
    """Under its id among the deleted, its e-mails aside, out of its groups, unable to bind."""
    users, tools = both.gateway.users, both.admin.tools
    unit = await both.gateway.ous.add({"name": "A"})
    group = await both.gateway.groups.add({"name": "g"})
    ann = await users.add(
        {
            "username": "ann",
            "email": "ann@example.org",
            "password": PASSWORD,
            "ou_id": unit.id,
            "group_ids": [group.id],
        }
    )
    edit(both, f"uid=ann,ou=A,{both.admin.people}", "add", "mail", "b@example.org")
    await users.retire(ann.id)
    dn = f"cn={ann.id},{both.admin.deleted}"
    entry = tools.read(dn)
    assert entry.texts("mail") == ()
    assert entry.texts("dgwFormerMail") == ("ann@example.org", "b@example.org")
    assert (entry.text("uid"), entry.text("dgwFormerParent")) == ("ann", unit.id)
    assert tools.as_user(dn, PASSWORD).whoami().code == 49
    members = tools.read(f"cn=g,ou=groups,{both.admin.base}").texts("member")
    assert members == (f"cn=placeholder,ou=services,{both.admin.suffix}",)
    await users.restore(ann.id)
    back = tools.read(f"uid=ann,ou=A,{both.admin.people}")
    assert back.texts("mail") == ("ann@example.org", "b@example.org")
    assert back.texts("cn") == ("ann",)
    assert back.texts("dgwDeletedAt") == ()


async def test_members_of_a_group_follow_a_rename_by_an_administrator(both: Both) -> None:
    """The server repairs the values; the filter by group agrees."""
    group = await both.gateway.groups.add({"name": "g"})
    await both.gateway.users.add(
        {"username": "ann", "email": "ann@example.org", "group_ids": [group.id]}
    )
    done(both.admin.tools.rename(f"uid=ann,{both.admin.people}", "uid=anna"))

    async def followed() -> bool:
        page = await both.gateway.users.find(Query(filter=MemberOf(group.id)))
        return [user.username for user in page.items] == ["anna"]

    await eventually(followed)


async def test_uniqueness_is_the_directorys(both: Both) -> None:
    """An LDAP tool is refused the same e-mail and username that the gateway refuses."""
    await both.gateway.users.add({"username": "ann", "email": "ann@example.org"})
    rivals = (
        user("ANN", both.admin.add_unit("A"), "mail: other@example.org"),
        user("bob", both.admin.people, "mail: Ann@Example.org"),
    )
    for rival in rivals:
        assert both.admin.tools.add(rival).code == 19
    both.admin.add_user("bob")
    with pytest.raises(Taken) as caught:
        await both.gateway.users.add({"username": "BOB", "email": "x@example.org"})
    assert caught.value.field == "username"


@pytest.mark.usefixtures("both")
async def test_clients_share_nothing(
    client: LdapClient, settings: LdapSettings, both: Both
) -> None:
    """What one gateway writes, another sees at once."""
    other = await directory_of(client, settings).tenant(both.gateway.tenant.id)
    ann = await other.users.add({"username": "ann", "email": "ann@example.org"})
    assert await both.gateway.users.get(ann.id) == ann
    await both.gateway.users.update(ann.id, {"username": "anna"})
    assert (await other.users.get(ann.id)).username == "anna"


async def test_a_demand_for_a_new_password_outlives_a_new_one_that_repeats_it(both: Both) -> None:
    """Slapd drops the demand with each new password; told again, it stays, in one operation."""
    users = both.gateway.users
    ann = await users.add(
        {
            "username": "ann",
            "email": "ann@example.org",
            "password": PASSWORD,
            "password_change_required": True,
        }
    )
    changed = await users.update(
        ann.id, {"password": "Battery-staple-8", "password_change_required": True}
    )
    assert changed.password_change_required
    assert await users.bind(ann, "Battery-staple-8") is BindOutcome.MUST_CHANGE
    again = await users.update(ann.id, {"password": "Third-time-lucky-9"})
    assert not again.password_change_required
