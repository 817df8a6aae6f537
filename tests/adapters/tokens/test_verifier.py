"""Bearer tokens, good and bad, against real keys."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.tokens.keys import parse_jwks
from adapters.tokens.sources import FixedKeys
from adapters.tokens.verifier import Issuer, JwtVerifier
from gateway.domain.access import Role
from gateway.domain.errors import Unauthenticated
from tests.adapters.tokens.signing import (
    AUDIENCE,
    ISSUER,
    NOW,
    Signer,
    claims,
    elliptic,
    jwks,
    rsa_key,
    segment,
)


class SettableClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> datetime:
        """What it shows."""
        return datetime.fromtimestamp(self.now, UTC)


class Keys(FixedKeys):
    """Keys that a test changes."""

    def change(self, *signers: Signer) -> None:
        """Publish these from now on, and no others."""
        self._keys = parse_jwks(jwks(*signers))


@pytest.fixture
def clock() -> SettableClock:
    """A clock of the test's own."""
    return SettableClock()


def verifier(
    *signers: Signer, clock: SettableClock | None = None, cache_size: int = 100
) -> JwtVerifier:
    """A verifier of one issuer with these keys."""
    source = FixedKeys(parse_jwks(jwks(*signers)))
    return JwtVerifier(
        (Issuer(ISSUER, AUDIENCE, source),),
        clock or SettableClock(),
        leeway_seconds=60,
        cache_size=cache_size,
    )


async def refusal(verifier: JwtVerifier, token: str) -> str:
    """Why the token is refused; it must be, as invalid_token (RFC 6750, 3.1)."""
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(token)
    assert caught.value.presented
    assert caught.value.code == "invalid_token"
    return caught.value.detail


@pytest.mark.parametrize("signer", [Signer(), elliptic(), Signer(None), elliptic(None)])
async def test_good_tokens_are_accepted(signer: Signer) -> None:
    """RS256 and ES256, with and without a key id."""
    principal = await verifier(signer).verify(signer.token())
    assert (principal.subject, principal.role) == ("somebody", Role.SUPER_ADMIN)
    assert principal.issued_at == datetime.fromtimestamp(NOW, UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"aud": None},
        {"aud": AUDIENCE.upper()},
        {"iss": "https://issuer.example/"},
        {"iss": None},
        {"iss": "https://evil.example"},
        {"exp": None},
        {"exp": NOW - 60},
        {"nbf": NOW + 61},
        {"iat": NOW + 61},
        {"role": "tenant_admin"},
    ],
)
async def test_claims_that_are_not_for_us_or_not_for_now_are_refused(
    changes: dict[str, object],
) -> None:
    """Another audience or issuer, expired, never expiring, not yet valid, incomplete."""
    signer = Signer()
    await refusal(verifier(signer), signer.token(**changes))


@pytest.mark.parametrize("changes", [{"exp": NOW - 59}, {"nbf": NOW + 60}, {"iat": NOW + 60}])
async def test_clocks_may_differ_by_a_minute(changes: dict[str, object]) -> None:
    """The leeway is 60 seconds, both ways."""
    signer = Signer()
    assert (await verifier(signer).verify(signer.token(**changes))).subject == "somebody"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
