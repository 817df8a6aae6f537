"""The operations of SCIM, where they differ from the library's: writes are functions of what is.

The library reads a resource, changes the copy and writes it back. Here the change goes to the
services, which do all three as one and again where somebody else was faster; single members of
a group are added and removed without reading the others.
"""

from typing import Any, cast

from scim2_models import (
    BulkOperation,
    Context,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.conditions import Conditions, EntityTags
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.utils import parametrize

from adapters.scim.members import GroupChange, difference, group_change
from adapters.scim.models import GroupResource
from adapters.scim.patch import apply_to_group, apply_to_user
from adapters.scim.policy import normalised
from adapters.scim.request import Asked
from adapters.scim.service import GatewayScimService, own_version
from adapters.scim.storage import Parameters, ServiceStorage, of_users
from gateway.services.changes import retried

_Method = BulkOperation.Method


class GatewayScimHandler(AsyncScimHandler):
    """Serves one request, for its caller."""

    service: GatewayScimService
    storage: ServiceStorage

    def __init__(self, service: GatewayScimService, storage: ServiceStorage) -> None:
        super().__init__(service, storage)

    async def create(self, request: ScimRequest) -> ScimResponse:
        """Create a resource (RFC 7644, 3.3)."""
        with self.service.provider:
            _, resource_type, parameters = self._permitted(request, Operation.create)
            created = await self._made(resource_type, _document(request), parameters)
            return self.service.created(request.base_url, created, parameters)

    async def query(self, request: ScimRequest) -> ScimResponse:
        """Read a resource (3.4.1)."""
        with self.service.provider:
            target, resource_type, parameters = self._permitted(request, Operation.query)
            document = await self.storage.document(resource_type, _id(target), parameters)
            return self.service.read_response(
                request.base_url, document, parameters, self.service.read_conditions(request)
            )

    async def search(self, request: ScimRequest) -> ScimResponse:
        """Search by the query's parameters (3.4.2)."""
        with self.service.provider:
            resource_types = self._searched(request, Operation.search)
            asked = self.service.read_search_query(resource_types, request.query)
            return await self._found(request, resource_types, *asked)

    async def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Search by a body (3.4.3)."""
        with self.service.provider:
            resource_types = self._searched(request, Operation.search_with_body)
            asked = self.service.read_search(resource_types, _document(request))
            return await self._found(request, resource_types, *asked)

    async def replace(self, request: ScimRequest) -> ScimResponse:
        """Replace a resource (3.5.1)."""
        with self.service.provider:
            target, resource_type, parameters = self._permitted(request, Operation.replace)
            conditions = self.service.read_conditions(request)
            replaced = await self._replaced(
                resource_type, _id(target), _document(request), conditions, parameters
            )
            return self.service.replacement_response(request.base_url, replaced, parameters)

    async def patch(self, request: ScimRequest) -> ScimResponse:
        """Modify a resource (3.5.2)."""
        with self.service.provider:
            target, resource_type, parameters = self._permitted(request, Operation.patch)
            conditions = self.service.read_conditions(request)
            patched, whole = await self._patched(
                resource_type, _id(target), _document(request), conditions, parameters
            )
            if not whole:
                return self.service.patched_in_part(patched)
            return self.service.patch_response(request.base_url, patched, parameters)

    async def delete_resource(
        self, resource_type: ResourceType, resource_id: str, conditions: Conditions
    ) -> None:
        """Delete a resource (3.6)."""
        version = await self._expected("DELETE", resource_type, resource_id, conditions)
        await self.storage.delete(resource_type, resource_id, expected_version=version)

    async def apply_bulk_operation(
        self, resource_type: ResourceType, operation: BulkOperation[Resource[Any]]
    ) -> Resource[Any] | None:
        """Do what one operation of a bulk request asks for (3.7), as a request of its own."""
        resource_id = operation.resource_id or ""
        conditions = Conditions(if_match=operation.version)
        parameters = self._only_id(resource_type)
        match operation.method:
            case _Method.post:
                return await self._made(resource_type, operation.data, parameters)
            case _Method.put:
                return await self._replaced(
                    resource_type, resource_id, operation.data, conditions, parameters
                )
            case _Method.patch:
                patched, _ = await self._patched(
                    resource_type, resource_id, operation.data, conditions, parameters
                )
                return patched
            case _:
                await self.delete_resource(resource_type, resource_id, conditions)
                return None

    def _searched(self, request: ScimRequest, operation: Operation) -> list[ResourceType]:
        target = self.service.route(request, operation)
        resource_types = self.service.searched_types(target.endpoint)
        for resource_type in resource_types:
            self.service.authorize(request, target, resource_type)
        return resource_types

    async def _found(
        self,
        request: ScimRequest,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        position: Any,
    ) -> ScimResponse:
        found = await self.storage.find(resource_types, search_request, position)
        return self.service.found_response(request.base_url, resource_types, found, search_request)

    async def _made(
        self, resource_type: ResourceType, document: object, parameters: Parameters
    ) -> Resource[Any]:
        resource = self.service.read_resource(
            resource_type,
            normalised(document, _kind(resource_type)),
            Context.RESOURCE_CREATION_REQUEST,
        )
        return await self.storage.create(resource_type, resource, response_parameters=parameters)

    async def _replaced(
        self,
        resource_type: ResourceType,
        resource_id: str,
        document: object,
        conditions: Conditions,
        parameters: Parameters,
    ) -> Resource[Any]:
        version = await self._expected("PUT", resource_type, resource_id, conditions)
        payload = normalised(document, _kind(resource_type))

        def replaced(current: Resource[Any]) -> Resource[Any] | None:
            replacement = self.service.read_resource(
                resource_type, payload, Context.RESOURCE_REPLACEMENT_REQUEST
            )
            changes = replacement.replace(current)
            # A group's members are not in `current`: the services find what changes of them.
            return replacement if changes or not of_users(resource_type) else None

        if of_users(resource_type):
            return await self.storage.change_user(
                resource_type, resource_id, replaced, version=version
            )
        group = await self.storage.change_group(
            resource_type, resource_id, replaced, version=version
        )
        return await self.storage.show_group(resource_type, group, parameters)

    async def _patched(
        self,
        resource_type: ResourceType,
        resource_id: str,
        document: object,
        conditions: Conditions,
        parameters: Parameters,
    ) -> tuple[Resource[Any], bool]:
        """The resource after a PATCH, and whether it is there as a whole."""
        version = await self._expected("PATCH", resource_type, resource_id, conditions)
        if of_users(resource_type):
            user = await self.storage.change_user(
                resource_type,
                resource_id,
                lambda current: apply_to_user(document, current),
                version=version,
            )
            return user, True
        single = False

        def patched(current: GroupResource) -> GroupChange:
            nonlocal single
            change = group_change(document, current)
            if change is None:
                raise _MembersNeeded
            single = bool(change.members.add or change.members.remove)
            return change

        try:
            group = await self.storage.change_group(
                resource_type, resource_id, patched, version=version
            )
        except _MembersNeeded:
            return await self._patched_with_members(
                resource_type, resource_id, document, version, parameters
            )
        whole = not single or bool(parameters.attributes or parameters.excluded_attributes)
        shown = parameters if whole else self._only_id(resource_type)
        return await self.storage.show_group(resource_type, group, shown), whole

    async def _patched_with_members(
        self,
        resource_type: ResourceType,
        resource_id: str,
        document: object,
        version: str | None,
        parameters: Parameters,
    ) -> tuple[Resource[Any], bool]:
        """A PATCH that says of members what only the list itself can answer."""

        async def attempt() -> Resource[Any]:
            current = cast("GroupResource", await self.storage.get(resource_type, resource_id))
            patched = apply_to_group(document, current)
            change = GroupChange(resource=patched, members=difference(current, patched))
            group = await self.storage.change_group(
                resource_type,
                resource_id,
                lambda _: change,
                version=version or _version(current),
            )
            return await self.storage.show_group(resource_type, group, parameters)

        return await (attempt() if version else retried(attempt)), True

    async def _expected(
        self, method: str, resource_type: ResourceType, resource_id: str, conditions: Conditions
    ) -> str | None:
        """The version that a write must find there; None where no condition asks for one.

        Raises:
            PreconditionFailedException: it is not there any more.
        """
        if not conditions.if_match and not conditions.if_none_match:
            return None
        parameters = None if conditions.if_none_match else self._only_id(resource_type)
        current = await self.storage.get(resource_type, resource_id, response_parameters=parameters)
        self.service.check_preconditions(current, method, conditions)
        named = EntityTags.parse(conditions.if_match)
        return None if named is None or named.any else _version(current)

    def _permitted(
        self, request: ScimRequest, operation: Operation
    ) -> tuple[Target, ResourceType, Parameters]:
        target = self.service.route(request, operation)
        resource_type = self.service.resource_type_at(cast("str", target.endpoint))
        self.service.authorize(request, target, resource_type)
        parameters = self.service.read_response_parameters(resource_type, request.query)
        return target, resource_type, parameters

    def _only_id(self, resource_type: ResourceType) -> Parameters:
        model = self.service.get_model(resource_type)
        return parametrize(ResponseParameters, model).model_validate({"attributes": "id"})


class _MembersNeeded(Exception):
    """A PATCH of a group cannot be understood without its members."""


def _version(resource: Resource[Any]) -> str | None:
    version = resource.meta.version if resource.meta else None
    return own_version(version) if version else None


def _document(request: ScimRequest) -> object:
    return cast("Asked", request).document


def _id(target: Target) -> str:
    return cast("str", target.resource_id)


def _kind(resource_type: ResourceType) -> Any:
    return str(resource_type.name)
