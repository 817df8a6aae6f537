"""The way of a request: who, how large, may they, is it there, is it right; then the handler.

Refusals come in one order whatever the handler: 401, 413 and 415, 403, 404, 422, and then
what the handler's service says (412, 409).
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.http.auth import authenticate
from gateway.http.errors import MalformedJson
from gateway.http.limits import parse_json, read_body, require_json
from gateway.rest.caller import Acting
from gateway.rest.problems import answer_to
from gateway.rest.wiring import services_of, settings_of
from gateway.services.access import Call

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CheckedRequest(Request):
    """A request whose body was read within the limits, and parsed strictly."""

    def __init__(self, request: Request, raw: bytes, document: object) -> None:
        super().__init__(request.scope, request.receive)
        self._checked = (raw, document)

    async def body(self) -> bytes:
        """The bytes that were read."""
        return self._checked[0]

    async def json(self) -> object:
        """The document that was parsed."""
        return self._checked[1]


class GuardedRoute(APIRoute):
    """A route that authorises before it looks, and answers errors the same way everywhere.

    A route without `Acting` in its handler's signature is public.
    """

    answers_kept = False
    """Whether answers to GET may be kept (`gateway.http.answers`)."""

    @property
    def acting(self) -> Acting | None:
        """What the handler's signature says about the action."""
        found = (d.call for d in self.dependant.dependencies)
        return next((call for call in found if isinstance(call, Acting)), None)

    def get_route_handler(self) -> Handler:
        """The handler, with all that comes before it."""
        handle = super().get_route_handler()
        acting = self.acting
        takes_json = self.body_field is not None

        async def guarded(request: Request) -> Response:
            try:
                return await _guard(request, handle, acting, takes_json=takes_json)
            except HTTPException:
                raise
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is left to read it
            except Exception as error:
                return answer_to(request, error)

        return guarded


class KeptRoute(GuardedRoute):
    """A route whose GET answers by the path, the query, the token and If-None-Match alone."""

    answers_kept = True


async def _guard(
    request: Request, handle: Handler, acting: Acting | None, *, takes_json: bool
) -> Response:
    services = services_of(request)
    call: Call | None = None
    if acting is not None:
        principal = await authenticate(request.headers, services)
        call = acting.make_call(request, principal)
    raw = b""
    if takes_json:
        raw = await _json_bytes(request)
    if call is not None:
        services.access.permit(call)
    try:
        if takes_json:
            document = (
                parse_json(raw, max_depth=settings_of(request).max_json_depth) if raw else None
            )
            request = CheckedRequest(request, raw, document)
        return await handle(request)
    except (MalformedJson, RequestValidationError):
        if call is not None:
            await services.access.visible(call, **request.path_params)
        raise


async def _json_bytes(request: Request) -> bytes:
    raw = await read_body(request, settings_of(request).max_body)
    if raw:
        require_json(request.headers.get("content-type"))
    return raw
