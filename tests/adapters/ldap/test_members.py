"""What changes of members cost, and what they make of what administrators have left."""

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Modification
from gateway.domain.query import Compare, Query
from tests.adapters.ldap.stores import Both, RecordingClient, seen
from tests.stack.entries import change, done

MANY = 50_000


def members(both: Both, name: str) -> set[str]:
    """The values of a group, as an administrator reads them."""
    return set(both.admin.tools.read(f"cn={name},ou=groups,{both.admin.base}").texts("member"))


def by_name(name: str) -> Query:
    """The groups of that name."""
    return Query(Compare("name", "eq", name))


async def crowd(both: Both, client: LdapClient) -> str:
    """The id of a group of fifty thousand, of whom few are there."""
    await both.gateway.groups.add({"name": "crowd"})
    (group,) = (await both.gateway.groups.find(by_name("crowd"))).items
    people = both.admin.people
    for start in range(0, MANY, 10_000):
        values = (f"uid=u{n:05},{people}".encode() for n in range(start, start + 10_000))
        await client.modify(
            Dn.parse(f"cn=crowd,ou=groups,{both.admin.base}"),
            [Modification("add", "member", tuple(values))],
        )
    return group.id


async def test_a_member_of_fifty_thousand_is_one_value(
    both: Both, client: LdapClient, recording: RecordingClient, settings: LdapSettings
) -> None:
    """One Modify with one value, and not a member is read; nor to tell who is in the group."""
    ann = await both.gateway.users.add({"username": "ann", "email": "ann@example.org"})
    crowd_id = await crowd(both, client)
    tenant = await seen(both, recording, settings)
    groups = tenant.groups
    version = (await groups.get(crowd_id)).version
    recording.writes()
    await groups.change_members(crowd_id, add=[ann.id], version=version)
    assert sum(name == "search" for name, _ in recording.asked) == 3  # group, member, member again
    assert recording.writes() == [("modify", [("add", 1)])]
    await groups.change_members(crowd_id, add=[ann.id])
    assert recording.writes() == [("modify", [("add", 1)])]
    assert [m.name for m in (await groups.memberships_of([ann.id]))[ann.id]] == ["crowd"]
    assert recording.values == 1  # the one that was asked about
    await groups.change_members(crowd_id, remove=[ann.id])
    await groups.change_members(crowd_id, remove=[ann.id])
    assert recording.writes() == [("modify", [("delete", 1)])] * 2
    assert await groups.memberships(ann.id) == ()
    assert recording.values == 1
    await groups.clear_members(crowd_id)
    assert recording.writes() == [("modify", [("replace", 1)])]
    assert len(members(both, "crowd")) == 1


async def test_what_is_partly_so_already_takes_two_operations_at_most(
    both: Both, recording: RecordingClient, settings: LdapSettings
) -> None:
    """Refused at first, then changed as far as it must be; nothing is written if nothing must."""
    people = [
        await both.gateway.users.add({"username": f"u{n}", "email": f"u{n}@example.org"})
        for n in range(20)
    ]
    ids = [one.id for one in people]
    groups = (await seen(both, recording, settings)).groups
    staff = (await groups.add({"name": "staff", "member_ids": ids[:10]})).id
    assert recording.writes() == [("add", 11)]
    await groups.change_members(staff, add=ids[5:15], remove=[*ids[:5], *ids[15:]])
    assert recording.writes() == [
        ("modify", [("delete", 10), ("add", 10)]),
        ("modify", [("add", 11), ("delete", 10), ("add", 10)]),
    ]
    placeholder = f"cn=placeholder,ou=services,{both.admin.suffix}"
    expected = {f"uid=u{n},{both.admin.people}" for n in range(5, 15)}
    assert members(both, "staff") == {*expected, placeholder}
    assert recording.values == 0


async def test_a_handmade_group_loses_its_last_members(both: Both) -> None:
    """All at once, some of them gone before: the placeholder takes the place."""
    people = both.admin.people
    both.admin.add_group("staff", f"uid=ann,{people}", f"uid=bob,{people}")
    users = [
        await both.gateway.users.add({"username": name, "email": f"{name}@example.org"})
        for name in ("ann", "bob", "cyd")
    ]
    (staff,) = (await both.gateway.groups.find(by_name("staff"))).items
    await both.gateway.groups.change_members(staff.id, remove=[user.id for user in users])
    placeholder = f"cn=placeholder,ou=services,{both.admin.suffix}"
    assert members(both, "staff") == {placeholder}
    dn = f"cn=staff,ou=groups,{both.admin.base}"
    done(both.admin.tools.modify(change(dn, "replace", "member", f"UID=ANN,{people}")))
    await both.gateway.groups.change_members(staff.id, add=[users[2].id], remove=[users[0].id])
    assert members(both, "staff") == {f"uid=cyd,{people}"}


async def test_clearing_takes_whatever_is_there(both: Both) -> None:
    """Values that name nobody of the tenant, too, which are never shown."""
    both.admin.add_group("staff", both.admin.people, f"uid=never,{both.admin.people}")
    (staff,) = (await both.gateway.groups.find(by_name("staff"))).items
    await both.gateway.groups.clear_members(staff.id)
    assert members(both, "staff") == {f"cn=placeholder,ou=services,{both.admin.suffix}"}


async def test_a_member_that_moves_while_its_group_is_made_is_in_it(
    both: Both, recording: RecordingClient, settings: LdapSettings
) -> None:
    """Renamed between look and write: the group names the new DN; deleted: it names nobody."""
    ann, bob = [
        await both.gateway.users.add({"username": name, "email": f"{name}@example.org"})
        for name in ("ann", "bob")
    ]
    people, tools = both.admin.people, both.admin.tools

    def meddle() -> None:
        done(tools.rename(f"uid=ann,{people}", "uid=anna"))
        done(tools.delete(f"uid=bob,{people}"))

    recording.meddler = meddle
    groups = (await seen(both, recording, settings)).groups
    staff = await groups.add({"name": "staff", "member_ids": [ann.id, bob.id]})
    assert await groups.get(staff.id) == staff
    placeholder = f"cn=placeholder,ou=services,{both.admin.suffix}"
    assert members(both, "staff") == {f"uid=anna,{people}", placeholder}
