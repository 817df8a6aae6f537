"""Keys and tokens as an outside issuer makes them, good and bad."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.example"
AUDIENCE = "the-gateway"
NOW = 1_800_000_000


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same RSA key for the same number, since making one is slow."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Signer:
    """One key of an issuer; `key_id` None publishes and signs without a name."""

    key_id: str | None = "first"
    private: Any = field(default_factory=rsa_key)

    @property
    def algorithm(self) -> str:
        """What the key is for."""
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    @property
    def jwk(self) -> dict[str, Any]:
        """The key as it is published."""
        public = self.private.public_key()
        if isinstance(self.private, rsa.RSAPrivateKey):
            jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
        else:
            jwk = ECAlgorithm.to_jwk(public, as_dict=True)
        jwk.pop("key_ops", None)
        return jwk | ({"kid": self.key_id} if self.key_id else {})

    @property
    def public_pem(self) -> bytes:
        """The public key as text, which anybody may have."""
        pem: bytes = self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        return pem

    def token(self, headers: Any = None, **changes: object) -> str:
        """A good token with these claims changed; None takes one away."""
        names = {"kid": self.key_id} if self.key_id else {}
        return jwt.encode(
            claims(**changes),
            self.private,
            algorithm=self.algorithm,
            headers={**names, **(headers or {})},
        )


def elliptic(key_id: str | None = "curve") -> Signer:
    """A signer with a P-256 key."""
    return Signer(key_id, ec.generate_private_key(ec.SECP256R1()))


def claims(**changes: object) -> dict[str, object]:
    """The claims of a good token, changed; None takes one away."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "somebody",
        "iat": NOW,
        "exp": NOW + 600,
        "role": "super_admin",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def jwks(*signers: Signer) -> dict[str, Any]:
    """The published set of some keys."""
    return {"keys": [signer.jwk for signer in signers]}


def segment(value: object) -> str:
    """One part of a token: JSON, or bytes as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
