"""How each kind of resource is kept and listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from gateway.domain.ids import Kind
from gateway.domain.model import (
    Application,
    Group,
    IdentityProvider,
    OrganizationalUnit,
    Partner,
    Resource,
    ScimToken,
    Tenant,
    User,
)
from gateway.mirror.briefs import Briefs
from gateway.mirror.documents import Documents, Reading
from mappings.table import Mappings, ResourceMapping

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Kept(Generic[R]):
    """One kind.

    Args:
        kind: which one.
        documents: what resources of it are kept as.
        briefs: what is kept beside these.
        searched: the fields that a text search looks into.
        name: the field that names it, and `names` what reads no other.
    """

    kind: Kind
    documents: Documents[R]
    briefs: Briefs
    searched: tuple[str, ...]
    name: str
    names: Reading[R]


class Kinds:
    """All kinds, by the rows of a mapping."""

    def __init__(self, mappings: Mappings) -> None:
        self.user = _kept(Kind.USER, User, mappings.user)
        self.group = _kept(Kind.GROUP, Group, mappings.group)
        self.unit = _kept(
            Kind.ORGANIZATIONAL_UNIT, OrganizationalUnit, mappings.organizational_unit
        )
        self.tenant = _kept(Kind.TENANT, Tenant, mappings.tenant)
        self.partner = _kept(Kind.PARTNER, Partner, mappings.partner)
        self.provider = _kept(Kind.IDENTITY_PROVIDER, IdentityProvider, mappings.identity_provider)
        self.application = _kept(Kind.APPLICATION, Application, mappings.application)
        self.scim_token = _kept(Kind.SCIM_TOKEN, ScimToken, mappings.scim_token)
        every: tuple[Kept[Any], ...] = (
            self.user,
            self.group,
            self.unit,
            self.tenant,
            self.partner,
            self.provider,
            self.application,
            self.scim_token,
        )
        self.by_kind: Mapping[Kind, Kept[Any]] = MappingProxyType({one.kind: one for one in every})


def _kept(kind: Kind, cls: type[R], rows: ResourceMapping) -> Kept[R]:
    documents, briefs, searched = Documents(cls), Briefs(rows.searchable), rows.searchable
    return Kept(kind, documents, briefs, searched, rows.rdn, documents.part((rows.rdn,)))
