"""Users, where the directory decides."""

import asyncio

import pytest

from gateway.domain.errors import (
    Conflict,
    Invalid,
    NotFound,
    Unauthenticated,
)
from gateway.services.creation import NewUser
from gateway.services.listing import UserListing
from tests.gateway.services.on_servers.site import Site


async def test_concurrent_patches_lose_nothing(site: Site) -> None:
    """Custom attributes that several callers add at the same time are all there."""
    user = await site.user()
    call = site.call("tenant.users.update")
    update = site.services.users.update
    await asyncio.gather(
        *(update(call, user.id, {"custom_attributes": {f"k{n}": n}}) for n in range(4))
    )
    after = await site.tenant.users.get(user.id)
    assert after.custom_attributes == {f"k{n}": n for n in range(4)}


async def test_deleting_and_restoring(site: Site) -> None:
    """A deleted user cannot bind and frees its names; restored, it binds with its password."""
    user = await site.user()
    call = site.call("tenant.users.delete")
    await site.services.users.delete(call, user.id, confirm_email="ANN@X.example")
    assert not site.binds()
    with pytest.raises(Unauthenticated):
        await site.check()
    heir = await site.user()
    with pytest.raises(Conflict):
        await site.services.users.restore(site.call("admin.users.restore"), user.id)
    await site.services.users.delete(call, heir.id)
    back = await site.services.users.restore(site.call("admin.users.restore"), user.id)
    assert back.user.email == user.email
    assert site.binds()
    with pytest.raises(NotFound):
        await site.services.users.restore(site.call("admin.users.restore"), user.id)


async def test_disabling_mfa_leaves_no_factor(site: Site) -> None:
    """Flag and factors, wherever they came from, are gone from the directory."""
    user = await site.user()
    classes = site.tools.read(site.dn(), "objectClass").texts("objectClass")
    change = "replace: dgwMfaEnabled\ndgwMfaEnabled: TRUE\n-\nadd: dgwMfaFactor\ndgwMfaFactor: seed"
    if "dgwUser" not in classes:
        change = f"add: objectClass\nobjectClass: dgwUser\n-\n{change}"
    site.modify(change)
    assert (await site.tenant.users.get(user.id)).mfa_enabled
    for _ in range(2):
        call = site.call("admin.users.mfa.disable")
        assert not (await site.services.users.disable_mfa(call, user.id)).user.mfa_enabled
    left = site.tools.read(site.dn(), "dgwMfaEnabled", "dgwMfaFactor")
    assert left.all("dgwMfaFactor") == ()
    assert left.text("dgwMfaEnabled") in {None, "FALSE"}


async def test_filters_of_what_is_not_there(site: Site) -> None:
    """Unknown and malformed units and groups match nobody, absent flags count as false."""
    user = await site.user()
    call = site.call("tenant.users.list")
    for nothing in (UserListing(ou_id=f"ou_{'0' * 32}"), UserListing(group_id=f"grp_{'0' * 32}")):
        assert (await site.services.users.list(call, nothing)).total == 0
    for all_ in (UserListing(mfa_enabled=False), UserListing(search=" "), UserListing(search="NN")):
        page = await site.services.users.list(call, all_)
        assert [found.id for found in page.items] == [user.id]


async def test_what_the_directory_finds_wrong_is_named(site: Site) -> None:
    """Unknown groups and units, and refused passwords, are 422s that name the member."""
    call = site.call("tenant.users.create")
    for wrong, member in (
        (NewUser(values={"email": "b@x.example"}, password="x"), "password"),
        (NewUser(values={"email": "b@x.example"}, ou_id=f"ou_{'0' * 32}"), "ou_id"),
        (NewUser(values={"email": "b@x.example"}, group_ids=(f"grp_{'0' * 32}",)), "group_ids"),
    ):
        with pytest.raises(Invalid) as refused:
            await site.services.users.create(call, wrong)
        assert {p.loc[:2] for p in refused.value.problems} == {("body", member)}
    page = await site.services.users.list(site.call("tenant.users.list"), UserListing())
    assert page.total == 0


async def test_a_deletion_that_was_cut_off_is_finished(site: Site) -> None:
    """A user that is marked deleted and still in its place is gone after the next DELETE."""
    user = await site.user()
    marked = "add: dgwDeletedAt\ndgwDeletedAt: 20260101000000Z"
    marked += "\n-\nadd: dgwFormerMail\ndgwFormerMail: ann@x.example\n-\ndelete: mail"
    if "dgwUser" not in site.tools.read(site.dn(), "objectClass").texts("objectClass"):
        marked = f"add: objectClass\nobjectClass: dgwUser\n-\n{marked}"
    site.modify(marked)
    call = site.call("tenant.users.delete")
    await site.services.users.delete(call, user.id, confirm_email=user.email)
    with pytest.raises(NotFound):
        await site.services.users.delete(call, user.id, confirm_email=user.email)
    assert not site.binds()
    await site.user()
    deleted = site.tools.search(
        f"ou=deleted,o={site.tenant.tenant.slug},ou=tenants,{site.stack.suffix}", "(uid=ann)", "uid"
    )
    assert len(deleted.entries) == 1
