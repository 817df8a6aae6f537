"""From a bearer token to a principal (`gateway.ports.TokenVerifier`)."""

import json
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from adapters.tokens import claims as claims_
from adapters.tokens.claims import Claims, refused
from adapters.tokens.keys import Key, KeySet
from adapters.tokens.sources import KeySource
from gateway.domain.access import Principal
from gateway.ports import Clock

_MOST_CHARACTERS = 16 * 1024
_ALLOWED = ("RS256", "ES256")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are accepted, for which audience, signed with which keys."""

    name: str
    audience: str
    source: KeySource


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    holds_until: float
    issuer: Issuer
    keys: KeySet


@dataclass(frozen=True, slots=True)
class _Opened:
    """A token taken apart; nothing of it is trusted yet."""

    token: str
    algorithm: str
    key_id: str | None
    claims: Claims


class JwtVerifier:
    """Checks tokens of the configured issuers, and remembers verified ones until they expire.

    A remembered token is checked anew when the keys of its issuer changed. Header parameters
    that bring or point to keys (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
    """

    def __init__(
        self, issuers: tuple[Issuer, ...], clock: Clock, *, leeway_seconds: int, cache_size: int
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._clock = clock
        self._leeway = leeway_seconds
        self._size = cache_size
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self._jws = PyJWS(algorithms=list(_ALLOWED))

    async def verify(self, token: str) -> Principal:
        """Check signature and claims.

        Raises:
            Unauthenticated: the token is not one to trust, whatever it is.
            Unavailable: its issuer's keys could not be fetched, so nobody can tell.
        """
        if len(token) > _MOST_CHARACTERS:
            raise refused("The token is too long")
        now = self._clock().timestamp()
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known and known.holds_until > now and await known.issuer.source.keys() is known.keys:
            self._verified.move_to_end(digest)
            return known.principal
        self._verified.pop(digest, None)
        verified = await self._check(_open(token), now)
        self._remember(digest, verified)
        return verified.principal

    async def _check(self, opened: _Opened, now: float) -> _Verified:
        name = opened.claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise refused("The token's issuer is not accepted")
        keys = await issuer.source.keys()
        if not self._signed(opened, keys.candidates(opened.algorithm, opened.key_id)):
            newer = keys if keys.knows(opened.key_id) else await issuer.source.newer()
            fresh = newer.candidates(opened.algorithm, opened.key_id) if newer is not keys else ()
            if not self._signed(opened, fresh):
                raise refused("The token's signature is not valid")
            keys = newer
        claims_.check_audience(opened.claims, issuer.audience)
        holds_until = claims_.check_times(opened.claims, now, self._leeway)
        return _Verified(claims_.principal(opened.claims), holds_until, issuer, keys)

    def _signed(self, opened: _Opened, candidates: tuple[Key, ...]) -> bool:
        return any(self._signed_with(opened, key) for key in candidates)

    def _signed_with(self, opened: _Opened, key: Key) -> bool:
        try:
            self._jws.decode_complete(opened.token, key.public, algorithms=[key.algorithm])
        except (PyJWTError, ValueError):
            return False
        return True

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        self._verified[digest] = verified
        while len(self._verified) > self._size:
            self._verified.popitem(last=False)


def _open(token: str) -> _Opened:
    """Take a compact JWS (RFC 7515, 7.1) apart. Raises Unauthenticated."""
    parts = token.split(".")
    if len(parts) != 3:
        raise refused("The token is not a signed JWT")
    header, claims = _json(parts[0]), _json(parts[1])
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in _ALLOWED:
        raise refused("The token's algorithm is not accepted")
    if not isinstance(key_id, str | None):
        raise refused("The token's key id is no text")
    if "crit" in header:
        raise refused("The token needs extensions that are not understood")
    return _Opened(token, algorithm, key_id, claims)


def _json(part: str) -> Mapping[str, object]:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError) as error:
        raise refused("The token is not a signed JWT") from error
    if not isinstance(value, dict):
        raise refused("The token is not a signed JWT")
    return value
