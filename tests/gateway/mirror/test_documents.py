"""Resources as bytes, and back."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import (
    Application,
    FederatedIdentity,
    Group,
    IdentityProvider,
    OrganizationalUnit,
    Partner,
    ProviderType,
    Resource,
    ScimToken,
    Tenant,
    User,
)
from gateway.domain.predicate import predicate
from gateway.domain.query import Filter, Sort
from gateway.domain.status import FOREVER, UserStatus
from gateway.mirror.documents import Documents, Known, NotPlaced, changed
from gateway.mirror.identity import question
from tests.gateway.mirror.people import (
    ANN,
    AROUND,
    KNOWN,
    NOW,
    SEARCHED,
    TENANT,
    TREE,
    UNITS,
    filters,
    sorts,
    unhurried,
    users,
)

USERS = Documents(User)
OTHERS: list[Resource] = [
    Group(
        id="grp_1",
        version="1",
        created_at=NOW,
        tenant_id=TENANT,
        name="g",
        federated_identities=(
            FederatedIdentity(identity_provider_id="idp_1", external_id="x\0", linked_at=NOW),
        ),
    ),
    OrganizationalUnit(
        id=UNITS[1],
        version="1",
        created_at=NOW,
        updated_at=NOW,
        tenant_id=TENANT,
        name="Platform/Core",
        parent_id=UNITS[0],
        path="/Engineering/Platform%2FCore",
    ),
    Tenant(id="tnt_1", version="1", created_at=NOW, slug="acme", partner_id="prt_1"),
    Partner(id="prt_1", version="1", created_at=NOW, slug="p", name="Ünï"),
    IdentityProvider(
        id="idp_1",
        version="1",
        created_at=NOW,
        tenant_id=TENANT,
        name="i",
        type=ProviderType.SAML,
    ),
    Application(
        id="app_1",
        version="1",
        created_at=NOW,
        tenant_id=TENANT,
        client_id="c",
        scopes=("a", "b"),
    ),
    ScimToken(
        id="tok_1",
        version="1",
        created_at=NOW,
        tenant_id=TENANT,
        name="t",
        identity_provider_id="idp_1",
        expires_at=FOREVER,
    ),
]


def there_and_back(item: Resource) -> Resource:
    """What a document of a resource is read as."""
    documents: Documents[Any] = Documents(type(item))
    found = documents.decode(item.id, item.version, documents.encode(item), KNOWN)
    assert isinstance(found, Resource)
    return found


@unhurried
@given(users)
def test_users_come_back_as_they_were(user: User) -> None:
    """All fields, types included: True is not 1, and 1.0 is not 1."""
    found = there_and_back(user)
    assert found == user
    assert repr(found) == repr(user)


@pytest.mark.parametrize("item", OTHERS, ids=lambda item: type(item).__name__)
def test_all_kinds_come_back_as_they_were(item: Resource) -> None:
    """Each kind of resource has its document."""
    assert repr(there_and_back(item)) == repr(item)


@pytest.mark.parametrize(
    "value",
    ["\ud800", ["a\udfffb"], {"\ud83d": "é"}, "\\ud800", 10**400, -0.0, 1e300, "\u2028\0\x7f"],
)
def test_odd_json_comes_back(value: Any) -> None:
    """What JSON can say, also escaped halves of characters, is held and compared."""
    user = replace(ANN, custom_attributes={"odd": value})
    assert repr(there_and_back(user)) == repr(user)
    document = USERS.encode(user)
    assert changed(document, USERS.encode(ANN)) == {"custom_attributes"}
    part = USERS.part(["username", "status"])(user.id, "1", document, KNOWN)
    assert (part.username, part.status) == ("ann", UserStatus.ACTIVE)
    with pytest.raises(AttributeError):
        _ = part.email


def test_documents_hold_neither_defaults_nor_what_is_derived() -> None:
    """A plain user takes few bytes; its path and its status are not among them."""
    user = replace(ANN, ou_id=UNITS[1], ou_path="/x", status=UserStatus.LOCKED)
    assert json.loads(USERS.encode(user)) == {
        "created_at": "2026-01-01T00:00:00Z",
        "email": "ann@example.org",
        "username": "ann",
        "ou_id": UNITS[1],
    }


def test_status_follows_the_clock() -> None:
    """The same bytes say LOCKED, and once the lock has run out, ACTIVE."""
    document = USERS.encode(replace(ANN, locked_until=NOW + timedelta(minutes=1)))
    part = USERS.part(["status"])
    for now, status in (
        (NOW, UserStatus.LOCKED),
        (NOW + timedelta(minutes=1), UserStatus.ACTIVE),
    ):
        known = replace(KNOWN, now=now)
        assert USERS.decode(ANN.id, "1", document, known).status is status
        assert part(ANN.id, "1", document, known).status is status


def test_paths_follow_the_tree() -> None:
    """A renamed unit shows in documents that nobody wrote again; an unknown one is said so."""
    document = USERS.encode(replace(ANN, ou_id=UNITS[1]))
    assert USERS.decode(ANN.id, "1", document, KNOWN).ou_path == TREE.paths[UNITS[1]]
    renamed = replace(KNOWN, paths={UNITS[1]: "/R&D"})
    assert USERS.decode(ANN.id, "1", document, renamed).ou_path == "/R&D"
    with pytest.raises(NotPlaced):
        USERS.decode(ANN.id, "1", document, Known(now=NOW, tenant_id=TENANT))


def test_fields_of_later_versions_are_passed_over() -> None:
    """A worker of an earlier version reads what it knows."""
    document = USERS.encode(ANN)[:-1] + b',"from_the_future":{"a":[1]}}'
    assert USERS.decode(ANN.id, "1", document, KNOWN) == ANN


@unhurried
@given(users, users)
def test_changes_are_the_stored_fields_that_differ(before: User, after: User) -> None:
    """What differs is named, and what is equal is not, but for another spelling of it."""
    stored = {f.name for f in fields(User)} - {"id", "version", "tenant_id", "status", "ou_path"}
    differ = {name for name in stored if repr(getattr(before, name)) != repr(getattr(after, name))}
    assert changed(USERS.encode(before), USERS.encode(after)) == differ


@unhurried
@given(users, filters, sorts)
def test_parts_answer_as_the_whole_does(user: User, filter_: Filter, sort: Sort) -> None:
    """A question asked of the fields that it reads has the answer that the resource gives."""
    asked = question(filter_, sort, SEARCHED)
    part = USERS.part(asked.reads)(user.id, user.version, USERS.encode(user), KNOWN)
    whole = predicate(filter_, AROUND)
    assert predicate(asked.form.filter, AROUND)(part) == whole(user)
    assert (sort.key(part), part.id) == (sort.key(user), user.id)


def test_a_part_of_what_is_not_there_is_an_error() -> None:
    """A field that the kind of resource does not have is refused at once."""
    with pytest.raises(KeyError, match="shoe_size"):
        USERS.part(["shoe_size"])
    part = Documents(Tenant).part(["version", "id"])
    document = Documents(Tenant).encode(Tenant(id="t", version="2", created_at=NOW, slug="s"))
    assert part("t", "2", document, Known(now=datetime.now(UTC))).version == "2"


@unhurried
@given(st.integers(1, 300))
def test_deep_json_is_held(depth: int) -> None:
    """Custom attributes may nest as deep as readers can follow."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    user = replace(ANN, custom_attributes={"deep": value})
    assert there_and_back(user) == user