async def test_a_token_without_signature_is_refused(algorithm: str) -> None:
    """`none` in any spelling, with and without something in the place of the signature."""
    signer = Signer()
    head = segment({"alg": algorithm, "typ": "JWT", "kid": "first"})
    good = signer.token()
    for signature in ("", good.rpartition(".")[2]):
        await refusal(verifier(signer), f"{head}.{segment(claims())}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_the_public_key_is_no_secret(algorithm: str) -> None:
    """HMAC with the public key as the secret, in each form that an attacker knows it in."""
    import hashlib  # noqa: PLC0415 - what attackers use, for this test alone
    import hmac  # noqa: PLC0415

    signer = Signer()
    head = segment({"alg": algorithm, "kid": "first"})
    signed = f"{head}.{segment(claims())}"
    digest = getattr(hashlib, f"sha{algorithm[2:]}")
    forms = [signer.public_pem, signer.public_pem.strip(), json.dumps(signer.jwk).encode()]
    for secret in forms:
        mac = hmac.new(secret, signed.encode(), digest).digest()
        await refusal(verifier(signer), f"{signed}.{segment(mac)}")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
async def test_other_algorithms_are_refused_even_with_the_right_key(algorithm: str) -> None:
    """The allow-list is RS256 and ES256."""
    signer = Signer()
    token = jwt.encode(claims(), signer.private, algorithm=algorithm, headers={"kid": "first"})
    await refusal(verifier(signer), token)


async def test_a_key_of_another_kind_under_the_same_name_is_no_way_in() -> None:
    """A token is checked by the key of its own algorithm, whoever shares the key's name."""
    ours, curve, foreign = Signer("x"), elliptic("x"), elliptic("x")
    both = verifier(ours, curve)
    assert (await both.verify(ours.token())).subject == "somebody"
    assert (await both.verify(curve.token())).subject == "somebody"
    await refusal(both, foreign.token())
    await refusal(verifier(ours), curve.token())


async def test_a_key_of_one_issuer_does_not_sign_for_another() -> None:
    """Keys belong to the issuer that published them."""
    one, other = Signer("shared", rsa_key(1)), Signer("shared", rsa_key(2))
    issuers = tuple(
        Issuer(name, AUDIENCE, FixedKeys(parse_jwks(jwks(signer))))
        for name, signer in (("https://one", one), ("https://other", other))
    )
    both = JwtVerifier(issuers, SettableClock(), leeway_seconds=60, cache_size=10)
    assert (await both.verify(one.token(iss="https://one"))).subject == "somebody"
    await refusal(both, one.token(iss="https://other"))


async def test_keys_that_a_token_brings_along_are_not_looked_at() -> None:
    """`jwk`, `jku`, `x5u`, `x5c` in the header change nothing; `crit` is refused."""
    ours, attacker = Signer(), Signer("evil", rsa_key(1))
    brought: Mapping[str, object] = {
        "jwk": attacker.jwk,
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": ["MIIB"],
    }
    strict = verifier(ours)
    for key_id in ("evil", "first"):
        await refusal(strict, attacker.token(headers={**brought, "kid": key_id}))
    assert (await strict.verify(ours.token(headers=brought))).subject == "somebody"
    await refusal(strict, ours.token(headers={"crit": ["exp"]}))
    await refusal(strict, ours.token(headers={"crit": ["b64"], "b64": True}))


async def test_keys_without_names_are_tried_in_turn() -> None:
    """Two nameless keys: tokens of both are good, whether or not they name a key."""
    one, two = Signer(None, rsa_key(1)), Signer(None, rsa_key(2))
    both = verifier(one, two)
    for signer in (one, two):
        assert (await both.verify(signer.token())).subject == "somebody"
        named = signer.token(headers={"kid": "unheard-of"})
        assert (await both.verify(named)).subject == "somebody"
    await refusal(both, Signer(None, rsa_key(0)).token())


async def test_a_token_that_was_changed_is_refused() -> None:
    """Each part is covered by the signature."""
    signer = Signer()
    head, body, signature = signer.token().split(".")
    changed = segment(claims(role="super_admin", sub="another"))
    other_head = segment({"alg": "RS256", "kid": "first", "typ": "at+jwt"})
    for token in (
        f"{head}.{changed}.{signature}",
        f"{other_head}.{body}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}.{signature}\n",
        f" {head}.{body}.{signature}",
    ):
        await refusal(verifier(signer), token)


async def test_a_token_longer_than_16_kib_is_refused_unread() -> None:
    """A good signature does not help a token of that size."""
    signer = Signer()
    fits = signer.token(padding="x" * 11_000)
    too_long = signer.token(padding="x" * 13_000)
    assert len(fits) < 16 * 1024 < len(too_long)
    assert (await verifier(signer).verify(fits)).subject == "somebody"
    assert await refusal(verifier(signer), too_long) == "The token is too long"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "x.y.z",
        "é.é.é",
        "\ud800.a.b",
        "\x00.\x00.\x00",
        segment(b"[" * 9000) + "." + segment({}) + ".x",
        segment({"alg": "RS256"}) + "." + segment(b"[" * 9000) + ".x",
        segment({"alg": "RS256"}) + "." + segment(b"9" * 9000) + ".x",
        segment({"alg": "RS256"}) + "." + segment(b"\xff\xfe") + ".x",
        segment({"alg": ["RS256"]}) + "." + segment({}) + ".x",
        segment({"alg": {"RS256": 1}}) + "." + segment({}) + ".x",
        segment({"alg": "RS256", "kid": 7}) + "." + segment({"iss": ISSUER}) + ".x",
        segment({"alg": "RS256", "kid": {}}) + "." + segment({"iss": ISSUER}) + ".x",
        segment({"alg": "RS256"}) + "." + segment({"iss": [ISSUER]}) + ".x",
        segment({"alg": "RS256"}) + "." + segment({"iss": {"a": 1}}) + ".x",
        segment("text") + "." + segment([1]) + ".x",
        segment({"alg": "RS256", "b64": False, "crit": ["b64"]}) + ".." + "x",
    ],
)
async def test_garbage_is_refused_as_any_bad_token(token: str) -> None:
    """Nothing that comes in the place of a token raises anything else."""
    await refusal(verifier(Signer()), token)


