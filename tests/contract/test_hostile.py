"""Hostile text in every writable field: stored and read back, or Invalid naming the field."""

from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest

from gateway.domain.errors import Invalid, NotFound
from gateway.domain.model import FederatedIdentity, ProviderType, Resource
from gateway.ports import Directory, TenantDirectory
from tests.contract.people import invalid, person

TEXTS = [
    "",
    " ",
    "  two  blanks  ",
    "-",
    "*",
    "a*b)(uid=*",
    "(&(objectClass=*))",
    "\\2a\\00\\zz\\",
    "a,b+c=d;e<f>g#h\"i'",
    "#leading",
    " leading",
    "trailing ",
    "trailing\\ ",
    "\0",
    "nul\0inside",
    "nul\0",
    "line\nbreak\r\nand\ttab",
    "\x01\x1f\x7f\x80\x9f",
    "\u202eevil\u202c\u200b\ufeff",
    "e\u0301 É ﬁ ß İ",
    "日本語 😀 \U0010ffff",
    "\ud800 alone",
    "{SSHA}notahash",
    ": base64?",
    "< file:///etc/passwd",
    "'; DROP TABLE users; --",
    "../../etc/passwd",
    "%2F%00",
    "${jndi:ldap://x}",
    "x" * 300,
    "é" * 5000,
]
USER_FIELDS = [
    "username",
    "email",
    "first_name",
    "last_name",
    "display_name",
    "phone",
    "locale",
    "timezone",
    "avatar_url",
]


async def refused(call: Awaitable[Resource], field: str) -> Resource | None:
    """The resource, or None where the call was refused as Invalid about that field."""
    try:
        return await call
    except Invalid as error:
        named = {problem.loc[-1] for problem in error.problems}
    assert named == {field}
    return None


@pytest.mark.parametrize("field", USER_FIELDS)
async def test_any_text_in_a_field_of_a_user(tenant: TenantDirectory, field: str) -> None:
    """On changing and on adding; a refused change leaves the user as it was."""
    current = await tenant.users.add(person("ann"))
    taken = 0
    for n, text in enumerate(TEXTS):
        changed = await refused(tenant.users.update(current.id, {field: text}), field)
        if changed is None:
            assert await tenant.users.get(current.id) == current
            values = person(f"u{n}") | {field: text}
            assert await refused(tenant.users.add(values), field) is None
            with pytest.raises(NotFound):
                await tenant.users.by_login(f"u{n}@example.org" if field != "email" else f"u{n}")
        else:
            assert getattr(changed, field) == text
            current = await tenant.users.get(changed.id)
            assert getattr(current, field) == text
            taken += 1
    assert taken


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
async def test_a_new_user_with_the_same_text_everywhere(tenant: TenantDirectory, text: str) -> None:
    """All free text fields at once, of one user."""
    fields = ["first_name", "display_name", "last_name"]
    try:
        user = await tenant.users.add(person("ann", **dict.fromkeys(fields, text)))
    except Invalid as error:
        named = {problem.loc[-1] for problem in error.problems}
    else:
        named = set()
    if named:
        assert named <= set(fields)
        return
    assert all(getattr(user, field) == text for field in fields)
    assert await tenant.users.by_login("ann") == user


async def test_any_text_in_custom_attributes(tenant: TenantDirectory) -> None:
    """As a name and as a value, of a standard attribute or not."""
    ann = await tenant.users.add(person("ann"))
    for text in TEXTS:
        for attributes in ({"title": text}, {"own": text}, {text: text}, {"own": {text: [text]}}):
            changed = await refused(
                tenant.users.update(ann.id, {"custom_attributes": attributes}),
                "custom_attributes",
            )
            if changed is not None:
                found = await tenant.users.get(ann.id)
                assert dict(found.custom_attributes) == attributes


