"""Federated links against `identity_source`: detect, and plan; applying is a service's work."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.model import FederatedIdentity, IdentitySource, ProviderType, User


class MismatchKind(StrEnum):
    """What is wrong between a user's source and its links."""

    MISMATCH = "mismatch"
    MISSING_LINK = "missing_link"
    DANGLING_LINK = "dangling_link"


class Outcome(StrEnum):
    """What a fix did, or would do."""

    PLANNED = "planned"
    FIXED = "fixed"
    SKIPPED_CHANGED = "skipped_changed"
    NOT_FIXABLE = "not_fixable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One finding, with the version of the user that it was found in."""

    user: User
    kind: MismatchKind
    expected_source: IdentitySource | None
    links: tuple[tuple[FederatedIdentity, ProviderType | None], ...]

    @property
    def outcome(self) -> Outcome:
        """What a dry run says: only a source that contradicts its links is fixed by itself."""
        fixable = self.kind is MismatchKind.MISMATCH and self.expected_source is not None
        return Outcome.PLANNED if fixable else Outcome.NOT_FIXABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchCount:
    """How many findings share a pair of sources, over the whole filter."""

    identity_source: IdentitySource
    expected_source: IdentitySource | None
    count: int


def expected_source(
    links: Iterable[FederatedIdentity], types: Mapping[str, ProviderType]
) -> IdentitySource | None:
    """The source that the links speak for: the primary's type, else the latest one's.

    Links to providers that are gone say nothing. Ties go to the smaller provider id.
    """
    known = [link for link in links if link.identity_provider_id in types]
    if not known:
        return None
    best = min(
        known,
        key=lambda link: (
            not link.primary,
            -link.linked_at.timestamp(),
            link.identity_provider_id,
        ),
    )
    return IdentitySource(types[best.identity_provider_id])


def detect(user: User, types: Mapping[str, ProviderType]) -> Mismatch | None:
    """What is wrong with one user; None when source and links agree.

    `types` are the tenant's identity providers. A contradicting source comes before a
    dangling link, since it can be mended.
    """
    links = tuple(
        (link, types.get(link.identity_provider_id)) for link in user.federated_identities
    )
    known = {IdentitySource(type_) for _, type_ in links if type_ is not None}
    kind: MismatchKind | None = None
    if known and user.identity_source not in known:
        kind = MismatchKind.MISMATCH
    elif any(type_ is None for _, type_ in links):
        kind = MismatchKind.DANGLING_LINK
    elif not links and user.identity_source is not IdentitySource.LOCAL:
        kind = MismatchKind.MISSING_LINK
    if kind is None:
        return None
    expected = expected_source(user.federated_identities, types)
    return Mismatch(user=user, kind=kind, expected_source=expected, links=links)