_PARTS = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40).map(lambda raw: urlsafe_b64encode(raw).decode()),
    st.dictionaries(
        st.sampled_from(["alg", "kid", "iss", "typ", "crit", "b64"]),
        st.sampled_from(["RS256", "ES256", "none", "first", ISSUER, 1, None, [], {}]),
    ).map(segment),
)


@settings(max_examples=200)
@given(st.lists(_PARTS, max_size=5).map(".".join))
async def test_any_text_is_refused(token: str) -> None:
    """No text that nobody signed is accepted or breaks anything."""
    await refusal(verifier(Signer()), token)


async def test_a_remembered_token_ends_with_its_expiry(clock: SettableClock) -> None:
    """What was accepted once is refused as soon as it has expired."""
    signer = Signer()
    remembering = verifier(signer, clock=clock)
    token = signer.token(exp=NOW + 10)
    assert (await remembering.verify(token)).subject == "somebody"
    clock.now = NOW + 69
    assert (await remembering.verify(token)).subject == "somebody"
    clock.now = NOW + 70
    await refusal(remembering, token)


async def test_a_remembered_token_ends_with_its_key(clock: SettableClock) -> None:
    """What was accepted once is refused when its issuer withdrew the key."""
    one, two = Signer("one", rsa_key(1)), Signer("two", rsa_key(2))
    source = Keys(parse_jwks(jwks(one, two)))
    remembering = JwtVerifier(
        (Issuer(ISSUER, AUDIENCE, source),), clock, leeway_seconds=60, cache_size=10
    )
    token = one.token()
    assert (await remembering.verify(token)).subject == "somebody"
    source.change(two)
    await refusal(remembering, token)


async def test_remembering_is_bounded() -> None:
    """However many tokens come, only so many are remembered, the latest used."""
    signer = elliptic()
    small = verifier(signer, cache_size=2)
    tokens = [signer.token(sub=f"s{number}") for number in range(4)]
    for token in (*tokens, tokens[2]):
        await small.verify(token)
    assert len(small._verified) == 2
    none = verifier(signer, cache_size=0)
    assert (await none.verify(tokens[0])).subject == "s0"
    assert not none._verified
