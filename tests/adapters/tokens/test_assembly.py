"""Verifier and issuer as the settings say."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.tokens.assembly import make_issuer, open_verifier
from adapters.tokens.settings import TokenSettings
from gateway.domain.errors import Unauthenticated, Unavailable
from tests.adapters.certificates import make_certificates
from tests.adapters.tokens.publishing import published
from tests.adapters.tokens.signing import AUDIENCE, ISSUER, NOW, elliptic, jwks


def then() -> datetime:
    """The time of the tokens."""
    return datetime.fromtimestamp(NOW, UTC)


def settings(**changes: object) -> TokenSettings:
    """Settings with one outside issuer."""
    issuer: dict[str, object] = {"issuer": ISSUER, "audience": AUDIENCE}
    for name in ("jwks_url", "jwks_file"):
        issuer[name] = changes.pop(name, None)
    return TokenSettings.model_validate({"issuers": [issuer], **changes})


async def test_keys_over_tls_need_a_trusted_certificate(tmp_path: Path) -> None:
    """The operator's authority is trusted; nobody else's is."""
    signer, certificates = elliptic(), make_certificates(tmp_path)
    with published(jwks(signer), certificates) as publisher:
        trusting = settings(jwks_url=publisher.url, ca_file=certificates.authority)
        async with open_verifier(trusting, None, then, None) as verifier:
            assert (await verifier.verify(signer.token())).subject == "somebody"
        async with open_verifier(settings(jwks_url=publisher.url), None, then, None) as verifier:
            with pytest.raises(Unavailable):
                await verifier.verify(signer.token())
        assert publisher.asked == 1


async def test_compressed_answers_are_not_unpacked() -> None:
    """They were not asked for, and a small one could become a large one."""
    signer = elliptic()
    with published(jwks(signer)) as publisher:
        publisher.body = gzip.compress(publisher.body)
        publisher.headers = {"Content-Encoding": "gzip"}
        async with open_verifier(settings(jwks_url=publisher.url), None, then, None) as verifier:
            with pytest.raises(Unavailable):
                await verifier.verify(signer.token())


async def test_outside_and_own_tokens_side_by_side(tmp_path: Path) -> None:
    """Each issuer's tokens are checked with its own keys and audience."""
    signer, file = elliptic(), tmp_path / "jwks.json"
    file.write_text(json.dumps(jwks(signer)))
    both = settings(
        jwks_file=file, builtin={"private_key_file": tmp_path / "own.pem", "algorithm": "ES256"}
    )
    own = make_issuer(both.builtin, then, public_url="https://gateway.example", dev=True)
    assert own is not None
    token = await own.issue({"sub": "ours"}, timedelta(minutes=5))
    async with open_verifier(both, own, then, None) as verifier:
        assert (await verifier.verify(token)).subject == "ours"
        assert (await verifier.verify(signer.token())).subject == "somebody"
        with pytest.raises(Unauthenticated):
            await verifier.verify(signer.token(iss=own.name, aud=own.audience))
    async with open_verifier(both, None, then, None) as verifier:
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)
