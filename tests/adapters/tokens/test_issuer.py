"""The built-in issuer: its tokens, its key file, its published key."""

import json
import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from adapters.tokens.assembly import make_issuer
from adapters.tokens.issuer import JwtIssuer, thumbprint
from adapters.tokens.keyfile import KeyFileError, load_or_make
from adapters.tokens.keys import parse_jwks
from adapters.tokens.settings import Algorithm, BuiltinIssuerSettings
from adapters.tokens.sources import FixedKeys
from adapters.tokens.verifier import Issuer, JwtVerifier
from gateway.domain.access import Role

HOUR = timedelta(hours=1)


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def issuer(folder: Path, algorithm: Algorithm = "ES256") -> JwtIssuer:
    """An issuer with its key in that folder."""
    settings = BuiltinIssuerSettings(
        private_key_file=folder / "keys" / "issuer.pem", algorithm=algorithm
    )
    made = make_issuer(settings, utc_now, public_url="https://gateway.example", dev=False)
    assert made is not None
    return made


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_its_tokens_are_accepted_by_whoever_has_the_published_key(
    tmp_path: Path, algorithm: Algorithm
) -> None:
    """Another library finds the key by its id; our verifier reads the claims."""
    ours = issuer(tmp_path, algorithm)
    token = await ours.issue({"sub": "ops", "role": "super_admin"}, HOUR)
    published = json.loads(json.dumps(ours.jwks()))
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
    seen = jwt.decode(token, key, audience=ours.audience, issuer="https://gateway.example")
    assert seen["exp"] - seen["iat"] == 3600
    assert len(seen["jti"]) >= 16
    verifier = JwtVerifier(
        (Issuer(ours.name, ours.audience, FixedKeys(parse_jwks(published))),),
        utc_now,
        leeway_seconds=60,
        cache_size=1,
    )
    assert (await verifier.verify(token)).role is Role.SUPER_ADMIN
    assert not {"d", "p", "q", "dp", "dq", "qi"} & published["keys"][0].keys()


async def test_what_the_issuer_says_wins(tmp_path: Path) -> None:
    """Claims of the caller cannot change name, audience, times or number of the token."""
    ours = issuer(tmp_path)
    forged = {"iss": "x", "aud": "y", "iat": 1, "exp": 9**10, "jti": "z", "sub": "s"}
    seen = jwt.decode(await ours.issue(forged, HOUR), options={"verify_signature": False})
    assert seen["iss"] == ours.name
    assert seen["aud"] == ours.audience
    assert seen["exp"] - seen["iat"] == 3600
    assert seen["jti"] != "z"


def test_the_key_outlives_a_restart_and_is_private(tmp_path: Path) -> None:
    """The file is made once, for its owner alone; its kind stays whatever is asked for later."""
    first, again = issuer(tmp_path, "ES256"), issuer(tmp_path, "RS256")
    assert first.jwks() == again.jwks()
    folder = tmp_path / "keys"
    assert [file.name for file in folder.iterdir()] == ["issuer.pem"]
    assert (folder / "issuer.pem").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def key_id_of(path: Path) -> str:
    """What one of several starting processes ends up with."""
    key = load_or_make(path, "ES256", dev=False)
    return JwtIssuer(key, utc_now, issuer="i", audience="a").key_id


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    """Whoever finishes the file first decides; nobody sees half a file."""
    path = tmp_path / "issuer.pem"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        ids = pool.map(key_id_of, [path] * 16, chunksize=1)
    assert len(set(ids)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["issuer.pem"]


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Switched off there is no issuer, and no key is made."""
    settings = BuiltinIssuerSettings(enabled=False, private_key_file=tmp_path / "issuer.pem")
    assert make_issuer(settings, utc_now, public_url="https://x", dev=False) is None
    assert not list(tmp_path.iterdir())


def test_the_name_is_configurable(tmp_path: Path) -> None:
    """An own name replaces the public address."""
    settings = BuiltinIssuerSettings(
        private_key_file=tmp_path / "issuer.pem", algorithm="ES256", issuer="urn:own"
    )
    made = make_issuer(settings, utc_now, public_url="https://x", dev=False)
    assert made is not None
    assert made.name == "urn:own"


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """RFC 7638, 3.1: the example's thumbprint."""
    example = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6"
        "tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGj"
        "QR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTW"
        "hAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
    }
    assert thumbprint(example) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o660, 0o601, 0o666])
def test_a_key_that_is_open_to_others_is_refused_outside_dev(tmp_path: Path, mode: int) -> None:
    """Others may not even look; the own group may read, not write."""
    path = tmp_path / "issuer.pem"
    load_or_make(path, "ES256", dev=False)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="open to others"):
        load_or_make(path, "ES256", dev=False)
    assert load_or_make(path, "ES256", dev=True)
    path.chmod(0o640)
    assert load_or_make(path, "ES256", dev=False)


def test_a_key_made_in_dev_is_refused_in_production(tmp_path: Path) -> None:
    """A developer's key never protects anything that matters; other tools can read it."""
    path = tmp_path / "issuer.pem"
    made = load_or_make(path, "ES256", dev=True)
    again = load_or_make(path, "ES256", dev=True)
    assert made.private_numbers() == again.private_numbers()
    assert jwt.encode({}, path.read_text(), algorithm="ES256")
    with pytest.raises(KeyFileError, match="made in dev"):
        load_or_make(path, "ES256", dev=False)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """The key as a file holds it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - to be refused
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
    ],
    ids=["empty", "no key", "short RSA", "P-384", "Ed25519", "encrypted"],
)
def test_other_files_are_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Weak keys, other kinds, encrypted ones, no keys at all: the file is named."""
    path = tmp_path / "issuer.pem"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=r"issuer\.pem"):
        load_or_make(path, "RS256", dev=False)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """A path through a file can be neither read nor made."""
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="neither read nor made"):
        load_or_make(tmp_path / "file" / "issuer.pem", "ES256", dev=False)
