"""The minimal token issuer: client credentials (RFC 6749, 4.4), and its public keys."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.domain.errors import Invalid, NotFound, Unauthenticated
from gateway.http.limits import read_body
from gateway.rest.router import public_router
from gateway.rest.schemas.oauth import TokenError, TokenResponse
from gateway.rest.wiring import ServicesOf, settings_of
from gateway.services.clients import IssuedToken

router = public_router("Tokens")

_FORM = "application/x-www-form-urlencoded"
_PARAMETERS = frozenset({"grant_type", "client_id", "client_secret", "scope"})
_MAX_PARAMETERS = 1000
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_DESCRIBED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                        "scope": {"type": "string"},
                    },
                }
            }
        },
    },
    "security": [{"client": []}],
}
_ERRORS: dict[int | str, dict[str, Any]] = {400: {"model": TokenError}, 401: {"model": TokenError}}


class _Refused(Exception):
    """An error of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@router.post(
    "/api/v1/platform/oauth/token",
    response_model=TokenResponse,
    responses=_ERRORS,
    openapi_extra=_DESCRIBED,
)
async def issue_platform_token(request: Request, services: ServicesOf) -> Response:
    """A platform token, for a client of the platform's own tenant."""
    return await _answer(request, services, None)


@router.post(
    "/api/v1/auth/tenants/{slug}/oauth/token",
    response_model=TokenResponse,
    responses=_ERRORS,
    openapi_extra=_DESCRIBED,
)
async def issue_tenant_token(request: Request, services: ServicesOf, slug: str) -> Response:
    """An application token, for a client of that tenant."""
    return await _answer(request, services, slug)


@router.get("/.well-known/jwks.json", response_model=None)
async def get_jwks(services: ServicesOf) -> Response:
    """The public keys of the built-in issuer (RFC 7517)."""
    if services.issuer is None:
        raise NotFound("issuer")
    return JSONResponse(
        dict(services.issuer.jwks()), headers={"Cache-Control": "public, max-age=300"}
    )


async def _answer(request: Request, services: ServicesOf, slug: str | None) -> Response:
    basic = request.headers.get("authorization", "").lower().startswith("basic ")
    try:
        form = await _form(request)
        client_id, secret = _client(request, form)
        issued = await _issue(services, slug, client_id, secret, form.get("scope"))
    except _Refused as refused:
        challenge = {"WWW-Authenticate": "Basic"} if refused.status == 401 and basic else {}
        error = TokenError(error=refused.error, error_description=refused.description)
        return JSONResponse(
            error.model_dump(), status_code=refused.status, headers={**_NO_STORE, **challenge}
        )
    token = TokenResponse.model_validate(issued)
    return JSONResponse(token.model_dump(), headers=_NO_STORE)


async def _issue(
    services: ServicesOf, slug: str | None, client_id: str, secret: str, scope: str | None
) -> IssuedToken:
    try:
        if slug is None:
            return await services.clients.platform_token(client_id, secret, scope)
        return await services.clients.token(slug, client_id, secret, scope)
    except Unauthenticated as error:
        raise _Refused("invalid_client", error.detail, status=401) from error
    except Invalid as error:
        raise _Refused("invalid_scope", "A scope is not granted to this client") from error


async def _form(request: Request) -> Mapping[str, str]:
    """The parameters, each at most once; empty and unknown ones are as if absent (3.2)."""
    raw = await read_body(request, settings_of(request).max_body)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Refused("invalid_request", f"The request body must be {_FORM}")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except ValueError as error:
        raise _Refused("invalid_request", "The request body cannot be read") from error
    known = [(name, value) for name, value in pairs if name in _PARAMETERS and value]
    form = dict(known)
    if len(form) != len(known):
        raise _Refused("invalid_request", "A parameter is repeated")
    if "grant_type" not in form:
        raise _Refused("invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise _Refused("unsupported_grant_type", "Only client_credentials is supported")
    return form


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Who asks: in the header or in the body, not in both (2.3)."""
    header = request.headers.get("authorization")
    if header is None:
        credentials = form.get("client_id", ""), form.get("client_secret", "")
    elif "client_secret" in form:
        raise _Refused("invalid_request", "The client authenticates twice")
    else:
        credentials = _basic(header)
    if not all(credentials) or not all(text.isprintable() for text in credentials):
        raise _Refused("invalid_client", "The client does not authenticate", status=401)
    return credentials


def _basic(header: str) -> tuple[str, str]:
    """Id and secret of an Authorization header; both are form-encoded in it (2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        decoded = ""
    if scheme.lower() != "basic" or ":" not in decoded:
        raise _Refused("invalid_client", "The Authorization header cannot be read", status=401)
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
