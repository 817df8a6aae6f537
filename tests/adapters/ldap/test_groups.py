"""Groups and applications beside the LDAP tools: what administrators make of them."""

import pytest

from gateway.domain.errors import Conflict, Invalid, NotFound
from gateway.domain.model import MembershipType, User
from gateway.domain.query import And, MemberOf, Query, StatusIs, TextSearch
from gateway.domain.status import UserStatus
from tests.adapters.ldap.stores import Both, MeddledClient
from tests.stack.entries import change, done
from tests.stack.stack import Stack

DIRECT, NESTED = MembershipType.DIRECT, MembershipType.NESTED


async def person(both: Both, name: str, **values: object) -> User:
    """A user that the gateway adds."""
    return await both.gateway.users.add(
        {"username": name, "email": f"{name}@example.org", **values}
    )


async def member_names(both: Both, name: str) -> list[str]:
    """Names of the direct members of the group with that name."""
    page = await both.gateway.groups.members(await group_id(both, name), offset=0, limit=1000)
    assert page.total == len(page.items)
    return sorted(member.name for member in page.items)


async def group_id(both: Both, name: str) -> str:
    """The id of a group."""
    page = await both.gateway.groups.find(Query(limit=None))
    (found,) = [group.id for group in page.items if group.name == name]
    return found


async def test_groups_that_an_administrator_makes_are_groups(both: Both) -> None:
    """Members in any spelling of their DN; deleting a user by ldapdelete ends its membership."""
    ann, bob = await person(both, "ann"), await person(both, "bob")
    people = both.admin.people
    both.admin.add_group("staff", f"UID=ANN , {people.upper()}", f"uid=bob,{people}")
    assert await member_names(both, "staff") == ["ann", "bob"]
    memberships = await both.gateway.groups.memberships(ann.id)
    assert [(m.name, m.type) for m in memberships] == [("staff", DIRECT)]
    assert await both.usernames(MemberOf(await group_id(both, "staff"))) == ["ann", "bob"]
    done(both.admin.tools.delete(f"uid=bob,{people}"))
    assert await member_names(both, "staff") == ["ann"]
    with pytest.raises(NotFound):
        await both.gateway.groups.memberships(bob.id)


async def test_the_last_member_of_a_handmade_group_can_go(both: Both) -> None:
    """The schema demands a member: the placeholder takes the place, and nobody sees it."""
    ann = await person(both, "ann")
    dn = both.admin.add_group("staff", f"uid=ann,{both.admin.people}")
    staff = await group_id(both, "staff")
    for _ in range(2):
        await both.gateway.groups.remove_members(staff, [ann.id])
        assert await member_names(both, "staff") == []
    placeholder = f"cn=placeholder,ou=services,{both.admin.suffix}"
    assert both.admin.tools.read(dn).texts("member") == (placeholder,)
    await both.gateway.groups.add_members(staff, [ann.id])
    done(both.admin.tools.modify(change(dn, "delete", "member", placeholder)))
    await both.gateway.users.retire(ann.id)
    assert both.admin.tools.read(dn).texts("member") == (placeholder,)


async def test_values_that_name_nobody_are_not_shown(both: Both, stack: Stack) -> None:
    """Entries elsewhere, of other tenants, deleted or never there: no members, no trouble."""
    await person(both, "ann")
    people = both.admin.people
    both.admin.add_group(
        "staff",
        f"uid=ann,{people}",
        f"uid=never,{people}",
        f"uid=ann,ou=people,o=other,ou=tenants,{stack.suffix}",
        stack.service_dn,
        people,
        f"cn=never,ou=groups,{both.admin.base}",
    )
    assert await member_names(both, "staff") == ["ann"]
    assert await both.usernames(MemberOf(await group_id(both, "staff"))) == ["ann"]


async def test_circles_that_an_administrator_makes_end(both: Both) -> None:
    """Groups that contain themselves and each other are walked once."""
    ann = await person(both, "ann")
    groups = f"ou=groups,{both.admin.base}"
    both.admin.add_group("a", f"cn=a,{groups}", f"cn=b,{groups}")
    both.admin.add_group("b", f"cn=a,{groups}", f"uid=ann,{both.admin.people}")
    memberships = await both.gateway.groups.memberships(ann.id)
    assert [(m.name, m.type) for m in memberships] == [("b", DIRECT), ("a", NESTED)]
    for name in "ab":
        assert await both.usernames(MemberOf(await group_id(both, name))) == ["ann"]
    a = await group_id(both, "a")
    with pytest.raises(Conflict):
        await both.gateway.groups.add_members(a, [a])
    await both.gateway.groups.remove_members(a, [a])
    assert await member_names(both, "a") == ["b"]


