"""SCIM documents over every directory: what is written is read, whatever the store makes of it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.scim.documents import Documents
from gateway.domain.model import User
from gateway.ports import Directory, TenantDirectory
from gateway.services.provisioning import WantedUser
from gateway.services.tags import UserDetails
from mappings.loader import load
from tests.adapters.scim.documents.samples import asked, resource, resources, shown
from tests.contract.conftest import new_tenant

FULL = {
    "userName": "Ann@Example.org",
    "name": {"familyName": "Ames", "givenName": "Ann", "formatted": "Dr. Ann Ames"},
    "displayName": "-",
    "locale": "anything at all",
    "timezone": " ",
    "title": "Boss",
    "emails": [
        {"value": "ann@example.org", "type": "home", "display": "Ann"},
        {"value": "Ann@work.example", "type": "work", "primary": True},
        {"value": "ANN@example.org", "type": "other"},
        {"value": "ännchen@example.org"},
    ],
    "phoneNumbers": [
        {"value": "+1 2", "type": "work"},
        {"value": "+1 3", "type": "work"},
        {"value": "+1;ext=4", "type": "mobile"},
        {"value": "☎", "type": "fax"},
    ],
    "addresses": [{"type": "work", "locality": "Köln", "country": "DE", "primary": True}],
    "photos": [{"value": "https://example.org/a.png", "type": "photo"}],
}


@pytest.fixture
def documents(request: pytest.FixtureRequest) -> Documents:
    """Documents by the rows of the directory's mapping."""
    name = request.node.callspec.params["directory"]
    return Documents(load("posix" if name == "posix" else "default"))


async def store(tenant: TenantDirectory, wanted: WantedUser | None, before: User | None) -> User:
    """Write what is wanted, whole, as the services do."""
    if wanted is None:
        assert before is not None
        return before
    held = before.custom_attributes if before is not None else {}
    custom = {**held, **wanted.custom_attributes}
    kept = {name: value for name, value in custom.items() if value is not None}
    values = {**wanted.values, "custom_attributes": kept or None}
    if before is None:
        return await tenant.users.add({k: v for k, v in values.items() if v is not None})
    return await tenant.users.update(before.id, values, version=before.version)


async def written(
    documents: Documents, tenant: TenantDirectory, asked: Any, before: User | None = None
) -> User:
    """The user once it is to read as `asked`, read again."""
    details = UserDetails(user=before) if before is not None else None
    stored = await store(tenant, documents.wanted(asked, details, None), before)
    return await tenant.users.get(stored.id)


async def test_a_full_user_is_read_as_it_was_written(
    documents: Documents, tenant: TenantDirectory
) -> None:
    """Homes that cannot hold a value, lists, types, and what only details know."""
    full = resource(FULL)
    user = await written(documents, tenant, full)
    assert shown(documents, user) == asked(full)
    assert documents.wanted(full, UserDetails(user=user), None) is None
    assert (user.email, user.other_emails) == ("Ann@work.example", ("ann@example.org",))


async def test_a_replacement_leaves_nothing_behind(
    documents: Documents, tenant: TenantDirectory
) -> None:
    """From full to bare and back, in the directory as in the document."""
    full, bare = resource(FULL), resource({"userName": "ann"})
    user = await written(documents, tenant, full)
    user = await written(documents, tenant, bare, user)
    assert shown(documents, user) == asked(bare)
    assert user.custom_attributes == {}
    user = await written(documents, tenant, full, user)
    assert shown(documents, user) == asked(full)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(first=resources, second=resources)
async def test_whatever_is_written_is_read(
    directory: Directory, documents: Documents, first: Any, second: Any
) -> None:
    """Any user, then any other in its place; writing again changes nothing."""
    tenant = await new_tenant(directory)
    user = await written(documents, tenant, first)
    assert shown(documents, user) == asked(first)
    user = await written(documents, tenant, second, user)
    assert shown(documents, user) == asked(second)
    assert documents.wanted(second, UserDetails(user=user), None) is None
