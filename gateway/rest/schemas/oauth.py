"""Answers of the token endpoints, as RFC 6749 words them."""

from gateway.rest.schemas.envelopes import Answer


class TokenResponse(Answer):
    """A token (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the type's name
    expires_in: int
    scope: str


class TokenError(Answer):
    """Why there is no token (RFC 6749, 5.2)."""

    error: str
    error_description: str