async def test_any_text_as_a_password(tenant: TenantDirectory) -> None:
    """It is set, or Invalid about the password, and binds are never an error."""
    ann = await tenant.users.add(person("ann"))
    for text in TEXTS:
        await refused(tenant.users.update(ann.id, {"password": text}), "password")
        await tenant.users.unlock(ann.id)
        await tenant.users.bind(ann, text)


async def test_any_text_as_the_account_of_a_link(tenant: TenantDirectory) -> None:
    """The external id is kept to the letter and finds the user, or is Invalid."""
    ann = await tenant.users.add(person("ann"))
    provider = f"idp_{'0a' * 16}"
    taken = 0
    for text in TEXTS:
        link = FederatedIdentity(
            identity_provider_id=provider,
            external_id=text,
            linked_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        changed = await refused(
            tenant.users.update(ann.id, {"federated_identities": (link,)}), "federated_identities"
        )
        if changed is not None:
            taken += 1
            found = await tenant.users.linked_to(provider, text)
            assert [user.federated_identities for user in found] == [(link,)]
    assert taken


async def test_any_text_as_a_scope_and_as_a_secret(tenant: TenantDirectory) -> None:
    """Kept to the letter, or Invalid; a secret that was taken is right afterwards.

    But for one that reads as a ready-made hash (RFC 2307, 5.3): that the services never set.
    """
    app = await tenant.applications.add({"client_id": "c"})
    for text in TEXTS:
        scoped = await refused(
            tenant.applications.update(app.id, {"scopes": (text, "read")}), "scopes"
        )
        if scoped is not None:
            assert set((await tenant.applications.get(app.id)).scopes) == {text, "read"}
        secret = await refused(tenant.applications.update(app.id, {"secret": text}), "secret")
        if secret is not None and not text.startswith("{"):
            assert await tenant.applications.check_secret("c", text)
        assert not await tenant.applications.check_secret("c", text + "x")
        assert not await tenant.applications.check_secret(text, text)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("unit", "name"),
        ("unit", "description"),
        ("group", "name"),
        ("group", "description"),
        ("provider", "name"),
        ("provider", "description"),
        ("application", "client_id"),
        ("application", "name"),
        ("tenant", "slug"),
        ("tenant", "name"),
        ("partner", "slug"),
        ("partner", "name"),
    ],
)
async def test_any_text_in_a_field_of_anything_else(
    directory: Directory, tenant: TenantDirectory, kind: str, field: str
) -> None:
    """Stored and read back by id, or Invalid about that field."""
    stores = {
        "unit": (tenant.ous, {"name": "a"}),
        "group": (tenant.groups, {"name": "a"}),
        "provider": (tenant.identity_providers, {"name": "a", "type": ProviderType.OIDC}),
        "application": (tenant.applications, {"client_id": "a"}),
        "tenant": (directory.tenants, {"slug": tenant.tenant.slug + "a"}),
        "partner": (directory.partners, {"slug": tenant.tenant.slug + "a"}),
    }
    store, values = stores[kind]
    prefix = f"{tenant.tenant.slug}h" if field == "slug" else ""
    taken = 0
    for text in TEXTS[:: 3 if kind == "tenant" else 1]:  # each takes a whole subtree
        given = {**values, field: prefix + text if text else ""}
        added = await refused(store.add(given), field)
        if added is not None:
            taken += 1
            assert getattr(added, field) == given[field]
            assert await store.get(added.id) == added
            await store.delete(added.id)
    assert taken


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
async def test_any_text_as_an_id(tenant: TenantDirectory, text: str) -> None:
    """It names nothing, and is told as such."""
    with invalid("ou_id"):
        await tenant.users.add(person("ann", ou_id=text))
    with invalid("group_ids"):
        await tenant.users.add(person("ann", group_ids=[text]))
    for call in (tenant.users.get(text), tenant.users.by_login(text), tenant.groups.get(text)):
        with pytest.raises(NotFound):
            await call
    assert await tenant.users.linked_to(text, text) == ()
    assert await tenant.users.linked_to(f"idp_{'0a' * 16}", text) == ()
