"""Bearer tokens (RFC 6750): finding one in a request, and telling why none was accepted."""

from starlette.datastructures import Headers

from gateway.domain.errors import Unauthenticated


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


INSUFFICIENT_SCOPE = 'Bearer error="insufficient_scope"'
