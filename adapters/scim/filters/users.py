"""Users as filters see them: what the domain decides itself, and where else to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
)

from adapters.scim.documents.homes import Home
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
from adapters.scim.models import CORE, DIRECTORY
from gateway.domain.ids import Kind
from gateway.domain.model import JsonValue, User
from gateway.domain.query import (
    And,
    Compare,
    Filter,
    IdIn,
    LinkedTo,
    MemberOf,
    Not,
    Or,
    Present,
)

_LONGEST = 4
"""So many times longer can a text be that equals another, spelled in other characters."""

_DIRECTORY: Mapping[str, str] = MappingProxyType(
    {
        f"{DIRECTORY}:identitySource": "identity_source",
        f"{DIRECTORY}:status": "status",
        f"{DIRECTORY}:mfaEnabled": "mfa_enabled",
        f"{DIRECTORY}:emailVerified": "email_verified",
        f"{DIRECTORY}:ouId": "ou_id",
        f"{DIRECTORY}:ouPath": "ou_path",
        f"{DIRECTORY}:federatedIdentities": "federated_identities",
    }
)
_ALWAYS = frozenset({"id", "active", "schemas", "meta"})
_UNANSWERED = frozenset({"password", "meta.location", "meta.version"})
_MEMBERSHIP = frozenset({"value", "type"})


@dataclass(frozen=True, slots=True)
class Users:
    """Users of a tenant, with the external ids of one identity provider."""

    documents: Documents
    provider_id: str | None

    @property
    def label(self) -> str:
        """Users of that provider."""
        return f"User of {self.provider_id}"

    def value(self, item: User, name: str) -> JsonValue:
        """As `Subject`."""
        return self.documents.attribute(item, name, self.provider_id)

    def fields(self, name: str) -> frozenset[str]:
        """As `Subject`."""
        return self.documents.fields(name) - {"id"}

    def exact(self, attribute: Attribute, op: CompareOperator, value: object) -> Filter | None:
        """As `Subject`: ids, times, whether active, groups; the rest is in the document."""
        equal = op is CompareOperator.eq
        if value is None and attribute.name in _ALWAYS:
            return NOTHING
        match attribute.path:
            case "id" if equal:
                return IdIn(frozenset({str(value)})) if is_id(value, Kind.USER) else NOTHING
            case "externalId" if self.provider_id is None:
                return EVERYTHING if equal and value is None else NOTHING
            case "active":
                active = Not(Present("own_status"))
                return (active if value else Present("own_status")) if equal else NOTHING
            case "meta.resourceType":
                found = compares(attribute.binding, op, value)("User")
                return EVERYTHING if found else NOTHING
            case "schemas" if any(map(compares(attribute.binding, op, value), (CORE, DIRECTORY))):
                return EVERYTHING
            case "groups.value" if equal and value is not None:
                return _in_group(value)
            case path if path in TIMES:
                return compared_time(TIMES[path], op, value)
            case path if path in _UNANSWERED or attribute.name == "groups":
                raise refused(f"'{path}' cannot be compared so")
        return None

    def present(self, attribute: Attribute) -> Filter | None:
        """As `Subject`."""
        if attribute.name in _ALWAYS:
            return EVERYTHING
        if attribute.name in ("password", "groups"):
            raise refused(f"'{attribute.path}' cannot be asked for")
        if attribute.name == "externalId":
            return self.any(attribute)
        return None

    def selects(self, attribute: Attribute, chosen: FilterNode) -> Filter | None:
        """As `Subject`: `groups[value eq "..." and type eq "direct"]`."""
        if attribute.name != "groups":
            return None
        both = isinstance(chosen, LogicalExpr) and chosen.op is LogicalOperator.and_
        terms = chosen.terms if both and isinstance(chosen, LogicalExpr) else (chosen,)
        wanted: dict[str, Any] = {}
        for term in terms:
            if not (isinstance(term, Comparison) and term.op is CompareOperator.eq):
                break
            wanted[term.attr_path.attr.lower()] = term.value
        else:
            if len(wanted) == len(terms) and "value" in wanted and not wanted.keys() - _MEMBERSHIP:
                return _in_group(wanted["value"], wanted.get("type"))
        raise refused("groups can be selected by their value, and by their type beside it")

    def equal(self, attribute: Attribute, value: str | bool) -> Filter:
        """As `Subject`: the homes that could hold the text, details where they could not."""
        name = attribute.name
        if name in _DIRECTORY and attribute.part is None:
            return Compare(_DIRECTORY[name], "eq", value)
        if name == "externalId" and self.provider_id is not None:
            return LinkedTo(self.provider_id, str(value))
        homes = self.documents.homes(name)
        held = [home for home in homes if home.sub == attribute.part]
        elsewhere = name in _ALWAYS or name in _DIRECTORY or (homes and not held)
        if elsewhere or isinstance(value, bool):
            return self.any(attribute)
        text = attribute.binding.comparable(value)
        terms: list[Filter] = [Compare(_field(home), "eq", text) for home in held]
        whole = not attribute.binding.is_multivalued or any(home.type is None for home in held)
        if not (held and whole and all(_surely_holds(home, value) for home in held)):
            plain = attribute.part is None and not attribute.binding.is_multivalued
            terms.append(Compare(_custom(name), "eq", text) if plain else Present(_custom(name)))
        return Or(tuple(terms))

    def any(self, attribute: Attribute) -> Filter:
        """As `Subject`."""
        name = attribute.name
        if name in _ALWAYS:
            return EVERYTHING
        if name == "externalId":
            provider_id = self.provider_id
            return Compare("federated_identities", "eq", provider_id) if provider_id else NOTHING
        if name in _DIRECTORY:
            return Present(_DIRECTORY[name])
        fields = [_field(home) for home in self.documents.homes(name)]
        if "custom_attributes" in self.documents.fields(name):
            fields.append(_custom(name))
        return Or(tuple(Present(field) for field in dict.fromkeys(fields)))


def _in_group(group_id: object, kind: object = None) -> Filter:
    """Users in a group; by the type of membership that SCIM shows, in itself or in one of it."""
    if not is_id(group_id, Kind.GROUP):
        return NOTHING
    every, direct = MemberOf(str(group_id)), MemberOf(str(group_id), direct=True)
    match kind.lower() if isinstance(kind, str) else kind:
        case None:
            return every
        case "direct":
            return direct
        case "indirect":
            return And((every, Not(direct)))
        case _:
            return NOTHING


def _surely_holds(home: Home, text: str) -> bool:
    """Whether the home could hold all that equals the text, however it is spelled."""
    longest = home.row.max_length // _LONGEST if home.row is not None else len(text)
    return len(text) <= longest and home.holds(text)


def _field(home: Home) -> str:
    return home.name if home.row is not None else f"custom_attributes.{home.name}"


def _custom(name: str) -> str:
    """The custom attribute for what has no home, or for what its home cannot hold."""
    return f"custom_attributes.{name.rpartition(':')[2]}"
