"""Logins, locks and sessions, where slapd and Redis decide."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import (
    AccountLocked,
    Forbidden,
    Unauthenticated,
)
from gateway.domain.status import UserStatus
from tests.gateway.services.on_servers.site import NEW, Site, outcomes
from tests.gateway.services.world import PASSWORD


async def test_failures_here_and_there_lock_once(site: Site) -> None:
    """Failed checks and failed LDAP binds add up, the lock holds for both, an unlock ends it."""
    user = await site.user()
    allowed = await site.failures_allowed(user)
    await site.fails(allowed - 1)
    assert not site.binds("wrong")
    assert await site.status(user) is UserStatus.LOCKED
    assert not site.binds()
    with pytest.raises(AccountLocked):
        await site.check()
    await site.services.users.unlock(site.call("admin.users.unlock"), user.id)
    assert site.binds()
    await site.fails(allowed - 1)
    assert (await site.check()).status is UserStatus.ACTIVE


@pytest.mark.parametrize("cleared_by", ["bind", "lock and unlock", "password"])
async def test_failures_cleared_by_ldap_tools(site: Site, cleared_by: str) -> None:
    """Whatever clears the directory's count clears the counter: it never locks alone."""
    user = await site.user()
    allowed = await site.failures_allowed(user)
    password = PASSWORD
    await site.fails(allowed - 1)
    if cleared_by == "bind":
        assert site.binds()
    elif cleared_by == "password":
        password = NEW
        assert site.tools.set_password(NEW, dn=site.dn()).code == 0
    else:
        site.modify("replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
        site.modify("delete: pwdAccountLockedTime")
    await site.fails(allowed - 1)
    assert await site.status(user) is UserStatus.ACTIVE
    assert (await site.check(password)).id == user.id


async def test_an_administrators_lock_and_status(site: Site) -> None:
    """A lock or status that an LDAP tool writes is answered like one of this gateway."""
    user = await site.user()
    site.modify("replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    with pytest.raises(AccountLocked):
        await site.check()
    call = site.call("tenant.users.status")
    await site.services.users.set_status(call, user.id, UserStatus.ACTIVE)
    assert site.binds()
    await site.services.users.set_status(call, user.id, UserStatus.DISABLED)
    assert not site.binds()
    with pytest.raises(Forbidden):
        await site.check()
    site.modify("delete: dgwStatus")
    assert (await site.check()).status is UserStatus.ACTIVE


async def test_many_wrong_passwords_at_once(site: Site) -> None:
    """However many try at the same time, the account ends up locked for everybody."""
    user = await site.user()
    allowed = await site.failures_allowed(user)
    seen = await outcomes(*(site.check(f"wrong-{n}") for n in range(allowed * 2)))
    assert set(seen) <= {Unauthenticated, AccountLocked}
    assert await site.status(user) is UserStatus.LOCKED
    assert not site.binds()


async def test_temporary_password(site: Site) -> None:
    """A generated password passes the directory's policy and has to be changed."""
    user = await site.user()
    call = site.call("tenant.users.password_reset")
    password = await site.services.credentials.set_temporary(call, user.id)
    authenticate = site.services.credentials.authenticate
    found = await authenticate(site.call("tenant.users.authenticate"), "ann", password)
    assert found.password_change_required


async def test_ended_sessions_survive_a_flush(site: Site) -> None:
    """With all of Redis gone, tokens of ended sessions are refused as before."""
    user = await site.user()
    issued_at = datetime.now(UTC) - timedelta(minutes=5)
    await site.services.sessions.check(user.id, issued_at)
    call = site.call("tenant.users.status")
    await site.services.users.set_status(call, user.id, UserStatus.ACTIVE, terminate_sessions=True)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await site.services.sessions.check(user.id, issued_at)
        await site.redis.delete(site.keys.valid_from(user.id))
    await site.services.sessions.check(user.id, datetime.now(UTC) + timedelta(seconds=1))