async def test_a_member_that_moves_in_that_moment_is_added_where_it_is(
    both: Both, meddled: MeddledClient
) -> None:
    """Renamed between look and write: the group names the new DN and no other."""
    ann = await person(both, "ann")
    staff = (await both.gateway.groups.add({"name": "staff"})).id
    people = both.admin.people
    meddled.meddler = lambda: done(both.admin.tools.rename(f"uid=ann,{people}", "uid=anna"))
    await both.gateway.groups.add_members(staff, [ann.id])
    assert await member_names(both, "staff") == ["anna"]
    members = both.admin.tools.read(f"cn=staff,ou=groups,{both.admin.base}").texts("member")
    assert set(members) == {
        f"uid=anna,{people}",
        f"cn=placeholder,ou=services,{both.admin.suffix}",
    }


async def test_a_member_that_goes_in_that_moment_is_unknown(
    both: Both, meddled: MeddledClient
) -> None:
    """Deleted between look and write: Invalid, and no value is left that names nobody."""
    ann = await person(both, "ann")
    staff = (await both.gateway.groups.add({"name": "staff"})).id
    meddled.meddler = lambda: done(both.admin.tools.delete(f"uid=ann,{both.admin.people}"))
    with pytest.raises(Invalid) as refused:
        await both.gateway.groups.add_members(staff, [ann.id])
    assert [problem.loc for problem in refused.value.problems] == [("body", "member_ids", 0)]
    members = both.admin.tools.read(f"cn=staff,ou=groups,{both.admin.base}").texts("member")
    assert members == (f"cn=placeholder,ou=services,{both.admin.suffix}",)


async def test_a_group_that_goes_while_a_user_joins_takes_the_user_back(
    both: Both, meddled: MeddledClient
) -> None:
    """The new user is not left without the group that it was to be in."""
    staff = (await both.gateway.groups.add({"name": "staff"})).id
    dn = f"cn=staff,ou=groups,{both.admin.base}"
    meddled.meddler = lambda: done(both.admin.tools.delete(dn))
    with pytest.raises(Invalid) as refused:
        await person(both, "ann", group_ids=[staff])
    assert {problem.loc[1] for problem in refused.value.problems} == {"group_ids"}
    assert await both.usernames() == []


async def test_a_group_of_a_thousand(both: Both) -> None:
    """Members, filters by group and memberships hold for more than fit into one filter."""
    people = both.admin.people
    done(
        both.admin.tools.add(
            "\n".join(
                f"dn: uid=u{n:04},{people}\nobjectClass: inetOrgPerson\nuid: u{n:04}\ncn: u\n"
                f"sn: u\nmail: u{n:04}@example.org\n"
                for n in range(1000)
            )
        )
    )
    everybody = [f"u{n:04}" for n in range(1000)]
    both.admin.add_group("most", *(f"uid={name},{people}" for name in everybody[:900]))
    most = await group_id(both, "most")
    page = await both.gateway.groups.members(most, offset=890, limit=20)
    assert (len(page.items), page.total) == (10, 900)
    assert await both.usernames(MemberOf(most)) == everybody[:900]
    narrow = And((MemberOf(most), TextSearch("u08"), StatusIs(UserStatus.ACTIVE)))
    assert await both.usernames(narrow) == everybody[800:900]
    found = await both.gateway.users.find(Query(filter=MemberOf(most), limit=50, offset=880))
    assert (len(found.items), found.total) == (20, 900)
    everyone = await both.gateway.users.find(Query(limit=None))
    await both.gateway.groups.add_members(most, [user.id for user in everyone.items])
    assert (await both.gateway.groups.members(most, offset=0, limit=1)).total == 1000
    assert [m.name for m in await both.gateway.groups.memberships(everyone.items[7].id)] == ["most"]
    await both.gateway.groups.remove_members(most, [user.id for user in everyone.items])
    assert (await both.gateway.groups.members(most, offset=0, limit=1)).total == 0


async def test_an_application_is_a_group_with_a_password(both: Both) -> None:
    """Members and secret can be changed with LDAP tools, and hold here."""
    apps, tools = both.gateway.applications, both.admin.tools
    app = await apps.add({"client_id": "shop", "secret": "the first secret"})
    ann = await person(both, "ann")
    dn = f"cn=shop,ou=applications,{both.admin.base}"
    done(tools.modify(change(dn, "add", "member", f"uid=ann,{both.admin.people}")))
    assert await apps.is_assigned(app.id, ann.id)
    assert [user.id for user in (await apps.effective_users(app.id, offset=0, limit=9)).items] == [
        ann.id
    ]
    assert tools.as_user(dn, "the first secret").whoami().code == 0
    done(tools.set_password("the second secret", dn=dn))
    assert await apps.check_secret("shop", "the second secret")
    assert not await apps.check_secret("shop", "the first secret")
    assert tools.read(dn).all("userPassword")[0].startswith(b"{ARGON2}")
