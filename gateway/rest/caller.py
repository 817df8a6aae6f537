"""What a handler asks for: the call that it serves."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Path
from starlette.requests import Request

from gateway.domain.access import Principal
from gateway.http.context import request_context
from gateway.services.access import Call

_STATE = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A query parameter that turns one action into another when it is true."""

    parameter: str
    action: str


class Acting:
    """Names the action of an endpoint, and gives its handler the call.

    `Annotated[Call, Depends(Acting("admin.users.list"))]` in a handler's signature is where an
    endpoint says what it does; the route (`GuardedRoute`) finds it there and authorises.
    """

    def __init__(self, action: str, *, switch: Switch | None = None) -> None:
        self.action = action
        self.switch = switch

    @property
    def actions(self) -> frozenset[str]:
        """All actions that a request to the endpoint can be."""
        switched = {self.switch.action} if self.switch is not None else set()
        return frozenset({self.action} | switched)

    def make_call(self, request: Request, principal: Principal) -> Call:
        """The call that a request is."""
        action = self.action
        if self.switch is not None:
            asked = request.query_params.get(self.switch.parameter, "")
            if asked.lower() in {"true", "1"}:
                action = self.switch.action
        context = request_context(request)
        call = Call(
            principal=principal,
            action=action,
            tenant_ref=request.path_params.get("tenant_id"),
            request_id=context.request_id,
            address=context.address,
        )
        request.scope["state"][_STATE] = call
        return call

    async def __call__(self, request: Request) -> Call:
        """The call that the route made (a FastAPI dependency)."""
        return call_of(request)


def call_of(request: Request) -> Call:
    """The call that the route made of the request."""
    call: Call = request.scope["state"][_STATE]
    return call


async def authorization_header(
    authorization: Annotated[str | None, Header()] = None,
) -> str | None:
    """Shows the header in the API's description; the route itself reads it."""
    return authorization


async def tenant_path(tenant_id: Annotated[str, Path()]) -> str:
    """Shows the tenant's id or slug in the API's description; the call holds it."""
    return tenant_id
