"""The SCIM face: its routes, and the way of a request through it.

Refusals come in the order of REST: 401, what no endpoint takes (404, 405), 413 and 415, 403,
404, 400, and last what the services say (412, 409). Every answer is a SCIM message.
"""

import re
from http import HTTPStatus
from urllib.parse import parse_qsl, quote

import msgspec
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse
from scim2_server.routing import Operation, Target, match
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from adapters.scim.documents import Documents
from adapters.scim.errors import told
from adapters.scim.handler import GatewayScimHandler
from adapters.scim.request import DISCOVERY, Asked, acting, takes_body
from adapters.scim.service import GatewayScimService
from adapters.scim.storage import ServiceStorage
from gateway.http.auth import authenticate
from gateway.http.context import request_context
from gateway.http.limits import parse_json, read_body, require_json
from gateway.http.settings import HttpSettings
from gateway.services.access import Call
from gateway.services.all import Services

BASES = ("/scim/v2", "/api/v1/tenants/{tenant_id}/scim/v2")
"""Where SCIM is served: for a token that names its tenant, and below each tenant."""

_REST = "rest"
_PARAMETERS = {
    name.casefold(): name
    for name in (
        "attributes",
        "excludedAttributes",
        "filter",
        "sortBy",
        "sortOrder",
        "startIndex",
        "count",
        "cursor",
    )
}
_IDS = {"users": "user_id", "groups": "group_id"}


class ScimFace:
    """Answers all that is asked below a SCIM base path."""

    def __init__(
        self,
        *,
        services: Services,
        service: GatewayScimService,
        documents: Documents,
        http: HttpSettings,
        bulk_max_payload: int,
    ) -> None:
        self._services = services
        self._service = service
        self._documents = documents
        self._http = http
        self._bulk_max_payload = bulk_max_payload

    async def answer(self, request: Request, base: str) -> Response:
        """Answer one request below `base`, one of `BASES`."""
        try:
            return _response(await self._answered(request, base))
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is left to read it
        except Exception as error:
            return _response(self._service.error_response(error))

    async def _answered(self, request: Request, base: str) -> ScimResponse:
        principal = await authenticate(request.headers, self._services)
        context = request_context(request)
        call = Call(
            principal=principal,
            action=DISCOVERY,
            tenant_ref=request.path_params.get("tenant_id", principal.tenant_id),
            request_id=context.request_id,
            address=context.address,
        )
        asked = self._asked(request, base, call)
        target = match(asked.method, asked.path)
        if target.endpoint is not None:
            self._service.resource_type_at(target.endpoint)
        # What seals a cursor is told the time, and does not know of what is kept how long.
        request.scope["route"] = Shown(
            base + _template(target), answers_kept="cursor" not in asked.query
        )
        raw = await self._body(request, target)
        self._services.access.permit(_acting(call, target))
        try:
            if raw is not None:
                asked.body = raw
                asked.document = parse_json(raw, max_depth=self._http.max_json_depth)
            if target.endpoint is None:
                await self._services.access.tenant(call)
            return await self._handler(call).handle(asked)
        except Exception as error:
            if told(error).status == HTTPStatus.BAD_REQUEST:
                await self._visible(call, target)
            raise

    def _asked(self, request: Request, base: str, call: Call) -> Asked:
        names = {name: quote(value, safe="") for name, value in request.path_params.items()}
        segments = [part for part in request.path_params[_REST].split("/") if part]
        return Asked(
            method=request.method,
            base_url=self._http.public_url.rstrip("/") + base.format(**names),
            path="/" + "/".join(segments),
            query=_query(request),
            headers=request.headers.items(),
            call=call,
        )

    async def _body(self, request: Request, target: Target) -> bytes | None:
        """The body of a request that has one; without a media type it is JSON (3.8)."""
        if not takes_body(target):
            return None
        of_bulk = target.operation is Operation.bulk
        raw = await read_body(request, self._bulk_max_payload if of_bulk else self._http.max_body)
        if request.headers.get("content-type"):
            require_json(request.headers["content-type"])
        return raw

    async def _visible(self, call: Call, target: Target) -> None:
        """Raise what the operation would, if it is about what the caller cannot see."""
        path: dict[str, str] = {}
        if target.endpoint is not None and target.resource_id is not None:
            path[_IDS[target.endpoint.casefold()]] = target.resource_id
        await self._services.access.visible(_acting(call, target), **path)

    def _handler(self, call: Call) -> GatewayScimHandler:
        storage = ServiceStorage(
            provisioning=self._services.provisioning.of_one_request(),
            documents=self._documents,
            call=call,
        )
        return GatewayScimHandler(self._service, storage)


class Shown:
    """Stands for a route where one is asked for: its template has no ids.

    `answers_kept`: whether answers to GET may be kept (`gateway.http.answers`).
    """

    def __init__(self, path: str, *, answers_kept: bool = False) -> None:
        self.path = path
        self.answers_kept = answers_kept


class ScimEntrance:
    """Hands what comes below a base path to the face in `app.state.scim`."""

    def __init__(self, base: str) -> None:
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        rest = request.path_params[_REST]
        if rest and not rest.startswith("/"):
            raise HTTPException(HTTPStatus.NOT_FOUND)  # another path that begins alike
        scope["route"] = Shown(self._base)
        face: ScimFace = request.app.state.scim
        response = await face.answer(request, self._base)
        await response(scope, receive, send)


def routes() -> list[BaseRoute]:
    """The routes of SCIM; whoever makes the application puts the face into `app.state.scim`."""
    found = [Route(f"{base}{{{_REST}:path}}", ScimEntrance(base)) for base in BASES]
    for route in found:  # a path may hold line ends: it is still asked below the base path
        route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
    return [*found]


def _acting(call: Call, target: Target) -> Call:
    return call if target.endpoint is None else acting(call, target.endpoint, target.operation)


def _template(target: Target) -> str:
    """The path of a target with places for ids, in one spelling."""
    searched = "/.search" if target.operation is Operation.search_with_body else ""
    if target.me:
        return "/Me"
    if target.endpoint is None:
        return searched or _DISCOVERY.get(target.operation, "")
    place = "/{id}" if target.resource_id is not None else searched
    return f"/{target.endpoint.capitalize()}{place}"


_DISCOVERY = {
    Operation.bulk: "/Bulk",
    Operation.service_provider_config: "/ServiceProviderConfig",
    Operation.resource_types: "/ResourceTypes",
    Operation.resource_type: "/ResourceTypes/{id}",
    Operation.schemas: "/Schemas",
    Operation.schema: "/Schemas/{id}",
}


def _query(request: Request) -> dict[str, str]:
    """The parameters, those that SCIM knows in its own spelling; nobody minds the others."""
    text = request.scope["query_string"].decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    return {_PARAMETERS.get(name.casefold(), name): value for name, value in pairs}


def _response(answer: ScimResponse) -> Response:
    if answer.body is None:
        headers = {name: each for name, each in answer.headers.items() if name != "Content-Type"}
        return Response(status_code=int(answer.status), headers=headers)
    return Response(
        msgspec.json.encode(answer.body, enc_hook=_plain),
        status_code=int(answer.status),
        headers=answer.headers | {"Content-Type": SCIM_MEDIA_TYPE},
    )


def _plain(value: object) -> str:
    """The models' texts are of classes of their own."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(type(value))
