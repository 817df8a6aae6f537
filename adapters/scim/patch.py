"""PATCH of one resource (RFC 7644, 3.5.2): operations in order, all or none.

`scim2_models.PatchOp` applies them; here is what stands around it: plain operations first
(`adapters.scim.operations`), the id that clients repeat, values that are there already, and
errors that name the attribute.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    Extension,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    Mutability,
    MutabilityException,
    PatchOp,
    Path,
    Resource,
    SCIMException,
)
from scim2_models.base import BaseModel

from adapters.scim.bodies import normalised_patch
from adapters.scim.bounds import MAX_REMOVED, MAX_VALUES, check_size, too_much
from adapters.scim.models import EnterpriseUser, GroupResource, UserResource
from adapters.scim.operations import target_of
from adapters.scim.policy import SCIM_POLICY

R = TypeVar("R", bound=Resource[Any])
Operation = dict[str, Any]


def apply_to_user(payload: object, resource: UserResource) -> UserResource:
    """The user as it is after a PATCH; the one given stays as it was.

    Raises the SCIM exception of the first operation that cannot be done.
    """
    return applied(read_patch(payload, type(resource)), resource, values=MAX_VALUES)


def apply_to_group(payload: object, resource: GroupResource) -> GroupResource:
    """As `apply_to_user`, for a group with its members at hand."""
    return applied(read_patch(payload, type(resource)), resource)


def read_patch(payload: object, model: type[Resource[Any]]) -> list[Operation]:
    """The operations of a PATCH body, plain and checked as far as no resource is needed.

    Raises InvalidSyntaxException, InvalidPathException, InvalidValueException,
    MutabilityException, NoTargetException, or PayloadTooLargeException for more than is
    reasonable to ask at once.
    """
    if not isinstance(payload, Mapping):
        raise InvalidSyntaxException(detail="A PATCH is an object with Operations")
    check_size(payload)
    plain = normalised_patch(payload, model)
    operations: list[Operation] = plain["Operations"]
    if operations == [] and _given_operations(payload):
        return []
    # One value stands for all that a removal lists: they are alike, and the library would make
    # one long filter of them.
    judged = [
        {**each, "value": each["value"][:1]}
        if isinstance(each, dict)
        and each.get("op") == "remove"
        and isinstance(each.get("value"), list)
        else each
        for each in (operations if isinstance(operations, list) else ())
    ]
    _validated({**plain, "Operations": judged if operations else operations}, model)
    for operation in operations:
        _known_path(operation.get("path"), model)
        if operation["op"] == "remove":
            _removable(operation["path"], model)
    return operations


def applied(operations: list[Operation], resource: R, *, values: int | None = None) -> R:
    """A copy of the resource with plain operations applied.

    With `values` no more elements of multi-valued attributes are looked at in all. Raises
    PayloadTooLargeException.
    """
    result = resource.model_copy(deep=True)
    _forget_derived(result)
    looked_at = 0
    for operation in operations:
        looked_at += _elements(result)
        if values is not None and looked_at > values:
            raise too_much(f"operations on more than {values} values together")
        needed = _needed(operation, result)
        if needed is None:
            continue
        if operation["op"] == "remove" and len(operation.get("value") or ()) > MAX_REMOVED:
            raise too_much(f"more than {MAX_REMOVED} values to remove in one operation")
        patch = _validated({"Operations": [needed]}, type(resource))
        try:
            patch.patch(result, scim_policy=SCIM_POLICY)
        except InvalidValueException as error:
            raise _naming(error) from error
    return result


def _validated(message: Mapping[str, Any], model: type[R]) -> PatchOp[R]:
    patch: Any = PatchOp.__class_getitem__(model)
    try:
        read: PatchOp[R] = patch.model_validate(
            message, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=SCIM_POLICY
        )
    except ValidationError as error:
        raise _told(error) from error
    return read


def _needed(operation: Operation, resource: Resource[Any]) -> Operation | None:
    """The operation without what the resource has already; None where nothing is left."""
    value = operation.get("value")
    if "path" not in operation and isinstance(value, dict):
        value = {key: item for key, item in value.items() if not _own_id(key, item, resource)}
        if operation["op"] == "add":
            value = {key: _missing(key, item, resource) for key, item in value.items()}
        return {**operation, "value": value} if value else None
    if operation["op"] == "add":
        return {**operation, "value": _missing(operation["path"], value, resource)}
    return operation


def _own_id(key: str, value: Any, resource: Resource[Any]) -> bool:
    if key.lower() != "id":
        return False
    if value != resource.id:
        raise MutabilityException(attribute="id", detail="id: is not this resource's, nor writable")
    return True


def _missing(path: str, value: Any, resource: Resource[Any]) -> Any:
    """The elements that no element there has all of: the others are no change (3.5.2.1)."""
    target = target_of(type(resource), path)
    binding = target.resolve() if target is not None and target.model is None else None
    if target is None or binding is None or not isinstance(value, list):
        return value
    if not binding.is_multivalued or binding.sub_field_name or target.value_filter is not None:
        return value
    there = [
        item.model_dump().items() if isinstance(item, BaseModel) else ()
        for item in target.get(resource) or []
    ]
    return [
        item
        for item in value
        if not isinstance(item, dict)
        or not any(all(pair in known for pair in item.items()) for known in there)
    ]


def _elements(resource: Resource[Any]) -> int:
    values = (getattr(resource, name) for name in type(resource).model_fields)
    return sum(len(value) for value in values if isinstance(value, list))


def _known_path(path: str | None, model: type[Resource[Any]]) -> None:
    if not path:
        return
    target: Path[Any] = Path.__class_getitem__(model)(path)
    if target.model is None and target.resolve() is None:
        raise InvalidPathException(path=path, detail=f"{path}: no attribute of this resource")


def _removable(path: str, model: type[Resource[Any]]) -> None:
    """Refuse to remove an extension of which nobody can write anything (3.5.2.2)."""
    extension = Path.__class_getitem__(model)(path).model
    if extension is None or not issubclass(extension, Extension):
        return
    names = set(extension.model_fields) - {"schemas"}
    if {extension.get_field_annotation(each, Mutability) for each in names} == {
        Mutability.read_only
    }:
        raise MutabilityException(attribute=path, detail=f"{path!r} is read-only")


def _forget_derived(resource: Resource[Any]) -> None:
    """A manager without what follows from its id: a new id would stand beside the old address."""
    if EnterpriseUser not in type(resource).get_extension_models().values():
        return
    enterprise = resource[EnterpriseUser]
    if enterprise is not None and enterprise.manager is not None:
        enterprise.manager.ref = None


def _given_operations(payload: Mapping[str, Any]) -> bool:
    return any(key.lower() == "operations" and value for key, value in payload.items())


def _naming(error: InvalidValueException) -> SCIMException:
    """The error with its attribute in the detail, where pydantic found it."""
    cause = error.__cause__
    return _told(cause) if isinstance(cause, ValidationError) else error


def _told(error: ValidationError) -> SCIMException:
    errors = [{**each, "loc": tuple(map(_scim_name, each["loc"]))} for each in error.errors()]
    return SCIMException.from_error(Error.from_validation_errors(errors)[0])


def _scim_name(part: str | int) -> str | int:
    """A part of a place, which the library names by its field where it validates assignments."""
    if isinstance(part, int) or ":" in part:
        return part
    first, *others = part.split("_")
    return first + "".join(other.capitalize() for other in others)
