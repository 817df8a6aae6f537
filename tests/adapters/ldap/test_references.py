"""Managers beside the LDAP tools: DNs in the directory, ids in the domain."""

from types import MappingProxyType

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.references import References
from adapters.ldap.settings import LdapSettings
from gateway.ports import Values
from tests.adapters.ldap.stores import Both, MeddledClient, backend_of, eventually
from tests.stack.entries import change, done


async def pair(both: Both, boss_too: Values = MappingProxyType({})) -> tuple[str, str]:
    """The ids of a manager, with these values too, and of a user that reports to it."""
    values = {"username": "boss", "email": "boss@example.org", **boss_too}
    boss = await both.gateway.users.add(values)
    values = {"username": "ann", "email": "ann@example.org"}
    ann = await both.gateway.users.add({**values, "custom_attributes": {"manager": boss.id}})
    return boss.id, ann.id


def stored(both: Both, uid: str = "ann") -> tuple[str, ...]:
    """The DNs of the managers that an LDAP tool sees."""
    return both.admin.tools.read(f"uid={uid},{both.admin.people}").texts("manager")


async def manager(both: Both, id_: str) -> object:
    """What the gateway shows."""
    return (await both.gateway.users.get(id_)).custom_attributes.get("manager")


async def test_ldap_tools_see_the_manager_and_set_another(both: Both) -> None:
    """A DN there is the id here, in whatever spelling; a second value is kept."""
    boss, ann = await pair(both)
    assert stored(both) == (f"uid=boss,{both.admin.people}",)
    other = await both.gateway.users.add({"username": "other", "email": "other@example.org"})
    dn, spelled = f"uid=ann,{both.admin.people}", f"UID=Other, {both.admin.people.upper()}"
    extra = f"cn=somebody,{both.admin.suffix}"
    done(both.admin.tools.modify(change(dn, "replace", "manager", spelled, extra)))
    assert await manager(both, ann) == other.id
    before = await both.gateway.users.get(ann)
    same = {"custom_attributes": before.custom_attributes}
    assert await both.gateway.users.update(ann, same) == before
    await both.gateway.users.update(ann, {"custom_attributes": {"manager": boss}})
    assert stored(both) == (f"uid=boss,{both.admin.people}", extra)
    done(both.admin.tools.modify(change(dn, "delete", "manager")))
    assert await manager(both, ann) is None


async def test_an_entry_that_is_no_user_shows_as_its_dn(both: Both) -> None:
    """Outside of all tenants, that is; it survives being written back, and can be replaced."""
    boss, ann = await pair(both)
    outside = f"cn=gateway,ou=services,{both.admin.suffix}"
    dn = f"uid=ann,{both.admin.people}"
    done(both.admin.tools.modify(change(dn, "replace", "manager", outside)))
    assert await manager(both, ann) == outside
    values = {"custom_attributes": {"manager": outside, "title": "Dr."}}
    changed = await both.gateway.users.update(ann, values)
    assert changed.custom_attributes == values["custom_attributes"]
    assert stored(both) == (outside,)
    changed = await both.gateway.users.update(ann, {"custom_attributes": {"manager": boss}})
    assert changed.custom_attributes == {"manager": boss}


@pytest.mark.parametrize("name", ["uid=nobody,{people}", "ou=people,o=other,ou=tenants,{suffix}"])
async def test_what_is_nobody_in_a_tenant_is_not_shown(both: Both, name: str) -> None:
    """Neither a dangling DN, nor one of another tenant, nor the placeholder."""
    _, ann = await pair(both)
    admin = both.admin
    for dangling in (
        name.format(people=admin.people, suffix=admin.suffix),
        f"cn=placeholder,ou=services,{admin.suffix}",
    ):
        dn = f"uid=ann,{admin.people}"
        done(admin.tools.modify(change(dn, "replace", "manager", dangling)))
        assert await manager(both, ann) is None


async def test_a_manager_that_ldap_tools_rename_or_delete(both: Both) -> None:
    """The server repairs the reference; the one of a deleted manager is gone."""
    boss, ann = await pair(both)
    done(both.admin.tools.rename(f"uid=boss,{both.admin.people}", "uid=chief"))

    async def renamed() -> bool:
        return stored(both) == (f"uid=chief,{both.admin.people}",)

    await eventually(renamed)
    assert await manager(both, ann) == boss
    done(both.admin.tools.delete(f"uid=chief,{both.admin.people}"))

    async def gone() -> bool:
        return stored(both) == (f"cn=placeholder,ou=services,{both.admin.suffix}",)

    await eventually(gone)
    assert await manager(both, ann) is None


@pytest.mark.usefixtures("without_refint")
async def test_the_gateway_does_not_wait_for_the_server_to_repair(both: Both) -> None:
    """Renamed, moved, retired, restored and deleted: what the tools see is right at once."""
    people, users = both.admin.people, both.gateway.users
    boss, ann = await pair(both)
    unit = await both.gateway.ous.add({"name": "Eng"})
    await users.update(boss, {"username": "chief"})
    assert stored(both) == (f"uid=chief,{people}",)
    await users.update(boss, {"ou_id": unit.id})
    await both.gateway.ous.update(unit.id, {"name": "Labs"})
    assert stored(both) == (f"uid=chief,ou=Labs,{people}",)
    assert await manager(both, ann) == boss
    await users.retire(boss)
    assert stored(both) == (f"cn={boss},{both.admin.deleted}",)
    await users.restore(boss)
    assert await manager(both, ann) == boss
    await users.delete(boss)
    assert stored(both) == ()


@pytest.mark.parametrize("below", [False, True])
async def test_what_the_server_has_repaired_first_is_written_again(
    both: Both, client: LdapClient, settings: LdapSettings, below: bool
) -> None:
    """It repairs silently: without that the entry has no new version, and no follower hears."""
    people, tools = both.admin.people, both.admin.tools
    unit = await both.gateway.ous.add({"name": "Eng"})
    boss, ann = await pair(both, {"ou_id": unit.id})
    old, new = (f"ou=Eng,{people}", f"ou=Labs,{people}")
    if not below:
        old, new = (f"uid={name},{old}" for name in ("boss", "chief"))
    done(tools.rename(old, new.partition(",")[0]))
    renamed = f"uid=boss,{new}" if below else new

    async def repaired() -> bool:
        return stored(both) == (renamed,)

    await eventually(repaired)
    before = await both.gateway.users.get(ann)
    references = References(backend_of(client, settings))
    await references.follow(Dn.parse(people), Dn.parse(old), Dn.parse(new), below=below)
    after = await both.gateway.users.get(ann)
    assert after.version > before.version
    assert after.custom_attributes == {"manager": boss}
    assert stored(both) == (renamed,)


async def test_a_manager_that_is_renamed_right_before_the_write(
    both: Both, meddled: MeddledClient
) -> None:
    """The reference is looked up again, since the server had nothing to repair yet."""
    boss, ann = await pair(both)
    users, tools = both.gateway.users, both.admin.tools
    await users.update(ann, {"custom_attributes": {}})
    meddled.meddler = lambda: done(tools.rename(f"uid=boss,{both.admin.people}", "uid=chief"))
    changed = await users.update(ann, {"custom_attributes": {"manager": boss, "a": 1}})
    assert changed.custom_attributes == {"manager": boss, "a": 1}
    assert stored(both) == (f"uid=chief,{both.admin.people}",)
    meddled.meddler = lambda: done(tools.delete(f"uid=chief,{both.admin.people}"))
    changed = await users.update(ann, {"custom_attributes": {"manager": boss, "a": 2}})
    assert changed.custom_attributes == {"manager": boss, "a": 2}
