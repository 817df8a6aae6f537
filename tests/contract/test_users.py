"""Users: adding, reading, changing, deleting."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id, parse_id
from gateway.domain.model import FederatedIdentity, IdentitySource, User
from gateway.domain.status import UserStatus
from gateway.ports import Directory, TenantDirectory
from tests.contract.people import UNKNOWN, Clock, invalid, person, second

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LINK = FederatedIdentity(
    identity_provider_id=f"idp_{'0a' * 16}", external_id="CN=x, y; z", linked_at=AT, primary=True
)
FULL: dict[str, object] = {
    "other_emails": ("ann@example.com", "A.O@example.net"),
    "first_name": "Ann",
    "last_name": "O'Neill-Ünal",
    "display_name": "Ann (the *first*)",
    "phone": "+31 20 555-0100",
    "locale": "nl-NL",
    "timezone": "Europe/Amsterdam",
    "avatar_url": "https://example.org/a.png?x=1&y=%20z",
    "email_verified": True,
    "own_status": UserStatus.DISABLED,
    "identity_source": IdentitySource.OIDC,
    "federated_identities": (LINK,),
    "mfa_enabled": True,
    "custom_attributes": {
        "title": "Dr.",
        "badge": 7,
        "flags": {"a": [True, None, 1.5, "é"]},
        "userPassword": "not one",
        "a=b": "c=d",
    },
    "tokens_valid_from": AT,
}
EMPTY: dict[str, object] = {
    "other_emails": (),
    "first_name": None,
    "last_name": None,
    "display_name": None,
    "phone": None,
    "locale": None,
    "timezone": None,
    "avatar_url": None,
    "email_verified": False,
    "own_status": None,
    "identity_source": IdentitySource.LOCAL,
    "federated_identities": (),
    "mfa_enabled": False,
    "custom_attributes": {},
    "tokens_valid_from": None,
}


def shown(user: User, fields: dict[str, object]) -> dict[str, object]:
    """What the user has in these fields."""
    return {name: getattr(user, name) for name in fields}


async def test_a_new_user_has_what_was_given_and_nothing_else(
    tenant: TenantDirectory, clock: Clock
) -> None:
    """E-mail and username are enough; the rest is absent or the default, and it is ACTIVE."""
    before = second(clock())
    added = await tenant.users.add(person("ann"))
    assert (added.email, added.username) == ("ann@example.org", "ann")
    assert (added.tenant_id, added.status) == (tenant.tenant.id, UserStatus.ACTIVE)
    assert shown(added, EMPTY) == EMPTY
    assert (added.ou_id, added.ou_path) == (None, None)
    assert (added.last_login_at, added.deleted_at, added.locked_until) == (None, None, None)
    assert before <= added.created_at <= clock()
    assert added.created_at.tzinfo is not None
    assert added.updated_at is not None
    assert added.updated_at >= added.created_at
    assert added.id == canonical_id(Kind.USER, added.id)


async def test_what_add_answers_is_what_get_reads(tenant: TenantDirectory) -> None:
    """A user with every field comes back field by field, from both."""
    added = await tenant.users.add(person("ann", **FULL))
    assert shown(added, FULL) == FULL
    assert added.status is UserStatus.DISABLED
    assert await tenant.users.get(added.id) == added


async def test_an_id_is_accepted_in_any_spelling(tenant: TenantDirectory) -> None:
    """Dashed and in capitals it is the same user."""
    added = await tenant.users.add(person("ann"))
    uuid = parse_id(Kind.USER, added.id)
    for spelling in (f"usr_{uuid}", f"USR_{uuid.hex.upper()}"):
        assert await tenant.users.get(spelling) == added


@pytest.mark.parametrize(
    "id_", [f"usr_{UNKNOWN}", f"grp_{UNKNOWN}", "", "usr_", "usr_*", "usr_\0", "é"]
)
async def test_an_id_of_nobody_is_not_found(tenant: TenantDirectory, id_: str) -> None:
    """Unknown and malformed ids are NotFound to every method that takes one."""
    for call in (
        tenant.users.get(id_),
        tenant.users.update(id_, {"first_name": "x"}),
        tenant.users.delete(id_),
        tenant.users.lock(id_),
        tenant.users.unlock(id_),
        tenant.users.lock_by_policy(id_),
        tenant.users.retire(id_),
        tenant.users.restore(id_),
        tenant.users.purge(id_),
        tenant.users.lockout_policy(id_),
        tenant.users.failing_since(id_),
        tenant.users.granted(id_, "d"),
        tenant.users.redeem(id_, "d", {}),
        tenant.groups.memberships(id_),
    ):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.code == "user_not_found"


async def test_a_user_of_another_tenant_is_not_found(
    tenant: TenantDirectory, directory: Directory
) -> None:
    """One tenant's subtree does not know the users of the next."""
    other = await directory.tenants.add({"slug": f"{tenant.tenant.slug}b"})
    elsewhere = await (await directory.tenant(other.id)).users.add(person("ann"))
    for call in (
        tenant.users.get(elsewhere.id),
        tenant.users.update(elsewhere.id, {"first_name": "x"}),
        tenant.users.retire(elsewhere.id),
        tenant.users.delete(elsewhere.id),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await directory.tenant_of_user(elsewhere.id)).tenant.id == other.id


