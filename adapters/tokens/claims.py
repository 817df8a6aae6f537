"""What the claims of a verified token say: when it holds, and who the bearer is.

A token is, in this order, the first that fits:
    `token_type` or `app_scope` is `scim`            SCIM, needs `tenant_id`, may have
                                                     `identity_provider_id`
    `platform_token` is true                         platform, by its scopes
    `token_type` is `client_credentials`             application, needs `tenant_id`
    `role` or `roles` name an admin role             the highest of them; `partner_admin` needs
                                                     `partner_id`, `tenant_admin` `tenant_id`
    else                                             an ordinary user
A token that lacks what its kind needs is refused as a whole: it reaches nothing anyway, and an
absent id must never be compared with another absent one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.domain.access import Principal, Role
from gateway.domain.errors import NotFound, Unauthenticated
from gateway.domain.ids import Kind, canonical_id

Claims = Mapping[str, object]

_ADMINS = (Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.TENANT_ADMIN)
_NEEDS_TENANT = frozenset({Role.TENANT_ADMIN, Role.APPLICATION, Role.SCIM})
_LATEST = 253402300799.0  # 9999-12-31T23:59:59Z


def refused(detail: str) -> Unauthenticated:
    """The refusal of a token that was presented (RFC 6750, 3.1: `invalid_token`)."""
    return Unauthenticated(detail, presented=True, code="invalid_token")


def check_times(claims: Claims, now: float, leeway: float) -> float:
    """Check `exp`, `nbf` and `iat` (RFC 7519, 4.1); return until when the token holds.

    Raises:
        Unauthenticated: it expired, does not hold yet, is from the future, or never expires.
    """
    expires = _time(claims, "exp")
    if expires is None:
        raise refused("The token has no expiry")
    if expires + leeway <= now:
        raise refused("The token has expired")
    for name in ("nbf", "iat"):
        begins = _time(claims, name)
        if begins is not None and begins > now + leeway:
            raise refused("The token is not valid yet")
    return expires + leeway


def check_audience(claims: Claims, audience: str) -> None:
    """Check that the token is meant for us. Raises Unauthenticated."""
    named = claims.get("aud")
    if named != audience and not (isinstance(named, list) and audience in named):
        raise refused("The token is for another audience")


def principal(claims: Claims) -> Principal:
    """The bearer of a token with these claims.

    Raises:
        Unauthenticated: the claims make no sense.
    """
    role = _role(claims)
    tenant_id = _id(claims, "tenant_id", Kind.TENANT)
    partner_id = _id(claims, "partner_id", Kind.PARTNER)
    client_id = _text(claims, "client_id")
    subject = _id(claims, "sub", Kind.USER) or client_id
    if subject is None:
        raise refused("The token names no subject")
    if tenant_id is None and role in _NEEDS_TENANT:
        raise refused("The token names no tenant")
    if partner_id is None and role is Role.PARTNER_ADMIN:
        raise refused("The token names no partner")
    issued_at = _time(claims, "iat")
    return Principal(
        subject=subject,
        role=role,
        tenant_id=tenant_id,
        partner_id=partner_id,
        client_id=client_id or (subject if role is Role.APPLICATION else None),
        scopes=_words(claims, "scope"),
        identity_provider_id=_provider(claims, role),
        issued_at=None if issued_at is None else datetime.fromtimestamp(issued_at, UTC),
    )


def _provider(claims: Claims, role: Role) -> str | None:
    """The identity provider that a SCIM client acts for; other bearers act for none."""
    if role is not Role.SCIM:
        return None
    return _id(claims, "identity_provider_id", Kind.IDENTITY_PROVIDER)


def _role(claims: Claims) -> Role:
    if claims.get("token_type") == "scim" or "scim" in _words(claims, "app_scope"):
        return Role.SCIM
    if claims.get("platform_token") is True:
        scopes = _words(claims, "scope")
        if "admin:write" in scopes:
            return Role.PLATFORM_WRITE
        return Role.PLATFORM_READ if "admin:read" in scopes else Role.PLATFORM_NONE
    if claims.get("token_type") == "client_credentials":
        return Role.APPLICATION
    named = _names(claims, "role") | _names(claims, "roles")
    return next((role for role in _ADMINS if role in named), Role.USER)


def _id(claims: Claims, name: str, kind: Kind) -> str | None:
    """An id in its one spelling; other text (a slug, a foreign subject) as it is."""
    text = _text(claims, name)
    if text is None:
        return None
    try:
        return canonical_id(kind, text)
    except NotFound:
        return text


def _text(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise refused(f"The token's {name} is no plain text")
    return value


def _words(claims: Claims, name: str) -> frozenset[str]:
    """The words of a claim that is a text with blanks (RFC 8693, 4.2) or a list."""
    value = claims.get(name)
    return frozenset(value.split()) if isinstance(value, str) else _names(claims, name)


def _names(claims: Claims, name: str) -> frozenset[str]:
    value = claims.get(name)
    named = value if isinstance(value, list) else [value]
    return frozenset(item for item in named if isinstance(item, str))


def _time(claims: Claims, name: str) -> float | None:
    """A NumericDate (RFC 7519, 2); None where it is absent."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"The token's {name} is no time")
    if not 0 <= value <= _LATEST:  # also refuses infinities and NaN, which JSON parsers let in
        raise refused(f"The token's {name} is no time")
    return float(value)
