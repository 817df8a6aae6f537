"""What a token of our own issuer says about its bearer: the reverse of reading claims."""

from gateway.domain.access import Principal, Role

_PLATFORM = {
    Role.PLATFORM_WRITE: "admin:read admin:write",
    Role.PLATFORM_READ: "admin:read",
    Role.PLATFORM_NONE: "",
}
_ADMINS = frozenset({Role.SUPER_ADMIN, Role.PARTNER_ADMIN, Role.TENANT_ADMIN})


def statement(bearer: Principal) -> dict[str, object]:
    """The claims that `adapters.tokens.claims.principal` reads as that bearer.

    A platform token's scopes follow from its role; times are the issuer's affair.
    """
    claims: dict[str, object] = {"sub": bearer.subject}
    named = {
        "tenant_id": bearer.tenant_id,
        "partner_id": bearer.partner_id,
        "client_id": bearer.client_id,
        "identity_provider_id": bearer.identity_provider_id,
        "scope": _PLATFORM.get(bearer.role, " ".join(sorted(bearer.scopes))),
    }
    claims |= {name: value for name, value in named.items() if value}
    if bearer.role in _ADMINS:
        claims["role"] = str(bearer.role)
    elif bearer.role in _PLATFORM:
        claims["platform_token"] = True
    elif bearer.role is Role.APPLICATION:
        claims["token_type"] = "client_credentials"  # noqa: S105  a kind of token, no secret
    elif bearer.role is Role.SCIM:
        claims["token_type"] = "scim"  # noqa: S105  so is this
    return claims
