"""Groups as SCIM documents."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from scim2_models import Context, Resource

from adapters.scim.documents.attributes import Draft
from adapters.scim.documents.common import external_id, meta, wanted_external_id
from adapters.scim.documents.forms import attributes_of
from adapters.scim.documents.homes import Homes
from adapters.scim.models import GROUP
from adapters.scim.models import Group as GroupModel
from gateway.domain.errors import NotFound, invalid
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group, JsonValue, Member
from gateway.services.provisioning import WantedGroup
from mappings.table import Mappings

_UNRESOLVED = "0"
"""The part of a version that tells what of other entries is shown: of them, nothing is."""
_FOLLOWS = frozenset({*Resource.model_fields, "members"})
_KINDS = {Kind.USER: "User", Kind.GROUP: "Group"}


class Groups:
    """Reads SCIM attributes off groups, and says what to write for others."""

    def __init__(self, mappings: Mappings) -> None:
        self._texts = attributes_of(GroupModel, Homes(mappings.group), without=_FOLLOWS)
        self._names = {name.lower(): name for name in self._texts}

    def document(
        self, group: Group, members: Sequence[Member] | None, provider_id: str | None
    ) -> dict[str, JsonValue]:
        """The whole document; without members where they were not read."""
        parts: dict[str, JsonValue] = {
            "schemas": [GROUP],
            "id": group.id,
            "externalId": external_id(group.federated_identities, provider_id),
            "meta": cast("JsonValue", meta(group, "Group", (group.version, _UNRESOLVED))),
            **{name: text.read(group) for name, text in self._texts.items()},
            "members": _members(members or ()),
        }
        return {name: value for name, value in parts.items() if value is not None}

    def attribute(
        self, group: Group, name: str, provider_id: str | None, members: Sequence[Member]
    ) -> JsonValue:
        """One top-level attribute, as it is in the document."""
        key = name.lower().removeprefix(f"{GROUP.lower()}:")
        match key:
            case "schemas":
                return [GROUP]
            case "id":
                return group.id
            case "externalid":
                return external_id(group.federated_identities, provider_id)
            case "meta":
                return cast("JsonValue", meta(group, "Group", (group.version, _UNRESOLVED)))
            case "members":
                return _members(members)
            case _:
                return self._texts[self._names[key]].read(group)

    def fields(self, name: str) -> frozenset[str]:
        """The fields of a group that an attribute looks at; members are none."""
        key = name.lower().removeprefix(f"{GROUP.lower()}:")
        known = {
            "schemas": (),
            "id": ("id",),
            "externalid": ("federated_identities",),
            "meta": ("created_at", "updated_at", "version"),
            "members": (),
        }
        return frozenset(known[key]) if key in known else self._texts[self._names[key]].fields

    def wanted(
        self,
        resource: Resource[Any],
        before: Group | None,
        provider_id: str | None,
        members: Collection[Member] | None,
    ) -> WantedGroup | None:
        """What to write so that the group reads as `resource`; None where it does already."""
        asked = resource.model_dump(scim_ctx=Context.DEFAULT)
        draft = Draft()
        for name, text in self._texts.items():
            if before is None or text.read(before) != asked.get(name):
                text.write(asked.get(name), draft)
        named = frozenset(_ids(asked.get("members") or ()))
        held = frozenset(member.id for member in members) if members is not None else None
        shown = external_id(before.federated_identities, provider_id) if before else None
        wanted = WantedGroup(
            values=draft.values,
            external_id=wanted_external_id(asked.get("externalId"), shown),
            members=None if named == (frozenset() if before is None else held) else named,
        )
        return wanted if before is None or wanted != WantedGroup() else None


def member_id(element: object) -> str:
    """The id that an element of `members` names, by `value` or else by `$ref`.

    What is no id of a user or group is given as it is: it names nothing, and is told so.

    Raises:
        Invalid: it names nobody at all.
    """
    parts = element if isinstance(element, dict) else {}
    text = parts.get("value") or str(parts.get("$ref") or "").rpartition("/")[2]
    if not isinstance(text, str) or not text:
        raise invalid("members", "has an element that names nobody", "missing")
    for kind in _KINDS:
        try:
            return canonical_id(kind, text)
        except NotFound:
            continue
    return text


def _ids(elements: Iterable[object]) -> Iterable[str]:
    return (member_id(element) for element in elements)


def _members(members: Sequence[Member]) -> JsonValue:
    return [_member(member) for member in members] or None


def _member(member: Member) -> dict[str, JsonValue]:
    kind = _KINDS[Kind(member.id.partition("_")[0])]
    return {
        "value": member.id,
        "$ref": f"{kind}s/{member.id}",
        "type": kind,
        "display": member.name,
    }
