"""The protocol's steps as this gateway takes them: authority, conditions, filters, answers.

What is standard stays `scim2_server`'s. It reads and writes nothing; the handler calls the
storage between its steps.
"""

from collections.abc import Iterable, Mapping
from functools import cache, partial
from http import HTTPStatus
from typing import Any, cast

from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    PayloadTooLargeException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    ScimProvider,
    SearchRequest,
)
from scim2_server.bulk import BulkPlan
from scim2_server.conditions import Conditions, EntityTags, opaque_tag
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Target
from scim2_server.service import ScimService, scim_exception_of

from adapters.scim.bounds import check_attributes
from adapters.scim.bulk import plan_of
from adapters.scim.errors import headers_for, logged
from adapters.scim.filters import FilterLimits, parse
from adapters.scim.names import Names
from adapters.scim.presentation import Document, chosen, located
from adapters.scim.request import Asked, acting
from adapters.scim.search import Found
from gateway.services.access import Access

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class GatewayScimService(ScimService):
    """The steps, with the authority of `gateway.domain.access` and this gateway's versions.

    A version is `W/"<version of the entry>-<hash>"`: `If-Match` looks at the first part, which
    the directory decides, `If-None-Match` at all of it.
    """

    def __init__(
        self,
        provider: ScimProvider,
        *,
        secret: str,
        access: Access,
        filter_limits: FilterLimits,
        names: Names,
    ) -> None:
        super().__init__(provider, secret=secret)
        self._access = access
        self._filter_limits = filter_limits
        self._names = names

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        """Refuse what the caller's role may not do. Raises `gateway.domain.errors.Forbidden`."""
        call = cast("Asked", request).call
        self._access.permit(acting(call, self.endpoint_of(resource_type), target.operation))

    def check_preconditions(
        self, resource: Resource[Any], method: str, conditions: Conditions
    ) -> bool:
        """As in the base class; `If-Match` compares the entry's own version, weakly (3.14)."""
        version = resource.meta.version if resource.meta else None
        wanted = EntityTags.parse(conditions.if_match)
        if wanted is not None and not wanted.any:
            accepted = {own_version(tag) for tag in wanted.tags}
            if version is None or own_version(version) not in accepted:
                raise PreconditionFailedException
        return Conditions(if_none_match=conditions.if_none_match).check(version, method)

    def read_search(
        self, resource_types: list[ResourceType], payload: Any
    ) -> tuple[SearchRequest[Any], Any]:
        """As in the base class, with filters read by this gateway's parser."""
        if isinstance(payload, dict):
            check_attributes(payload)
            payload = {
                name: ScimFilter(parse(value, self._filter_limits))
                if name.casefold() == "filter" and isinstance(value, str)
                else value
                for name, value in payload.items()
            }
        return super().read_search(resource_types, payload)

    def read_response_parameters(
        self, resource_type: ResourceType, query: Mapping[str, str]
    ) -> ResponseParameters[Any]:
        """As in the base class, for as many attributes as there are."""
        check_attributes(query)
        return super().read_response_parameters(resource_type, query)

    def read_bulk(self, body: bytes, content_type: str | None) -> BulkPlan:
        """The operations of a bulk request, planned; see `adapters.scim.bulk`."""
        plan = plan_of(self.decode_body(body, content_type))
        limit = self.config.bulk and self.config.bulk.max_operations
        if limit and len(plan.operations) > limit:
            raise PayloadTooLargeException(detail=f"More than {limit} operations")
        return plan

    def read_resource(
        self, resource_type: ResourceType, document: object, context: Context
    ) -> Resource[Any]:
        """A resource from a parsed body. Raises the SCIM exception of the first wrong member."""
        try:
            return self.get_model(resource_type).model_validate(document, scim_ctx=context)
        except ValidationError as error:
            raise scim_exception_of(error) from error

    def shown(
        self, base_url: str, documents: Iterable[Document], parameters: ResponseParameters[Any]
    ) -> list[Document]:
        """Documents as the answer to a reading shows them."""
        locate = cache(partial(self.reference_location, base_url))  # many name the same ones
        shown = []
        for document in documents:
            resource_type = self.get_resource_type(document["meta"]["resourceType"])
            location = self.resource_location(base_url, resource_type, document["id"])
            whole = located(document, locate, location)
            shown.append(chosen(whole, self.get_model(resource_type), parameters))
        return shown

    def read_response(
        self,
        base_url: str,
        document: Document,
        parameters: ResponseParameters[Any],
        conditions: Conditions,
    ) -> ScimResponse:
        """The answer to the reading of one resource: 304 where the caller's copy is fresh."""
        headers = {"ETag": document["meta"]["version"]}
        if not Conditions(if_none_match=conditions.if_none_match).check(headers["ETag"], "GET"):
            return ScimResponse(HTTPStatus.NOT_MODIFIED, None, headers)
        resource_type = self.get_resource_type(document["meta"]["resourceType"])
        location = self.resource_location(base_url, resource_type, document["id"])
        (body,) = self.shown(base_url, [document], parameters)
        headers |= {"Location": location, "Content-Location": location}
        return ScimResponse(HTTPStatus.OK, body, headers)

    def found_response(
        self,
        base_url: str,
        resource_types: list[ResourceType],
        found: Found,
        request: SearchRequest[Any],
    ) -> ScimResponse:
        """The answer to a search (3.4.2; RFC 9865, 2)."""
        documents = self.shown(base_url, found.documents, request)
        body: dict[str, Any] = {
            "schemas": [LIST],
            "totalResults": found.total,
            "itemsPerPage": len(documents),
        }
        if request.cursor is None:
            body["startIndex"] = request.start_index
        for name, position in (("nextCursor", found.next), ("previousCursor", found.previous)):
            cursor = self._seal(resource_types, request, position)
            if cursor is not None:
                body[name] = cursor
        return ScimResponse(HTTPStatus.OK, {**body, "Resources": documents})

    def created(
        self, base_url: str, resource: Resource[Any], parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """The answer to a creation: 201, with what was asked for of the resource."""
        published = self.publish(base_url, resource)
        return self.resource_response(
            published, Context.RESOURCE_CREATION_RESPONSE, parameters, HTTPStatus.CREATED
        )

    def patch_response(
        self,
        base_url: str,
        resource: Resource[Any],
        response_parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """The answer to a PATCH, always with the resource."""
        return self.replacement_response(base_url, resource, response_parameters)

    def patched_in_part(self, resource: Resource[Any]) -> ScimResponse:
        """The answer to a PATCH whose result was not read: 204, with the version."""
        version = resource.meta.version if resource.meta else None
        return ScimResponse(HTTPStatus.NO_CONTENT, None, {"ETag": version} if version else {})

    @staticmethod
    def resource_response(
        resource: Resource[Any],
        scim_ctx: Context,
        response_parameters: ResponseParameters[Any] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> ScimResponse:
        """As in the base class; `Location` tells the resource's address, as in RFC 7644."""
        response = ScimService.resource_response(resource, scim_ctx, response_parameters, status)
        response.headers["Location"] = response.headers["Content-Location"]
        return response

    def error_of(self, exception: Exception) -> Error:  # type: ignore[override]  # static there
        """Any error as a SCIM message, from the one table."""
        return logged(exception, self._names)

    def error_response(self, exception: Exception) -> ScimResponse:
        """Any error as an answer, with the headers that go with it."""
        error = self.error_of(exception)
        headers = {"Cache-Control": "no-store", **headers_for(exception)}
        return ScimResponse(HTTPStatus(error.status or 500), error.model_dump(), headers)


def own_version(tag: str) -> str:
    """The part of a version that is the entry's own."""
    return opaque_tag(tag).rpartition("-")[0]
