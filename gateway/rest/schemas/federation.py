"""Federated identities, and what is wrong between them and `identity_source`."""

from pydantic import Field

from gateway.domain.mismatch import MismatchKind, Outcome
from gateway.domain.model import FederatedIdentity, IdentitySource, ProviderType
from gateway.rest.schemas.envelopes import Answer, MetaResponse, PaginationMeta
from gateway.rest.schemas.fields import Flag, Name, Text
from gateway.rest.schemas.users import Command, FederatedIdentityResponse
from gateway.services import mismatches


class FederatedIdentityLink(Command):
    """An account at an identity provider that a user is to be linked to."""

    identity_provider_id: Name
    external_id: Text
    primary: Flag = False


class LinkedIdentityResponse(FederatedIdentityResponse):
    """A link, and the type of its provider; null where the provider is gone."""

    type: ProviderType | None = None

    @classmethod
    def of(cls, link: FederatedIdentity, type_: ProviderType | None) -> "LinkedIdentityResponse":
        """As it is shown."""
        return cls.model_validate(link).model_copy(update={"type": type_})


class MismatchItem(Answer):
    """A user whose source and links disagree, and what a fix did or would do."""

    id: str
    tenant_id: str
    email: str
    kind: MismatchKind
    identity_source: IdentitySource
    expected_source: IdentitySource | None = None
    links: list[LinkedIdentityResponse] = Field(default_factory=list)
    fixed: bool = False
    outcome: Outcome

    @classmethod
    def of(cls, item: mismatches.MismatchItem) -> "MismatchItem":
        """A finding as it is shown."""
        found = item.mismatch
        return cls(
            id=found.user.id,
            tenant_id=found.user.tenant_id,
            email=found.user.email,
            kind=found.kind,
            identity_source=found.user.identity_source,
            expected_source=found.expected_source,
            links=[LinkedIdentityResponse.of(link, type_) for link, type_ in found.links],
            fixed=item.fixed,
            outcome=item.outcome,
        )


class MismatchCountItem(Answer):
    """How many users share a pair of sources, over the whole filter."""

    identity_source: IdentitySource
    expected_source: IdentitySource | None = None
    count: int


class MismatchReport(Answer):
    """A page of findings."""

    data: list[MismatchItem]
    pagination: PaginationMeta
    counts: list[MismatchCountItem]
    meta: MetaResponse = Field(default_factory=MetaResponse)
