"""Groups as filters see them: what the domain decides itself, and where else to look."""

from dataclasses import dataclass

from scim2_models.path import CompareOperator, Comparison, FilterNode

from adapters.scim.filters.attributes import Attribute
from adapters.scim.filters.comparisons import compares
from adapters.scim.filters.lexer import refused
from adapters.scim.filters.subjects import (
    EVERYTHING,
    NOTHING,
    TIMES,
    Documents,
    compared_time,
    is_id,
)
from gateway.domain.ids import Kind
from gateway.domain.model import Group, JsonValue
from gateway.domain.query import Compare, Filter, HasMember, IdIn, LinkedTo

_ALWAYS = frozenset({"id", "displayName", "schemas", "meta"})
_UNANSWERED = frozenset({"meta.location", "meta.version"})
_MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of a tenant, with the external ids of one identity provider."""

    documents: Documents
    provider_id: str | None

    @property
    def label(self) -> str:
        """Groups of that provider."""
        return f"Group of {self.provider_id}"

    def value(self, item: Group, name: str) -> JsonValue:
        """As `Subject`; members are not looked at."""
        return self.documents.group_attribute(item, name, self.provider_id)

    def fields(self, name: str) -> frozenset[str]:
        """As `Subject`."""
        return self.documents.group_fields(name) - {"id"}

    def exact(self, attribute: Attribute, op: CompareOperator, value: object) -> Filter | None:
        """As `Subject`: ids, times, members; the rest is in the document."""
        equal = op is CompareOperator.eq
        if value is None and attribute.name in _ALWAYS:
            return NOTHING
        match attribute.path:
            case "id" if equal:
                return IdIn(frozenset({str(value)})) if is_id(value, Kind.GROUP) else NOTHING
            case "externalId" if self.provider_id is None:
                return EVERYTHING if equal and value is None else NOTHING
            case "meta.resourceType":
                return EVERYTHING if compares(attribute.binding, op, value)("Group") else NOTHING
            case "members.value" if equal and value is not None:
                return _naming(value)
            case path if path in TIMES:
                return compared_time(TIMES[path], op, value)
            case path if path in _UNANSWERED or attribute.name == _MEMBERS:
                raise refused(f"'{path}' cannot be compared so")
        return None

    def present(self, attribute: Attribute) -> Filter | None:
        """As `Subject`."""
        if attribute.name in _ALWAYS:
            return EVERYTHING
        if attribute.name == _MEMBERS:
            raise refused(f"'{attribute.path}' cannot be asked for")
        return self.any(attribute) if attribute.name == "externalId" else None

    def selects(self, attribute: Attribute, chosen: FilterNode) -> Filter | None:
        """As `Subject`: `members[value eq "..."]`."""
        match chosen:
            case _ if attribute.name != _MEMBERS:
                return None
            case Comparison(op=CompareOperator.eq, value=value) if (
                chosen.attr_path.attr.lower() == "value"
            ):
                return _naming(value)
        raise refused("members can be selected by their value")

    def equal(self, attribute: Attribute, value: str | bool) -> Filter:
        """As `Subject`."""
        match attribute.name:
            case "displayName":
                return Compare("name", "eq", attribute.binding.comparable(value))
            case "externalId" if self.provider_id is not None:
                return LinkedTo(self.provider_id, str(value))
            case _:
                return EVERYTHING

    def any(self, attribute: Attribute) -> Filter:
        """As `Subject`."""
        if attribute.name == "externalId":
            provider_id = self.provider_id
            return Compare("federated_identities", "eq", provider_id) if provider_id else NOTHING
        return EVERYTHING


def _naming(member_id: object) -> Filter:
    """Groups that name that user or group themselves."""
    known = is_id(member_id, Kind.USER) or is_id(member_id, Kind.GROUP)
    return HasMember(str(member_id)) if known else NOTHING
