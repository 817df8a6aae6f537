"""Links against sources."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.mismatch import MismatchKind, Outcome, detect, expected_source
from gateway.domain.model import FederatedIdentity, IdentitySource, ProviderType, User

TYPES = {
    "idp_ldap": ProviderType.LDAP,
    "idp_oidc": ProviderType.OIDC,
    "idp_saml": ProviderType.SAML,
    "idp_scim": ProviderType.SCIM,
}
EARLY, LATE = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)

links = st.lists(
    st.builds(
        FederatedIdentity,
        identity_provider_id=st.sampled_from([*TYPES, "idp_gone"]),
        external_id=st.just("x"),
        linked_at=st.sampled_from([EARLY, LATE]),
        primary=st.booleans(),
    ),
    max_size=4,
).map(tuple)


def person(
    source: IdentitySource = IdentitySource.LOCAL, of: tuple[FederatedIdentity, ...] = ()
) -> User:
    """A user with that source and those links."""
    return User(
        id="usr_1",
        version="1",
        created_at=EARLY,
        tenant_id="tnt_1",
        email="a@example.org",
        username="a",
        identity_source=source,
        federated_identities=of,
    )


def link(provider: str, at: datetime = EARLY, *, primary: bool = False) -> FederatedIdentity:
    """A link to that provider."""
    return FederatedIdentity(
        identity_provider_id=provider, external_id="x", linked_at=at, primary=primary
    )


@given(st.sampled_from(IdentitySource), links)
def test_a_mismatch_is_a_source_that_no_link_speaks_for(
    source: IdentitySource, of: tuple[FederatedIdentity, ...]
) -> None:
    """Each kind is found exactly where its definition says, a mendable one first."""
    known = {TYPES[o.identity_provider_id].value for o in of if o.identity_provider_id in TYPES}
    found = detect(person(source, of), TYPES)
    if known and source not in known:
        assert found is not None
        assert found.kind is MismatchKind.MISMATCH
    elif any(o.identity_provider_id not in TYPES for o in of):
        assert found is not None
        assert found.kind is MismatchKind.DANGLING_LINK
    elif not of and source is not IdentitySource.LOCAL:
        assert found is not None
        assert found.kind is MismatchKind.MISSING_LINK
    else:
        assert found is None


@given(st.sampled_from(IdentitySource), links)
def test_the_plan_ends_the_mismatch(
    source: IdentitySource, of: tuple[FederatedIdentity, ...]
) -> None:
    """Doing what is planned leaves no mismatch, so a second fix has nothing to do."""
    found = detect(person(source, of), TYPES)
    if found is not None and found.outcome is Outcome.PLANNED:
        assert found.expected_source is not None
        after = detect(person(found.expected_source, of), TYPES)
        assert after is None or after.kind is MismatchKind.DANGLING_LINK


@given(st.sampled_from(IdentitySource), links)
def test_only_a_contradicting_source_is_fixable(
    source: IdentitySource, of: tuple[FederatedIdentity, ...]
) -> None:
    """Missing and dangling links are told, and never fixed by themselves."""
    found = detect(person(source, of), TYPES)
    if found is not None:
        fixable = found.kind is MismatchKind.MISMATCH
        assert found.outcome is (Outcome.PLANNED if fixable else Outcome.NOT_FIXABLE)
        assert len(found.links) == len(of)


@given(links)
def test_the_order_of_links_does_not_matter(of: tuple[FederatedIdentity, ...]) -> None:
    """The expected source is the same whichever way the directory lists the links."""
    assert expected_source(of, TYPES) is expected_source(tuple(reversed(of)), TYPES)


def test_the_primary_link_speaks_before_a_later_one() -> None:
    """A primary link wins against one that was linked later."""
    of = (link("idp_oidc", EARLY, primary=True), link("idp_saml", LATE))
    assert expected_source(of, TYPES) is IdentitySource.OIDC


def test_without_a_primary_the_latest_link_speaks() -> None:
    """The link that was made last wins where none is primary."""
    assert expected_source((link("idp_oidc", EARLY), link("idp_saml", LATE)), TYPES) is (
        IdentitySource.SAML
    )


def test_a_primary_link_to_a_gone_provider_says_nothing() -> None:
    """What is gone has no type, so the other links decide."""
    of = (link("idp_gone", LATE, primary=True), link("idp_scim", EARLY))
    assert expected_source(of, TYPES) is IdentitySource.SCIM
    assert expected_source(of[:1], TYPES) is None
