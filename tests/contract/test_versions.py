"""Versions, and changes that meet."""

import asyncio

import pytest

from gateway.domain.errors import StaleVersion
from gateway.domain.model import User
from gateway.ports import TenantDirectory
from tests.contract.people import person
from tests.contract.test_users import FULL


async def test_writing_what_is_there_already_changes_nothing(tenant: TenantDirectory) -> None:
    """The same values again leave the version alone."""
    added = await tenant.users.add(person("ann", **FULL))
    again = await tenant.users.update(added.id, {**FULL, "username": "ann"})
    assert again == added


async def test_a_stale_version_stops_every_change(tenant: TenantDirectory) -> None:
    """With a version that was overtaken nothing happens; with the right one it does."""
    added = await tenant.users.add(person("ann"))
    current = await tenant.users.update(added.id, {"first_name": "Ann"}, version=added.version)
    for call in (
        tenant.users.update(added.id, {"first_name": "B"}, version=added.version),
        tenant.users.update(added.id, {"username": "b", "email": "b@x.org"}, version=added.version),
        tenant.users.lock(added.id, version=added.version),
        tenant.users.unlock(added.id, version=added.version),
        tenant.users.retire(added.id, version=added.version),
        tenant.users.delete(added.id, version=added.version),
        tenant.users.update(added.id, {"first_name": "B"}, version="nonsense (*)"),
    ):
        with pytest.raises(StaleVersion):
            await call
    assert await tenant.users.get(added.id) == current
    await tenant.users.retire(added.id, version=current.version)


async def test_of_concurrent_updates_from_one_version_one_wins(tenant: TenantDirectory) -> None:
    """The directory decides between changes that start from the same state."""
    ann = await tenant.users.add(person("ann"))
    results = await asyncio.gather(
        *(
            tenant.users.update(ann.id, {"first_name": f"n{n}"}, version=ann.version)
            for n in range(5)
        ),
        return_exceptions=True,
    )
    won = [result for result in results if isinstance(result, User)]
    assert len(won) == 1
    assert [type(result) for result in results].count(StaleVersion) == 4
    assert await tenant.users.get(ann.id) == won[0]


async def test_concurrent_updates_of_different_fields_lose_nothing(
    tenant: TenantDirectory,
) -> None:
    """Changes that name no version are all made, whatever else changes, the name included."""
    ann = await tenant.users.add(person("ann"))
    unit = await tenant.ous.add({"name": "A"})
    changes: list[dict[str, object]] = [
        {"first_name": "a"},
        {"last_name": "b"},
        {"username": "anna"},
        {"phone": "1"},
        {"ou_id": unit.id},
        {"email": "anna@example.org"},
        {"mfa_enabled": True},
    ]
    await asyncio.gather(*(tenant.users.update(ann.id, values) for values in changes))
    after = await tenant.users.get(ann.id)
    assert {k: getattr(after, k) for values in changes for k in values} == {
        k: v for values in changes for k, v in values.items()
    }


async def test_every_change_gives_a_new_version(tenant: TenantDirectory) -> None:
    """No two states of a user share a version."""
    user = await tenant.users.add(person("ann"))
    versions = [user.version]
    changes: list[dict[str, object]] = [
        {"first_name": "a"},
        {"first_name": "b"},
        {"username": "anna"},
        {"password": "Correct-horse-7"},
        {"mfa_enabled": True},
        {"custom_attributes": {"a": 1}},
        {"custom_attributes": {"a": True}},
        {"first_name": "a"},
    ]
    versions += [(await tenant.users.update(user.id, values)).version for values in changes]
    versions.append((await tenant.users.lock(user.id)).version)
    versions.append((await tenant.users.unlock(user.id)).version)
    assert len(set(versions)) == len(versions)
