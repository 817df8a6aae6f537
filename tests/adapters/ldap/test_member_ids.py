"""Members of groups by their ids, however they are written and however many they are."""

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.feed.directory_feed import LdapFeed
from adapters.ldap.feed.mending import Mending
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Modification
from gateway.domain.query import Everything, Query, Sort
from tests.adapters.ldap.stores import Both, backend_of
from tests.stack.entries import done

EVERYTHING = Query(filter=Everything(), sort=Sort("created_at"), limit=None)


async def test_members_of_a_large_group_are_all_that_it_names(
    both: Both, client: LdapClient, settings: LdapSettings
) -> None:
    """However their names are written, and whoever it names besides."""
    people, base = both.admin.people, both.admin.base
    strange = [r"uid=a\2Cb", r"uid=M\C3\BCller", r"uid=x\23\22y", "uid=two  blanks"]
    rdns = [*(f"uid=u{n}" for n in range(300)), *strange]
    users = "\n".join(
        f"dn: {rdn},{people}\nobjectClass: inetOrgPerson\ncn: a\nsn: a\nmail: {n}@example.org\n"
        for n, rdn in enumerate(rdns)
    )
    done(both.admin.tools.add(users))
    await both.gateway.groups.add({"name": "inner"})
    await both.gateway.groups.add({"name": "outer"})
    outer = Dn.parse(f"cn=outer,ou=groups,{base}")
    odd = [f"UID = U{n} , {people}" if n % 3 else f"UserID=u{n},{people}" for n in range(300)]
    named = [*odd, *(f"{rdn},{people}" for rdn in strange), f"cn=INNER,ou=groups,{base}"]
    nobody = [f"uid=nobody{n},{people}" for n in range(300)] + [people, f"uid=u1,{base}"]
    values = tuple(value.encode() for value in (*named, *nobody))
    await client.modify(outer, [Modification("add", "member", values)])
    groups = {g.name: g for g in (await both.gateway.groups.find(EVERYTHING)).items}
    ids = {user.id for user in (await both.gateway.users.find(EVERYTHING)).items}
    asked = [group.id for group in groups.values()]
    feed = LdapFeed(settings, backend_of(client, settings), mending=Mending(0.0))
    found = await feed.members(both.gateway.tenant.id, asked)
    assert all(one.final for one in found.values())
    assert found[groups["outer"].id].member_ids == ids | {groups["inner"].id}
    assert len(ids) == len(rdns)
    assert found[groups["inner"].id].member_ids == frozenset()
    assert {id_: one.version for id_, one in found.items()} == {
        group.id: group.version for group in groups.values()
    }


async def test_members_are_not_final_while_a_renamed_one_is_not_mended(
    both: Both, client: LdapClient, settings: LdapSettings, without_refint: None
) -> None:
    """What names nobody may be about to name somebody again; a retired user is somebody."""
    feed = LdapFeed(settings, backend_of(client, settings))
    tenant, base = both.gateway, Dn.parse(both.admin.base)
    users = [
        await tenant.users.add({"username": name, "email": f"{name}@example.org"})
        for name in ("ann", "bob")
    ]
    group = await tenant.groups.add({"name": "team"})
    await tenant.groups.add_members(group.id, [user.id for user in users])
    both_ids = frozenset(user.id for user in users)

    async def read() -> tuple[frozenset[str], bool]:
        (one,) = (await feed.members(tenant.tenant.id, [group.id])).values()
        return one.member_ids, one.final

    assert await read() == (both_ids, True)
    people = Dn.parse(both.admin.people)
    old, new = people.child("uid", "ann"), people.child("uid", "anna")
    await client.modify_dn(old, Rdn.of("uid", "anna"))
    assert await read() == (both_ids - {users[0].id}, False)
    mended = [
        Modification("delete", "member", (str(old).encode(),)),
        Modification("add", "member", (str(new).encode(),)),
    ]
    await client.modify(base.below(*Dn.parse("cn=team,ou=groups").rdns), mended)
    assert await read() == (both_ids, True)
    retired = [
        Modification("add", "objectClass", (b"dgwUser",)),
        Modification("add", "dgwDeletedAt", (b"20260101000000Z",)),
    ]
    await client.modify(new, retired, permissive=True)
    assert await read() == (both_ids - {users[0].id}, True)
