"""Public keys of an issuer (RFC 7517), reduced to those that may sign tokens here.

The allow-list of algorithms is here: RS256 with 2048 bits or more, ES256. A key serves one
algorithm, whatever a token's header claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

PublicKey = RSAPublicKey | EllipticCurvePublicKey

_ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
_MEMBERS = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
_RSA_BITS = range(2048, 8193)
_MOST_KEYS = 64


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, the only algorithm that it serves, and its name if it has one."""

    id: str | None
    algorithm: str
    public: PublicKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of an issuer."""

    keys: tuple[Key, ...] = ()

    def candidates(self, algorithm: str, key_id: str | None) -> tuple[Key, ...]:
        """The keys that a token of that algorithm and key id may be signed with.

        A token that names a key is held to it; where no key has that name, keys without a
        name are candidates. A token that names none may be signed with any.
        """
        fitting = tuple(key for key in self.keys if key.algorithm == algorithm)
        if key_id is None:
            return fitting
        named = tuple(key for key in fitting if key.id == key_id)
        return named or tuple(key for key in fitting if key.id is None)

    def knows(self, key_id: str | None) -> bool:
        """Whether a key has that name; a token that names none can mean any."""
        return key_id is not None and any(key.id == key_id for key in self.keys)


def parse_jwks(document: object) -> KeySet:
    """Read a JWK set, leaving out keys that cannot be used here.

    Raises:
        ValueError: it is no JWK set at all.
    """
    match document:
        case {"keys": [*jwks]}:
            parsed = (_parse(jwk) for jwk in jwks[:_MOST_KEYS])
            return KeySet(tuple(key for key in parsed if key is not None))
    msg = "not a JWK set"
    raise ValueError(msg)


def _parse(jwk: object) -> Key | None:
    """One key; None where it is not for signatures, of another algorithm, weak or broken.

    Only its public members are looked at: a key set that gives away private keys is its
    issuer's trouble, but no certificate or URL in it is ever followed.
    """
    if not isinstance(jwk, Mapping) or not _for_signatures(jwk):
        return None
    kind, key_id = jwk.get("kty"), jwk.get("kid")
    if not isinstance(kind, str) or kind not in _ALGORITHMS:
        return None
    algorithm = _ALGORITHMS[kind]
    if jwk.get("alg", algorithm) != algorithm or not isinstance(key_id, str | None):
        return None
    members: dict[str, Any] = {name: jwk.get(name) for name in _MEMBERS[kind]}
    try:
        public = PyJWK.from_dict(members, algorithm).key
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Key(key_id, algorithm, public) if _strong(public) else None


def _for_signatures(jwk: Mapping[str, object]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    )


def _strong(public: object) -> bool:
    if isinstance(public, RSAPublicKey):
        return public.key_size in _RSA_BITS
    return isinstance(public, EllipticCurvePublicKey) and public.curve.name == "secp256r1"
