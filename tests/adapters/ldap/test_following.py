"""Memberships follow whoever the gateway renames or moves, without waiting for the server."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from gateway.ports import Directory, TenantDirectory
from mappings.table import Mappings


@pytest.fixture
async def tenant(client: LdapClient, settings: LdapSettings, mappings: Mappings) -> TenantDirectory:
    """A new tenant."""
    layout = Layout(settings, mappings)
    directory: Directory = LdapDirectory(client, mappings, layout, lambda: datetime.now(UTC))
    return await directory.tenant((await directory.tenants.add({"slug": uuid4().hex})).id)


@pytest.mark.usefixtures("without_refint")
async def test_a_renamed_or_moved_user_keeps_its_memberships(tenant: TenantDirectory) -> None:
    """The groups and applications of a user name it by its new DN when the rename is answered."""
    unit = await tenant.ous.add({"name": "A"})
    group = await tenant.groups.add({"name": "g"})
    app = await tenant.applications.add({"client_id": "c", "secret": "s"})
    values = {"username": "ann", "email": "ann@example.org", "group_ids": [group.id]}
    ann = await tenant.users.add(values)
    await tenant.applications.add_members(app.id, [ann.id])
    changes: list[dict[str, object]] = [
        {"username": "anna"},
        {"username": "Anna"},
        {"ou_id": unit.id},
        {"username": "a", "ou_id": None},
    ]
    for change in changes:
        await tenant.users.update(ann.id, change)
        assert [m.name for m in await tenant.groups.memberships(ann.id)] == ["g"]
        assert await tenant.applications.is_assigned(app.id, ann.id)


@pytest.mark.usefixtures("without_refint")
async def test_a_refused_rename_keeps_the_memberships(tenant: TenantDirectory) -> None:
    """What follows a rename follows it back, too."""
    group = await tenant.groups.add({"name": "g"})
    ann = await tenant.users.add(
        {"username": "ann", "email": "ann@example.org", "group_ids": [group.id]}
    )
    await tenant.users.add({"username": "bob", "email": "bob@example.org"})
    with pytest.raises(Exception, match="already in use"):
        await tenant.users.update(ann.id, {"username": "anna", "email": "bob@example.org"})
    assert (await tenant.users.get(ann.id)).username == "ann"
    assert [m.name for m in await tenant.groups.memberships(ann.id)] == ["g"]


@pytest.mark.usefixtures("without_refint")
async def test_a_renamed_group_stays_in_its_groups(tenant: TenantDirectory) -> None:
    """Groups in groups follow in the same way."""
    inner = await tenant.groups.add({"name": "inner"})
    outer = await tenant.groups.add({"name": "outer"})
    await tenant.groups.add_members(outer.id, [inner.id])
    await tenant.groups.update(inner.id, {"name": "renamed"})
    page = await tenant.groups.members(outer.id, offset=0, limit=5)
    assert [member.name for member in page.items] == ["renamed"]


@pytest.mark.usefixtures("without_refint")
async def test_a_deleted_or_retired_user_leaves_no_value_behind(tenant: TenantDirectory) -> None:
    """Whoever gets the same username afterwards is in none of its groups."""
    group = await tenant.groups.add({"name": "g"})
    values = {"username": "ann", "email": "ann@example.org"}
    for remove in (tenant.users.delete, tenant.users.retire):
        ann = await tenant.users.add({**values, "group_ids": [group.id]})
        await remove(ann.id)
        again = await tenant.users.add(values)
        assert await tenant.groups.memberships(again.id) == ()
        await tenant.users.delete(again.id)


@pytest.mark.usefixtures("without_refint")
async def test_users_of_a_renamed_or_moved_unit_keep_their_memberships(
    tenant: TenantDirectory,
) -> None:
    """All that stand below it, however deep, are named by their new DNs."""
    top = await tenant.ous.add({"name": "A"})
    deep = await tenant.ous.add({"name": "B", "parent_id": top.id})
    elsewhere = await tenant.ous.add({"name": "C"})
    group = await tenant.groups.add({"name": "g"})
    people = [
        await tenant.users.add(
            {
                "username": name,
                "email": f"{name}@example.org",
                "ou_id": place and place.id,
                "group_ids": [group.id],
            }
        )
        for name, place in (("ann", top), ("bob", deep), ("cyd", None))
    ]
    for change in ({"name": "A, 2"}, {"parent_id": elsewhere.id}, {"parent_id": None}):
        await tenant.ous.update(top.id, change)
        page = await tenant.groups.members(group.id, offset=0, limit=9)
        assert {member.id for member in page.items} == {user.id for user in people}
