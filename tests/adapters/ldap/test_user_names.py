"""Names of users that are taken in the moment in which they are given."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Scope
from gateway.domain.errors import Taken
from gateway.domain.status import UserStatus
from tests.adapters.ldap.stores import Both, MeddledClient, directory_of
from tests.stack.stack import Stack

ACTIVE, LOCKED, DISABLED = UserStatus.ACTIVE, UserStatus.LOCKED, UserStatus.DISABLED


async def test_a_username_that_becomes_anothers_email_in_that_moment_is_given_back(
    both: Both, meddled: MeddledClient
) -> None:
    """The rule over both attributes is looked at again after the write, which is undone whole."""
    users = both.gateway.users
    unit = await both.gateway.ous.add({"name": "A"})
    ann = await users.add({"username": "ann", "email": "ann@example.org", "first_name": "A"})
    meddled.meddler = lambda: both.admin.add_user("bob", "mail: wanted@example.org")
    values = {"username": "wanted@example.org", "first_name": "B", "ou_id": unit.id}
    with pytest.raises(Taken) as caught:
        await users.update(ann.id, values)
    assert caught.value.field == "username"
    after = await users.get(ann.id)
    assert (after.username, after.first_name, after.ou_id) == ("ann", "A", None)
    assert await both.usernames() == ["ann", "bob"]


async def test_a_restored_username_that_became_anothers_email_stays_retired(
    both: Both, meddled: MeddledClient
) -> None:
    """Also where that happened between the look and the move back."""
    users = both.gateway.users
    ann = await users.add({"username": "wanted@example.org", "email": "ann@example.org"})
    await users.retire(ann.id)
    meddled.meddler = lambda: both.admin.add_user("bob", "mail: wanted@example.org")
    with pytest.raises(Taken):
        await users.restore(ann.id)
    assert await both.usernames() == ["bob"]
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert [one.id async for one in users.retired(later)] == [ann.id]


async def test_a_generated_number_that_is_in_use_is_made_again(
    client: LdapClient, settings: LdapSettings, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a mapping with random numbers the directory tells which are taken."""
    posix = directory_of(client, settings.model_copy(update={"mapping": "posix"}))
    slug = f"t{uuid4().hex[:12]}"
    await posix.tenants.add({"slug": slug})
    users = (await posix.tenant(slug)).users
    numbers = iter([7, 7, 7, 7, 8])  # each addition also tries one beforehand
    monkeypatch.setattr("adapters.ldap.modlist.secrets.randbelow", lambda _: next(numbers))
    for name in ("ann", "bob"):
        await users.add({"username": name, "email": f"{name}@example.org"})
    base = Dn.parse(f"o={slug},ou=tenants,{stack.suffix}")
    found = await client.search(base, Scope.SUBTREE, "(uidNumber=*)", ["uidNumber"])
    assert sorted(entry.get("uidNumber") for entry in found) == [(b"100007",), (b"100008",)]
