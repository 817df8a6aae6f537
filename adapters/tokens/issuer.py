"""The minimal issuer (`gateway.ports.TokenIssuer`)."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt import PyJWT
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from adapters.tokens.keyfile import PrivateKey
from adapters.tokens.keys import KeySet, parse_jwks
from gateway.ports import Clock

_THUMBPRINTED = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


class JwtIssuer:
    """Signs tokens with one key, in one name, for one audience."""

    def __init__(self, key: PrivateKey, clock: Clock, *, issuer: str, audience: str) -> None:
        self._key = key
        self._clock = clock
        self.name = issuer
        self.audience = audience
        self._algorithm = "RS256" if isinstance(key, RSAPrivateKey) else "ES256"
        self._jwk = _public_jwk(key, self._algorithm)
        self._jwt = PyJWT()

    @property
    def key_id(self) -> str:
        """The key's name: its thumbprint (RFC 7638)."""
        return self._jwk["kid"]

    async def issue(self, claims: Mapping[str, object], lifetime: timedelta) -> str:
        """A signed token with these claims; ours are added, and win over any of that name."""
        now = int(self._clock().timestamp())
        return self._jwt.encode(
            {
                **claims,
                "iss": self.name,
                "aud": self.audience,
                "iat": now,
                "exp": now + int(lifetime.total_seconds()),
                "jti": token_urlsafe(16),
            },
            self._key,
            algorithm=self._algorithm,
            headers={"kid": self.key_id},
        )

    def jwks(self) -> Mapping[str, object]:
        """The public key as a JWK set (RFC 7517, 5)."""
        return {"keys": [dict(self._jwk)]}

    def keys(self) -> KeySet:
        """The public key as the verifier holds it."""
        return parse_jwks(self.jwks())


def _public_jwk(key: PrivateKey, algorithm: str) -> dict[str, str]:
    if isinstance(key, RSAPrivateKey):
        jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    members = {name: str(jwk[name]) for name in _THUMBPRINTED[str(jwk["kty"])]}
    return {**members, "use": "sig", "alg": algorithm, "kid": thumbprint(members)}


def thumbprint(members: Mapping[str, str]) -> str:
    """The thumbprint of a key's required members (RFC 7638, 3)."""
    canonical = json.dumps(dict(sorted(members.items())), separators=(",", ":"))
    return urlsafe_b64encode(sha256(canonical.encode()).digest()).rstrip(b"=").decode()
