"""Which published keys can be used, and for what."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from adapters.tokens.keys import KeySet, parse_jwks
from tests.adapters.tokens.signing import Signer, elliptic, jwks

RSA, CURVE = Signer("rsa").jwk, elliptic("curve").jwk
P384 = Signer("p384", ec.generate_private_key(ec.SECP384R1())).jwk
WEAK = Signer("weak", rsa.generate_private_key(public_exponent=65537, key_size=1024)).jwk  # noqa: S505 - to be refused


def usable(*keys: object) -> list[str | None]:
    """The ids of the keys that are taken from such a set."""
    return [key.id for key in parse_jwks({"keys": list(keys)}).keys]


def test_rsa_and_p256_keys_are_taken() -> None:
    """With and without the members that only describe."""
    described = {"use": "sig", "alg": "RS256", "key_ops": ["verify"], "x5t": "x", "extra": [1]}
    assert usable(RSA, CURVE, RSA | described | {"kid": "told"}) == ["rsa", "curve", "told"]
    assert [key.algorithm for key in parse_jwks({"keys": [RSA, CURVE]}).keys] == ["RS256", "ES256"]


@pytest.mark.parametrize(
    "key",
    [
        None,
        7,
        [],
        {},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "hmac"},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        RSA | {"use": "enc"},
        RSA | {"key_ops": ["encrypt"]},
        RSA | {"key_ops": "verify"},
        RSA | {"alg": "RS512"},
        RSA | {"alg": "HS256"},
        RSA | {"alg": "ES256"},
        RSA | {"alg": None},
        RSA | {"alg": ["RS256"]},
        RSA | {"kid": 7},
        RSA | {"n": "!"},
        RSA | {"n": None},
        RSA | {"n": ""},
        RSA | {"e": "AA"},
        RSA | {"kty": "EC"},
        CURVE | {"crv": "P-384"},
        CURVE | {"x": CURVE["y"]},
        CURVE | {"y": 5},
        P384,
        WEAK,
    ],
)
def test_keys_that_cannot_be_used_are_left_out(key: object) -> None:
    """Wrong use, algorithm, curve, strength or form: skipped, and the others stay."""
    assert usable(key, CURVE) == ["curve"]


def test_private_members_are_not_taken_in() -> None:
    """A set that gives away private keys yields public keys all the same."""
    leaky = RSA | {"d": "AQAB", "p": "x"}
    (key,) = parse_jwks({"keys": [leaky]}).keys
    assert isinstance(key.public, rsa.RSAPublicKey)


def test_endless_sets_are_cut() -> None:
    """Only so many keys are looked at."""
    assert len(usable(*[CURVE | {"kid": str(number)} for number in range(500)])) == 64


def test_candidates_fit_algorithm_and_name() -> None:
    """A named key first; nameless ones where no key has the name; all where none is named."""
    nameless = elliptic(None)
    keys = parse_jwks(jwks(Signer("a"), elliptic("b"), nameless))

    def ids(algorithm: str, key_id: str | None) -> list[str | None]:
        return [key.id for key in keys.candidates(algorithm, key_id)]

    assert ids("RS256", "a") == ["a"]
    assert ids("ES256", "b") == ["b"]
    assert ids("ES256", "a") == [None]
    assert ids("ES256", "unknown") == [None]
    assert ids("ES256", None) == ["b", None]
    assert ids("RS256", "b") == []
    assert KeySet().candidates("RS256", None) == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["RSA", "EC"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["keys", "kty", "n", "e", "crv", "x", "y", "kid", "use", "alg"]),
                inner,
                max_size=5,
            )
        ),
    )
)
def test_any_json_is_a_key_set_or_none(document: object) -> None:
    """Nothing but ValueError comes of what is no key set."""
    try:
        keys = parse_jwks(document)
    except ValueError:
        return
    assert isinstance(keys, KeySet)