async def test_an_update_changes_the_named_fields_and_no_other(tenant: TenantDirectory) -> None:
    """What is not named stays; the answer is what is stored then."""
    added = await tenant.users.add(person("ann", **FULL))
    changed = await tenant.users.update(added.id, {"first_name": "Anna", "mfa_enabled": False})
    assert shown(changed, FULL) == {**FULL, "first_name": "Anna", "mfa_enabled": False}
    assert changed.version != added.version
    assert (changed.id, changed.created_at) == (added.id, added.created_at)
    assert await tenant.users.get(added.id) == changed


async def test_none_clears_every_field(tenant: TenantDirectory) -> None:
    """None takes a value away: it is absent then, or the default again."""
    added = await tenant.users.add(person("ann", **FULL))
    cleared = await tenant.users.update(added.id, dict.fromkeys(FULL))
    assert shown(cleared, EMPTY) == EMPTY
    assert cleared.status is UserStatus.ACTIVE
    assert (cleared.email, cleared.username) == (added.email, added.username)


async def test_every_field_can_be_set_later(tenant: TenantDirectory) -> None:
    """A bare user takes every field in one update, also where its entry lacks the class."""
    added = await tenant.users.add(person("ann"))
    assert shown(await tenant.users.update(added.id, FULL), FULL) == FULL


@pytest.mark.parametrize("field", ["email", "username"])
async def test_a_user_keeps_an_email_and_a_username(tenant: TenantDirectory, field: str) -> None:
    """Neither can be cleared, nor left out."""
    added = await tenant.users.add(person("ann"))
    with invalid(field):
        await tenant.users.update(added.id, {field: None})
    values = person("bob")
    del values[field]
    with invalid(field):
        await tenant.users.add(values)


async def test_a_username_can_change_its_case_alone(tenant: TenantDirectory) -> None:
    """The new spelling is taken, though it is equal to the old one."""
    added = await tenant.users.add(person("ann"))
    changed = await tenant.users.update(added.id, {"username": "Ann", "email": "Ann@example.org"})
    assert (changed.username, changed.email) == ("Ann", "Ann@example.org")


async def test_a_deleted_user_is_gone(tenant: TenantDirectory) -> None:
    """After deleting for good it is neither there nor retired, and its name is free."""
    added = await tenant.users.add(person("ann"))
    await tenant.users.delete(added.id)
    with pytest.raises(NotFound):
        await tenant.users.get(added.id)
    with pytest.raises(NotFound):
        await tenant.users.restore(added.id)
    again = await tenant.users.add(person("ann"))
    assert again.id != added.id


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@mail.example.org", "Ann@MAIL.example.org"])
async def test_a_login_is_the_email_or_the_username(tenant: TenantDirectory, login: str) -> None:
    """Both find the user, whatever the case."""
    added = await tenant.users.add(person("ann", email="ann@mail.example.org"))
    await tenant.users.add(person("bob"))
    assert await tenant.users.by_login(login) == added


@pytest.mark.parametrize("login", ["", "an", "ann*", "*", "ann\0", "ann)(uid=*", "\\61nn", "ann@"])
async def test_a_login_is_literal(tenant: TenantDirectory, login: str) -> None:
    """Parts, wild cards and escapes find nobody."""
    await tenant.users.add(person("ann"))
    with pytest.raises(NotFound):
        await tenant.users.by_login(login)


async def test_a_link_is_found_by_provider_and_account(tenant: TenantDirectory) -> None:
    """Both ids must be equal to the letter."""
    provider, other = f"idp_{'0a' * 16}", f"idp_{'0b' * 16}"
    wild = "CN=a*(b)\\, Ünal"
    first = FederatedIdentity(identity_provider_id=provider, external_id=wild, linked_at=AT)
    later = FederatedIdentity(
        identity_provider_id=other, external_id="b", linked_at=AT + timedelta(days=1), primary=True
    )
    ann = await tenant.users.add(person("ann", federated_identities=(first, later)))
    await tenant.users.add(person("bob"))
    assert set(ann.federated_identities) == {first, later}
    assert await tenant.users.linked_to(provider, wild) == (ann,)
    assert await tenant.users.linked_to(other, "b") == (ann,)
    for account in ((provider, "b"), (other, "B"), (provider, wild.lower()), (provider, "*")):
        assert await tenant.users.linked_to(*account) == ()


async def test_custom_attributes_are_opaque_and_lossless(tenant: TenantDirectory) -> None:
    """Any JSON under any name comes back as it was, number kinds and nesting included."""
    attributes: dict[str, object] = {
        "title": "Chief",
        "employeeNumber": 12,
        "o": ["x"],
        "st": "",
        "mail": "not@the.mail",
        "objectClass": "top",
        "": "empty name",
        "a\nb\0c": "controls\r\n\0",
        "%3D=": {"": None, "=": [0, -0.5, 1e300, 2**60, False, "true"]},
        "Ünï": "日本語 😀",
    }
    added = await tenant.users.add(
        person("ann", custom_attributes={**attributes, "absent": None})  # null is no attribute
    )
    assert repr(dict(sorted(added.custom_attributes.items()))) == repr(
        dict(sorted(attributes.items()))
    )
    changed = await tenant.users.update(
        added.id, {"custom_attributes": {"Title": "other", "title": 1}}
    )
    assert dict(changed.custom_attributes) == {"Title": "other", "title": 1}
