"""Bearer tokens (RFC 6750): whose request it is, and telling why a token was not accepted."""

import structlog
from starlette.datastructures import Headers

from gateway.domain.access import Principal
from gateway.domain.errors import Unauthenticated
from gateway.services.all import Services

INSUFFICIENT_SCOPE = 'Bearer error="insufficient_scope"'


async def authenticate(headers: Headers, services: Services) -> Principal:
    """Who is calling; the log lines of the request name them from here on.

    Raises:
        Unauthenticated: no token, a bad one, or one of an ended session.
        Unavailable: nobody can tell, since a server does not answer.
    """
    principal = await services.verifier.verify(bearer_token(headers))
    await services.sessions.check(principal.subject, principal.issued_at)
    structlog.contextvars.bind_contextvars(subject=principal.subject)
    return principal


def bearer_token(headers: Headers) -> str:
    """The token of the Authorization header (2.1); the scheme's case does not matter.

    Raises:
        Unauthenticated: there is none, or something else than one bearer token.
    """
    values = headers.getlist("authorization")
    if not values:
        raise Unauthenticated
    scheme, _, token = values[0].strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    token = token.strip()
    if len(values) > 1 or not token or not token.isascii() or " " in token:
        raise Unauthenticated("The bearer token is malformed", presented=True)
    return token


def challenge(error: Unauthenticated) -> str:
    """The WWW-Authenticate value: without an error code where no token came (3.1)."""
    return 'Bearer error="invalid_token"' if error.presented else "Bearer"
