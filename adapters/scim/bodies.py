"""Bodies of requests as RFC 7643 and RFC 7644 would have them, by `adapters.scim.policy`.

Pure functions over parsed JSON: resources and PATCH.
"""

from collections.abc import Mapping
from typing import Any, Literal

from scim2_models import Resource

from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, GROUP, GroupResource, UserResource
from adapters.scim.operations import operations
from adapters.scim.values import members_of

Kind = Literal["User", "Group"]

_OURS = frozenset(urn.lower() for urn in (CORE, ENTERPRISE, DIRECTORY, GROUP))
_FIRST_VERSION = "urn:scim:schemas:"


def normalised(payload: Any, kind: Kind) -> Any:
    """The body of a POST, PUT or PATCH as the RFCs would have it; itself when read again.

    What is no object, and what no tolerance knows, stays for the models to judge. Raises
    InvalidValueException naming the attribute.
    """
    model: type[Resource[Any]] = UserResource if kind == "User" else GroupResource
    if not isinstance(payload, dict):
        return payload
    if any(key.lower() == "operations" for key in payload):
        return normalised_patch(payload, model)
    return _resource(payload, model, kind)


def normalised_patch(payload: Mapping[str, Any], model: type[Resource[Any]]) -> dict[str, Any]:
    """The body of a PATCH with plain operations; None for them where there are none."""
    out = {key: value for key, value in payload.items() if key.lower() != "operations"}
    given = (value for key, value in payload.items() if key.lower() == "operations")
    return {**out, "Operations": operations(model, next(given, None))}


def _resource(payload: dict[str, Any], model: type[Resource[Any]], kind: Kind) -> dict[str, Any]:
    body = _homed_manager(payload) if kind == "User" else payload
    read = members_of(model, body, "", writable=True)
    out = {key: value for key, value in read.items() if key.lower() != "schemas"}
    given = next((value for key, value in payload.items() if key.lower() == "schemas"), None)
    return {"schemas": _schemas(given, CORE if kind == "User" else GROUP), **out}


def _homed_manager(payload: dict[str, Any]) -> dict[str, Any]:
    """A `manager` among the core attributes, moved to the enterprise extension."""
    found = next((key for key in payload if key.lower() == "manager"), None)
    if found is None:
        return payload
    body = {key: value for key, value in payload.items() if key != found}
    urn = next((key for key in body if key.lower() == ENTERPRISE.lower()), ENTERPRISE)
    enterprise = body.get(urn)
    if enterprise is None or isinstance(enterprise, dict):
        body[urn] = {"manager": payload[found], **(enterprise or {})}
    return body


def _schemas(given: Any, core: str) -> Any:
    """The schemas that are known here; none at all, and those of SCIM 1, stand for the core."""
    urns = [given] if isinstance(given, str) else given
    if not urns:
        return [core]
    if not isinstance(urns, list) or not all(isinstance(urn, str) for urn in urns):
        return given
    known = [urn for urn in urns if urn.lower() in _OURS]
    if any(urn.lower().startswith(_FIRST_VERSION) for urn in urns):
        return [core, *(urn for urn in known if urn.lower() != core.lower())]
    return known or urns
