"""One-time links of mails: a page to set a password on, and the same for programs.

The link is the credential, so these endpoints ask for no token. Looking at a link does not
spend it: mail scanners follow links.
"""

from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.errors import GatewayError, Invalid, NotFound, invalid
from gateway.http.limits import read_body
from gateway.rest.answers import NO_STORE, answer
from gateway.rest.pages import page
from gateway.rest.problems import headers_for, status_of
from gateway.rest.router import public_router
from gateway.rest.schemas.credentials import LinkRedeemed, LinkRedemption, LinkResponse
from gateway.rest.schemas.envelopes import ApiResponse
from gateway.rest.schemas.fields import MAX_PASSWORD
from gateway.rest.wiring import ServicesOf, public_meta, settings_of

router = public_router("One-time links")

_log = structlog.get_logger("gateway.rest")


@router.get("/api/v1/auth/tenants/{slug}/links/{token}", response_model=ApiResponse[LinkResponse])
async def describe_link(request: Request, services: ServicesOf, slug: str, token: str) -> Response:
    """What a link is for; it stays good."""
    described = await services.credentials.describe_link(slug, token)
    data = LinkResponse.model_validate(described)
    return answer(ApiResponse[LinkResponse](data=data, meta=public_meta(request)), headers=NO_STORE)


@router.post("/api/v1/auth/tenants/{slug}/links/{token}", response_model=ApiResponse[LinkRedeemed])
async def redeem_link(
    request: Request, services: ServicesOf, slug: str, token: str, body: LinkRedemption
) -> Response:
    """Spend a link: set the password, prove the address, activate a new account."""
    uri = await services.credentials.redeem_link(slug, token, body.new_password)
    data = LinkRedeemed(redirect_uri=uri)
    return answer(ApiResponse[LinkRedeemed](data=data, meta=public_meta(request)), headers=NO_STORE)


@router.get("/auth/tenants/{slug}/links/{token}", include_in_schema=False, response_model=None)
async def show_link_page(services: ServicesOf, slug: str, token: str) -> Response:
    """The page with the form."""
    try:
        described = await services.credentials.describe_link(slug, token)
    except GatewayError as error:
        return _refusal(error)
    return page("form", link=described)


@router.post("/auth/tenants/{slug}/links/{token}", include_in_schema=False, response_model=None)
async def submit_link_page(
    request: Request, services: ServicesOf, slug: str, token: str
) -> Response:
    """What the form sends."""
    form = await _fields(request)
    try:
        described = await services.credentials.describe_link(slug, token)
        try:
            password = _chosen(form)
            uri = await services.credentials.redeem_link(slug, token, password)
        except Invalid as refused:
            reasons = [problem.message for problem in refused.problems]
            return page("form", status=422, link=described, reasons=reasons)
    except GatewayError as error:
        return _refusal(error)
    return page("done", redirect_uri=uri)


async def _fields(request: Request) -> dict[str, str]:
    raw = await read_body(request, settings_of(request).max_body)
    try:
        return dict(parse_qsl(raw.decode("ascii"), errors="strict", max_num_fields=20))
    except ValueError:
        return {}


def _chosen(form: dict[str, str]) -> str:
    password = form.get("new_password", "")
    if not password:
        raise invalid("new_password", "Please choose a password", "missing")
    if len(password) > MAX_PASSWORD:
        raise invalid("new_password", f"At most {MAX_PASSWORD} characters", "string_too_long")
    if password != form.get("repeated", ""):
        raise invalid("new_password", "The two passwords differ")
    return password


def _refusal(error: GatewayError) -> Response:
    if not isinstance(error, NotFound):
        _log.warning("a link page could not be shown", code=error.code)
    return page("refusal", status=status_of(error), headers=headers_for(error), detail=error.detail)
