"""Bulk requests (RFC 7644, 3.7): reading the envelope, with each operation's data left as it is.

The data of an operation is read when its turn comes, as the body of the single request that it
stands for: with the same tolerance, the same rules and the same errors.
"""

from collections.abc import Mapping
from typing import Any, cast

from scim2_models import (
    BulkOperation,
    Error,
    InvalidSyntaxException,
    InvalidValueException,
    Resource,
    SCIMException,
)
from scim2_server.bulk import BulkPlan

from adapters.scim.models import UserResource

_Operation = cast("type[BulkOperation[Resource[Any]]]", BulkOperation[UserResource])
_METHODS = {method.value: method for method in BulkOperation.Method}


def plan_of(document: object) -> BulkPlan:
    """The operations of a bulk request, in an order in which references can be resolved.

    An operation that is wrong in itself is kept as one that failed; the others run.

    Raises:
        InvalidSyntaxException, InvalidValueException: the envelope is wrong.
    """
    envelope = _members(document)
    if envelope is None:
        raise InvalidSyntaxException(detail="A bulk request is a JSON object")
    operations = envelope.get("operations")
    if not isinstance(operations, list):
        raise InvalidValueException(detail="Operations: a list is needed")
    fail_on_errors = envelope.get("failonerrors")
    if fail_on_errors is not None and (
        isinstance(fail_on_errors, bool) or not isinstance(fail_on_errors, int)
    ):
        raise InvalidValueException(detail="failOnErrors: an integer is needed")
    return BulkPlan([_operation(each) for each in operations], fail_on_errors)


def _operation(document: object) -> BulkOperation[Resource[Any]]:
    members = _members(document) or {}
    try:
        return _checked(members)
    except SCIMException as wrong:
        failure: Error = wrong.to_error()
        method = _text(members, "method").upper()
        return _Operation.model_construct(
            method=_METHODS.get(method),
            bulk_id=_text(members, "bulkid") or None,
            path=_text(members, "path") or None,
            status=failure.status,
            response=failure,
        )


def _checked(members: Mapping[str, Any]) -> BulkOperation[Resource[Any]]:
    method, path = _text(members, "method").upper(), _text(members, "path")
    if method not in _METHODS:
        raise InvalidValueException(detail="method: POST, PUT, PATCH or DELETE is needed")
    if not path:
        raise InvalidValueException(detail="path: a path is needed")
    for name in ("bulkid", "version"):
        if not isinstance(members.get(name), str | None):
            raise InvalidValueException(detail=f"{name}: a text is needed")
    if method == "POST" and not members.get("bulkid"):
        raise InvalidValueException(detail="bulkId: each POST needs one")
    data = members.get("data")
    if method != "DELETE" and not isinstance(data, dict):
        raise InvalidValueException(detail="data: a JSON object is needed")
    return _Operation.model_construct(
        method=_METHODS[method],
        bulk_id=members.get("bulkid"),
        version=members.get("version"),
        path=path,
        data=data,
    )


def _members(document: object) -> dict[str, Any] | None:
    """Members by their names in small letters: names are case-insensitive (RFC 7643, 2.1)."""
    if not isinstance(document, dict):
        return None
    return {str(name).casefold(): value for name, value in document.items()}


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""
