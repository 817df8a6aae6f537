"""A request as the SCIM side sees it: checked, parsed, and with the call that it is."""

from dataclasses import dataclass, field, replace

from scim2_server.requests import ScimRequest
from scim2_server.routing import Operation, Target

from gateway.services.access import Call

DISCOVERY = "scim.discovery"

_VERBS = {
    Operation.query: "read",
    Operation.search: "read",
    Operation.search_with_body: "read",
    Operation.create: "create",
    Operation.replace: "update",
    Operation.patch: "update",
    Operation.delete: "delete",
}


ACTIONS = frozenset(
    {DISCOVERY}
    | {f"scim.{kind}.{verb}" for kind in ("users", "groups") for verb in _VERBS.values()}
)
"""All actions that requests can be."""


@dataclass(kw_only=True)
class Asked(ScimRequest):
    """A request with its parsed body; `call` names the caller, its action is discovery."""

    call: Call
    document: object = field(default=None, repr=False)


def acting(call: Call, endpoint: str, operation: Operation) -> Call:
    """The call of one operation on resources of one endpoint: its action is that one's."""
    return replace(call, action=f"scim.{endpoint.strip('/').lower()}.{_VERBS[operation]}")


def takes_body(target: Target) -> bool:
    """Whether a request for this has a body to read; that of any other is left alone."""
    return target.operation in {
        Operation.create,
        Operation.replace,
        Operation.patch,
        Operation.search_with_body,
        Operation.bulk,
    }
