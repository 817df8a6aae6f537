"""What SCIM clients are forgiven: one table of deviations, from whom, and why.

`TOLERANCES` says it for people and for the documentation, each with an example that tests hold
true. `normalised` (`adapters.scim.bodies`, `operations` and `values`) does it to bodies,
`SCIM_POLICY` decides what the protocol library asks. What is not in the table is read as
RFC 7643 and RFC 7644 have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scim2_models import ScimPolicy

from adapters.scim.bodies import Kind, normalised
from adapters.scim.models import CORE, ENTERPRISE, GROUP

__all__ = ["SCIM_POLICY", "TOLERANCES", "Tolerance", "normalised"]

SCIM_POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""Unknown attributes are ignored, a `remove` takes a value, a described element is made."""

PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_ENTRA = "Microsoft Entra ID"
_ENTRA_DOC = "https://learn.microsoft.com/entra/identity/app-provisioning/"
_MANAGER = f"{ENTERPRISE}:manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A deviation that is understood: `sent` is an example, `read` what it is taken for."""

    name: str
    what: str
    senders: tuple[str, ...]
    source: str
    sent: Mapping[str, Any]
    read: Mapping[str, Any]
    kind: Kind = "User"


def _body(*operations: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def _user(**attributes: Any) -> Mapping[str, Any]:
    return {"schemas": [CORE], **attributes}


TOLERANCES: Final[tuple[Tolerance, ...]] = (
    Tolerance(
        name="operation-case",
        what="The names of operations and of their members are in any case",
        senders=(_ENTRA,),
        source=f"{_ENTRA_DOC}use-scim-to-provision-users-and-groups",
        sent=_body({"op": "Replace", "path": "title", "value": "Engineer"}),
        read=_body({"op": "replace", "path": "title", "value": "Engineer"}),
    ),
    Tolerance(
        name="boolean-text",
        what="true and false may be texts, in any case; any other text is refused",
        senders=(_ENTRA, "OneLogin", "Keycloak plugins"),
        source=f"{_ENTRA_DOC}application-provisioning-config-problem-scim-compatibility",
        sent=_body({"op": "Replace", "path": "active", "value": "False"}),
        read=_body({"op": "replace", "path": "active", "value": False}),
    ),
    Tolerance(
        name="filtered-key",
        what="A value without a path may have keys that are paths, also ones with a filter",
        senders=(_ENTRA,),
        source=f"{_ENTRA_DOC}application-provisioning-config-problem-scim-compatibility",
        sent=_body(
            {"op": "replace", "value": {"title": "x", 'emails[type eq "work"].value': "a@b"}}
        ),
        read=_body(
            {"op": "replace", "value": {"title": "x"}},
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@b"},
        ),
    ),
    Tolerance(
        name="read-only-in-value",
        what="A value without a path may carry schemas, meta and groups along, and its own id",
        senders=("Okta", "authentik"),
        source="https://github.com/goauthentik/authentik, authentik/providers/scim",
        sent=_body(
            {"op": "replace", "value": {"schemas": [GROUP], "id": None, "displayName": "x"}}
        ),
        read=_body({"op": "replace", "value": {"displayName": "x"}}),
        kind="Group",
    ),
    Tolerance(
        name="read-only-in-body",
        what="What nobody can write is dropped from the bodies of POST and PUT, however it looks",
        senders=("Okta", "OneLogin", "authentik", _ENTRA),
        source="RFC 7644, 3.3 and 3.5.1",
        sent=_user(userName="a", id=None, groups=[], meta={"resourceType": "User", "created": ""}),
        read=_user(userName="a"),
    ),
    Tolerance(
        name="remove-value",
        what="A remove with a list of values removes those alone",
        senders=(_ENTRA, "JumpCloud", "authentik"),
        source="https://github.com/simpleidserver/SimpleIdServer/issues/164",
        sent=_body(
            {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "usr_1"}]}
        ),
        read=_body({"op": "remove", "path": "members", "value": [{"value": "usr_1"}]}),
        kind="Group",
    ),
    Tolerance(
        name="remove-null",
        what="A remove whose value is null removes all, as one without a value",
        senders=("Keycloak plugins",),
        source="https://github.com/mitodl/keycloak-scim",
        sent=_body({"op": "remove", "path": "members", "value": None}),
        read=_body({"op": "remove", "path": "members"}),
        kind="Group",
    ),
    Tolerance(
        name="remove-single",
        what="The value beside the removal of a single-valued attribute is not looked at",
        senders=(_ENTRA,),
        source="RFC 7644, 3.5.2.2: the path alone is the target",
        sent=_body({"op": "Remove", "path": "title", "value": "Engineer"}),
        read=_body({"op": "remove", "path": "title"}),
    ),
    Tolerance(
        name="wrapped-value",
        what="The value of an operation may be an object with the attribute's name as its only key",
        senders=("Salesforce", "Ping Identity"),
        source="https://github.com/RIPAGlobal/scimitar app/models/scimitar/resources/mixin.rb",
        sent=_body({"op": "remove", "value": {"members": [{"value": "usr_1"}]}}),
        read=_body({"op": "remove", "path": "members", "value": [{"value": "usr_1"}]}),
        kind="Group",
    ),
    Tolerance(
        name="member-by-id",
        what="Of a member the value counts, else the end of $ref; type and display follow from it",
        senders=(_ENTRA, "Okta", "Keycloak plugins"),
        source="https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/419",
        sent={"schemas": [GROUP], "displayName": "x", "members": [{"$ref": "Users/usr_1"}]},
        read={"schemas": [GROUP], "displayName": "x", "members": [{"value": "usr_1"}]},
        kind="Group",
    ),
    Tolerance(
        name="members-null",
        what="Null members in a value without a path say nothing of the members",
        senders=("Okta",),
        source="https://github.com/langwatch/langwatch/issues/7131",
        sent=_body({"op": "replace", "value": {"displayName": "x", "members": None}}),
        read=_body({"op": "replace", "value": {"displayName": "x"}}),
        kind="Group",
    ),
    Tolerance(
        name="manager-text",
        what="The manager may be its id as a text; an empty one removes it",
        senders=(_ENTRA,),
        source="https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/541",
        sent=_body({"op": "Add", "path": _MANAGER, "value": "usr_1"}),
        read=_body({"op": "add", "path": _MANAGER, "value": {"value": "usr_1"}}),
    ),
    Tolerance(
        name="manager-core",
        what="The manager may stand among the core attributes, and be a list of one",
        senders=(_ENTRA,),
        source=f"{_ENTRA_DOC}use-scim-to-provision-users-and-groups",
        sent=_body(
            {
                "op": "Add",
                "path": "manager",
                "value": [{"$ref": "../Users/usr_1", "value": "usr_1"}],
            }
        ),
        read=_body({"op": "add", "path": _MANAGER, "value": {"value": "usr_1"}}),
    ),
    Tolerance(
        name="manager-template",
        what="The manager may be an object with managerId; its displayName follows from the id",
        senders=("OneLogin",),
        source="https://developers.onelogin.com/scim/implement-scim-api",
        sent=_user(
            userName="a", **{ENTERPRISE: {"manager": {"managerId": "7", "displayName": "B"}}}
        ),
        read=_user(userName="a", **{ENTERPRISE: {"manager": {"value": "7"}}}),
    ),
    Tolerance(
        name="one-for-many",
        what="A multi-valued attribute may be one object",
        senders=("OneLogin",),
        source="https://github.com/15five/django-scim2",
        sent=_user(userName="a", emails={"value": "a@b.org", "primary": "true"}),
        read=_user(userName="a", emails=[{"value": "a@b.org", "primary": True}]),
    ),
    Tolerance(
        name="text-for-object",
        what="An element may be its value alone; a lone address is the primary one, of type work",
        senders=(_ENTRA,),
        source="https://github.com/grokability/snipe-it/issues/19183",
        sent=_body({"op": "Replace", "path": "emails", "value": "a@b.org"}),
        read=_body(
            {
                "op": "replace",
                "path": "emails",
                "value": [{"value": "a@b.org", "type": "work", "primary": True}],
            }
        ),
    ),
    Tolerance(
        name="roles-json",
        what="A role may be JSON as a text: its value and its displayName are taken",
        senders=(_ENTRA,),
        source="https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/516",
        sent=_body(
            {
                "op": "Add",
                "path": "roles",
                "value": [{"value": '{"id":"8a","value":"Admin","displayName":"Admins"}'}],
            }
        ),
        read=_body(
            {
                "op": "add",
                "path": "roles",
                "value": [{"display": "Admins", "id": "8a", "value": "Admin"}],
            }
        ),
    ),
    Tolerance(
        name="null-and-empty",
        what="Null and a text without a character are no value, an element of such no element",
        senders=("OneLogin", _ENTRA, "Okta"),
        source="https://developers.onelogin.com/scim/implement-scim-api",
        sent=_user(userName="a", title="", phoneNumbers=[{"type": "work", "value": ""}]),
        read=_user(userName="a", title=None, phoneNumbers=[]),
    ),
    Tolerance(
        name="clearing",
        what="Replacing by null or an empty text removes; a cleared value takes its element along",
        senders=(_ENTRA,),
        source=f"{_ENTRA_DOC}scim-validator-tutorial",
        sent=_body({"op": "Replace", "path": 'emails[type eq "work"].value', "value": ""}),
        read=_body({"op": "remove", "path": 'emails[type eq "work"]'}),
    ),
    Tolerance(
        name="adding-nothing",
        what="Adding null changes nothing",
        senders=(_ENTRA,),
        source="RFC 7643, 2.5: null is unassigned",
        sent=_body({"op": "Add", "path": "title", "value": None}),
        read=_body(),
    ),
    Tolerance(
        name="unknown-schemas",
        what="Schemas that are not known here may be listed",
        senders=(_ENTRA,),
        source=f"{_ENTRA_DOC}use-scim-to-provision-users-and-groups",
        sent={
            "schemas": [
                GROUP,
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "displayName": "x",
        },
        read={"schemas": [GROUP], "displayName": "x"},
        kind="Group",
    ),
    Tolerance(
        name="first-version",
        what="The core schema of SCIM 1, and no schema at all, stand for that of SCIM 2",
        senders=("Google Workspace", "OneLogin"),
        source="https://github.com/grokability/snipe-it/issues/12642",
        sent={"schemas": ["urn:scim:schemas:core:1.0"], "userName": "a"},
        read=_user(userName="a"),
    ),
)
"""Every deviation in a body that is understood; two more are settings of `SCIM_POLICY`."""
