"""What is taken once a tenant."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from gateway.domain.errors import StaleVersion, Taken
from gateway.domain.model import User
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import names, person


def same_but_version(one: User, other: User) -> bool:
    """Whether all is as it was; a rename that was taken back may have left a new version."""
    return replace(one, version="", updated_at=None) == replace(other, version="", updated_at=None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (person("bob", email="ann@example.org"), "email"),
        (person("bob", email="ANN@Example.ORG"), "email"),
        (person("ann"), "email"),
        (person("ann", email="bob@example.org"), "username"),
        (person("AnN", email="bob@example.org"), "username"),
        (person("ann@example.org", email="bob@example.org"), "username"),
        (person("Ann@EXAMPLE.org", email="bob@example.org"), "username"),
    ],
)
async def test_what_another_user_has_is_taken(
    tenant: TenantDirectory, values: dict[str, object], field: str
) -> None:
    """E-mail and username, in any case, and a username that is another's e-mail: refused."""
    ann = await tenant.users.add(person("ann"))
    with pytest.raises(Taken) as caught:
        await tenant.users.add(values)
    assert caught.value.field == field
    bob = await tenant.users.add(person("bob2", email="bob2@example.org"))
    with pytest.raises(Taken) as caught:
        await tenant.users.update(bob.id, values)
    assert caught.value.field == field
    assert same_but_version(await tenant.users.get(bob.id), bob)
    assert await tenant.users.get(ann.id) == ann
    assert await names(tenant) == ["ann", "bob2"]


async def test_a_stale_version_is_told_before_a_taken_name(tenant: TenantDirectory) -> None:
    """Who read too early learns that first: what is taken may have changed, too."""
    await tenant.users.add(person("ann"))
    bob = await tenant.users.add(person("bob"))
    for taken in ({"email": "ann@example.org"}, {"username": "ann"}):
        with pytest.raises(StaleVersion):
            await tenant.users.update(bob.id, taken, version="other")
        with pytest.raises(Taken):
            await tenant.users.update(bob.id, taken, version=bob.version)
    assert await tenant.users.get(bob.id) == bob


async def test_an_email_that_is_anothers_username_is_taken(tenant: TenantDirectory) -> None:
    """The rule holds the other way round, too."""
    await tenant.users.add(person("ann@work.org", email="ann@example.org"))
    with pytest.raises(Taken):
        await tenant.users.add(person("bob", email="ANN@work.org"))
    bob = await tenant.users.add(person("bob"))
    with pytest.raises(Taken):
        await tenant.users.update(bob.id, {"email": "ann@work.org"})
    assert await tenant.users.get(bob.id) == bob


async def test_the_own_email_may_be_the_username(tenant: TenantDirectory) -> None:
    """A user may use its own e-mail as username, and keep it as such."""
    ann = await tenant.users.add(person("ann@example.org", email="ann@example.org"))
    changed = await tenant.users.update(ann.id, {"email": "anna@example.org"})
    assert changed.username == "ann@example.org"
    back = await tenant.users.update(ann.id, {"email": "ann@example.org"})
    assert back.email == back.username


async def test_another_tenant_may_have_the_same(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """E-mails and usernames are unique in a tenant, not over all."""
    other = await new_tenant(directory)
    assert (await tenant.users.add(person("ann"))).id != (await other.users.add(person("ann"))).id


async def test_a_refused_rename_leaves_everything_as_it_was(tenant: TenantDirectory) -> None:
    """A new username with a taken e-mail changes neither, nor the place of the user."""
    await tenant.users.add(person("ann"))
    unit = await tenant.ous.add({"name": "A"})
    bob = await tenant.users.add(person("bob"))
    with pytest.raises(Taken):
        await tenant.users.update(
            bob.id, {"username": "bobby", "ou_id": unit.id, "email": "ann@example.org"}
        )
    after = await tenant.users.get(bob.id)
    assert (after.username, after.email, after.ou_id) == ("bob", "bob@example.org", None)


async def outcomes(*calls: Awaitable[User]) -> tuple[list[User], list[str]]:
    """Users of the calls that succeeded, and the taken fields of those that were refused."""
    users: list[User] = []
    refused: list[str] = []
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, Taken):
            refused.append(result.field)
        elif isinstance(result, BaseException):
            raise result
        else:
            users.append(result)
    return users, refused


async def test_of_concurrent_adds_of_one_email_one_wins(tenant: TenantDirectory) -> None:
    """The directory decides the race: one user is added, everybody else is told Taken."""
    added, refused = await outcomes(
        *(tenant.users.add(person(f"ann{n}", email="ann@example.org")) for n in range(4))
    )
    assert len(added) == 1
    assert refused == ["email"] * 3
    assert await names(tenant) == [added[0].username]


async def test_of_concurrent_adds_of_one_username_one_wins(tenant: TenantDirectory) -> None:
    """The same holds for usernames, in units of their own as well."""
    units = [await tenant.ous.add({"name": name}) for name in "AB"]
    places = [None, *(unit.id for unit in units)]
    added, refused = await outcomes(
        *(
            tenant.users.add(person("ann", email=f"ann{n}@example.org", ou_id=place))
            for n, place in enumerate(places)
        )
    )
    assert len(added) == 1
    assert refused == ["username"] * 2
    assert await names(tenant) == ["ann"]


async def test_of_concurrent_updates_to_one_email_one_wins(tenant: TenantDirectory) -> None:
    """Changing into the same e-mail is decided alike."""
    users = [await tenant.users.add(person(f"u{n}")) for n in range(3)]
    changed, refused = await outcomes(
        *(tenant.users.update(user.id, {"email": "ann@example.org"}) for user in users)
    )
    assert len(changed) == 1
    assert refused == ["email"] * 2


async def test_a_username_never_becomes_another_users_email_in_a_race(
    tenant: TenantDirectory,
) -> None:
    """One adds the username, one the e-mail of the same text: they never both have it."""
    for n in range(3):
        text = f"ann{n}@work.org"
        added, refused = await outcomes(
            tenant.users.add(person(text, email=f"a{n}@example.org")),
            tenant.users.add(person(f"b{n}", email=text)),
        )
        assert len(added) + len(refused) == 2
        assert len(added) <= 1
