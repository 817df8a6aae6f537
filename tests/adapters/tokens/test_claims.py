"""From claims to principals."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tokens.claims import check_audience, check_times, principal
from gateway.domain.access import Role
from gateway.domain.errors import Unauthenticated

TENANT = "tnt_" + "0a" * 16
PARTNER = "prt_" + "0b" * 16
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"role": "super_admin"}, Role.SUPER_ADMIN),
        ({"roles": ["super_admin"]}, Role.SUPER_ADMIN),
        ({"role": ["viewer", "tenant_admin"], "tenant_id": TENANT}, Role.TENANT_ADMIN),
        ({"role": "tenant_admin", "roles": ["super_admin"]}, Role.SUPER_ADMIN),
        ({"role": "partner_admin", "partner_id": PARTNER}, Role.PARTNER_ADMIN),
        ({"role": "tenant_admin", "tenant_id": TENANT}, Role.TENANT_ADMIN),
        ({"role": "viewer"}, Role.USER),
        ({"roles": 7, "role": {}}, Role.USER),
        ({}, Role.USER),
        ({"platform_token": True, "scope": "admin:read admin:write"}, Role.PLATFORM_WRITE),
        ({"platform_token": True, "scope": "admin:write"}, Role.PLATFORM_WRITE),
        ({"platform_token": True, "scope": "x admin:read"}, Role.PLATFORM_READ),
        ({"platform_token": True, "scope": ["admin:read"]}, Role.PLATFORM_READ),
        ({"platform_token": True, "scope": "admin:reader"}, Role.PLATFORM_NONE),
        ({"platform_token": True, "role": "super_admin"}, Role.PLATFORM_NONE),
        ({"platform_token": True, "token_type": "client_credentials"}, Role.PLATFORM_NONE),
        ({"platform_token": "true", "scope": "admin:write"}, Role.USER),
        ({"platform_token": 1, "scope": "admin:write"}, Role.USER),
        ({"token_type": "client_credentials", "tenant_id": TENANT}, Role.APPLICATION),
        (
            {"token_type": "client_credentials", "tenant_id": TENANT, "role": "super_admin"},
            Role.APPLICATION,
        ),
        ({"token_type": "scim", "tenant_id": TENANT}, Role.SCIM),
        ({"app_scope": "scim", "tenant_id": TENANT, "role": "super_admin"}, Role.SCIM),
        ({"scope": "admin:write"}, Role.USER),
    ],
)
def test_the_kind_of_a_token_follows_from_its_claims(claims: dict[str, object], role: Role) -> None:
    """A token is the first kind that fits, from the narrowest to an ordinary user."""
    assert principal({"sub": "s", **claims}).role is role


@pytest.mark.parametrize(
    "claims",
    [
        {"role": "tenant_admin"},
        {"role": "tenant_admin", "tenant_id": ""},
        {"role": "tenant_admin", "tenant_id": 5},
        {"role": "tenant_admin", "partner_id": PARTNER},
        {"role": "partner_admin"},
        {"role": "partner_admin", "partner_id": None, "tenant_id": TENANT},
        {"token_type": "client_credentials"},
        {"token_type": "scim"},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"sub": "line\nbreak"},
        {"sub": "nul\x00"},
        {"sub": "\ud800"},
        {"client_id": []},
    ],
)
def test_a_token_that_lacks_what_its_kind_needs_is_refused(claims: dict[str, object]) -> None:
    """No admin without tenant or partner, nobody without a plain subject."""
    with pytest.raises(Unauthenticated) as refusal:
        principal({"sub": "s", **claims})
    assert refusal.value.presented


def test_ids_get_their_one_spelling_and_other_names_stay() -> None:
    """Dashed or upper-case ids are the same principal; slugs and foreign subjects are kept."""
    spelled = principal(
        {
            "sub": "USR_0C0C0C0C-0c0c-0C0C-0c0c-0c0c0c0c0c0c",
            "role": "tenant_admin",
            "tenant_id": TENANT.upper(),
            "partner_id": PARTNER.upper(),
        }
    )
    assert (spelled.subject, spelled.tenant_id, spelled.partner_id) == (
        "usr_" + "0c" * 16,
        TENANT,
        PARTNER,
    )
    foreign = principal({"sub": "auth0|123", "role": "tenant_admin", "tenant_id": "acme"})
    assert (foreign.subject, foreign.tenant_id) == ("auth0|123", "acme")


def test_a_scim_client_may_name_its_identity_provider() -> None:
    """The claim counts for SCIM alone; without it nothing is said, and odd text is refused."""
    named = {"sub": "s", "tenant_id": TENANT, "identity_provider_id": "IDP_" + "0D" * 16}
    assert principal({**named, "token_type": "scim"}).identity_provider_id == "idp_" + "0d" * 16
    assert principal({**named, "role": "tenant_admin"}).identity_provider_id is None
    silent = {"sub": "s", "tenant_id": TENANT, "token_type": "scim"}
    assert principal(silent).identity_provider_id is None
    with pytest.raises(Unauthenticated):
        principal({**silent, "identity_provider_id": 7})


def test_an_application_is_known_by_its_client_id() -> None:
    """`client_id` and `sub` stand in for each other in a token of an application."""
    common = {"token_type": "client_credentials", "tenant_id": TENANT}
    assert principal({**common, "client_id": "crm"}).subject == "crm"
    assert principal({**common, "sub": "crm"}).client_id == "crm"
    both = principal({**common, "sub": "svc", "client_id": "crm"})
    assert (both.subject, both.client_id) == ("svc", "crm")


def test_scopes_and_time_of_issue_are_told() -> None:
    """Scopes are words; the time of issue is UTC, or unknown."""
    told = principal({"sub": "s", "scope": "a  b", "iat": 1_800_000_000.5})
    assert told.scopes == {"a", "b"}
    assert told.issued_at == datetime(2027, 1, 15, 8, 0, 0, 500000, tzinfo=UTC)
    assert principal({"sub": "s"}).issued_at is None


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"exp": 1060}, True),
        ({"exp": 941}, True),
        ({"exp": 940}, False),
        ({}, False),
        ({"exp": None}, False),
        ({"exp": "1060"}, False),
        ({"exp": True}, False),
        ({"exp": float("inf")}, False),
        ({"exp": float("nan")}, False),
        ({"exp": 10**400}, False),
        ({"exp": -5}, False),
        ({"exp": [1060]}, False),
        ({"exp": 1060, "nbf": 1060}, True),
        ({"exp": 1060, "nbf": 1061}, False),
        ({"exp": 1060, "nbf": "soon"}, False),
        ({"exp": 1060, "iat": 1060}, True),
        ({"exp": 1060, "iat": 1061}, False),
        ({"exp": 1060.5, "iat": 999.5}, True),
    ],
)
def test_times_are_compared_with_leeway_at_1000(claims: dict[str, object], good: bool) -> None:
    """60 seconds either way; a token without a sane expiry is never good."""
    if good:
        assert check_times(claims, 1000, 60) >= 1000
    else:
        with pytest.raises(Unauthenticated):
            check_times(claims, 1000, 60)


@pytest.mark.parametrize(
    ("audience", "good"),
    [("us", True), (["them", "us"], True), ("them", False), ([], False), (None, False), (7, False)],
)
def test_the_audience_is_one_or_a_list(audience: object, good: bool) -> None:
    """RFC 7519, 4.1.3: `aud` is a text or an array of texts, compared to the letter."""
    if good:
        check_audience({"aud": audience}, "us")
    else:
        with pytest.raises(Unauthenticated):
            check_audience({"aud": audience}, "us")


NAMES = ["sub", "role", "roles", "tenant_id", "partner_id", "scope", "iat", "exp", "nbf", "aud"]


@given(st.dictionaries(st.sampled_from([*NAMES, "token_type", "app_scope", "client_id"]), JSON))
def test_any_claims_give_a_principal_or_a_refusal(claims: dict[str, object]) -> None:
    """Whatever an issuer puts into claims, nothing else than a refusal comes of it."""
    with suppress(Unauthenticated):
        check_audience(claims, "us")
    try:
        check_times(claims, 1000, 60)
        caller = principal(claims)
    except Unauthenticated:
        return
    assert caller.subject
    caller.subject.encode()
