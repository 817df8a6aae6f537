"""Keys that an issuer publishes: rotation, outages, storms, and what a server may not do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from adapters.memory.around import MemoryThrottle
from adapters.tokens.settings import TokenSettings
from adapters.tokens.sources import Fetch, FetchedKeys, from_file, from_url
from adapters.tokens.verifier import Issuer, JwtVerifier
from gateway.domain.errors import Unauthenticated, Unavailable
from gateway.ports import Throttle
from tests.adapters.tokens.publishing import Publisher, published
from tests.adapters.tokens.signing import AUDIENCE, ISSUER, NOW, elliptic, jwks

SETTINGS = TokenSettings(
    keys_max_age_seconds=100,
    keys_max_stale_seconds=1000,
    refetch_interval_seconds=30,
    refetch_budget=3,
    fetch_timeout_seconds=2,
)
OLD, NEW = elliptic("old"), elliptic("new")


class Ticks:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        """What has passed so far."""
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """Seconds of the test's own."""
    return Ticks()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A server that publishes the old key."""
    with published(jwks(OLD)) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """How keys are fetched."""
    async with httpx.AsyncClient(trust_env=False) as running:
        yield running


Make = Callable[..., JwtVerifier]


@pytest.fixture
def verifier(publisher: Publisher, client: httpx.AsyncClient, ticks: Ticks) -> Make:
    """Makes a worker's verifier of the published keys."""

    def make(throttle: Throttle | None = None, fetch: Fetch | None = None) -> JwtVerifier:
        source = FetchedKeys(
            ISSUER, fetch or from_url(client, publisher.url), SETTINGS, throttle, ticks
        )
        return JwtVerifier(
            (Issuer(ISSUER, AUDIENCE, source),),
            lambda: datetime.fromtimestamp(NOW, UTC),
            leeway_seconds=60,
            cache_size=100,
        )

    return make


async def accepted(verifier: JwtVerifier, token: str) -> bool:
    """Whether the token is accepted."""
    try:
        await verifier.verify(token)
    except Unauthenticated:
        return False
    return True


async def test_keys_are_fetched_once_and_kept(verifier: Make, publisher: Publisher) -> None:
    """Many tokens at once and one after the other cost one fetch."""
    worker = verifier()
    tokens = [OLD.token(sub=f"s{number}") for number in range(20)]
    assert all(await asyncio.gather(*(accepted(worker, token) for token in tokens)))
    assert await accepted(worker, OLD.token(sub="later"))
    assert publisher.asked == 1


async def test_a_new_key_is_accepted_at_once(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """Rotation: a token with an unknown key id makes the keys be fetched again."""
    worker = verifier()
    assert await accepted(worker, OLD.token())
    publisher.publish(jwks(OLD, NEW))
    assert await accepted(worker, NEW.token())
    assert await accepted(worker, OLD.token())
    assert publisher.asked == 2


async def test_a_withdrawn_key_is_refused_when_the_keys_have_aged(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """Also a token that was accepted before: remembered ones do not outlive their key."""
    worker, token = verifier(), OLD.token()
    assert await accepted(worker, token)
    publisher.publish(jwks(NEW))
    assert await accepted(worker, token)
    ticks.now += SETTINGS.keys_max_age_seconds + 1
    assert not await accepted(worker, token)


async def test_a_rotation_of_keys_without_names_is_noticed(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """Where keys have no names, a signature that no key made leads to another look."""
    before, after = elliptic(None), elliptic(None)
    publisher.publish(jwks(before))
    worker = verifier()
    assert await accepted(worker, before.token())
    publisher.publish(jwks(after))
    assert await accepted(worker, after.token())
    assert publisher.asked == 2


async def test_a_storm_of_unknown_keys_costs_one_fetch_an_interval(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """Whoever sends made-up key ids cannot make the gateway storm the issuer."""
    worker = verifier()
    assert await accepted(worker, OLD.token())
    storm = [NEW.token(headers={"kid": f"made-up-{number}"}) for number in range(50)]
    assert not any(await asyncio.gather(*(accepted(worker, token) for token in storm)))
    assert not await accepted(worker, NEW.token(sub="late"))
    assert publisher.asked == 2
    ticks.now += SETTINGS.refetch_interval_seconds
    assert not await accepted(worker, NEW.token())
    assert publisher.asked == 3


async def test_a_bad_signature_under_a_known_key_costs_no_fetch(
    verifier: Make, publisher: Publisher
) -> None:
    """Another look is for unknown keys alone."""
    worker = verifier()
    assert await accepted(worker, OLD.token())
    assert not await accepted(worker, elliptic("old").token())
    assert publisher.asked == 1


async def test_all_workers_together_have_a_budget(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """Any number of workers look at an issuer again only so often."""
    throttle = MemoryThrottle(lambda: datetime.fromtimestamp(ticks.now, UTC))
    workers = [verifier(throttle) for _ in range(6)]
    for worker in workers:
        assert await accepted(worker, OLD.token())
    for worker in workers:
        assert not await accepted(worker, NEW.token())
    assert publisher.asked == len(workers) + SETTINGS.refetch_budget


async def test_a_throttle_that_is_away_holds_nothing_back(
    verifier: Make, publisher: Publisher
) -> None:
    """Without the shared counts each worker keeps to its own limit."""

    class Away:
        async def allow(self, *_: object, **__: object) -> bool:
            raise Unavailable

    worker = verifier(Away())
    assert await accepted(worker, OLD.token())
    publisher.publish(jwks(NEW))
    assert await accepted(worker, NEW.token())


async def test_an_issuer_that_is_away_leaves_its_old_keys_in_force_for_a_while(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """Tokens go on being accepted, then nobody can tell; and it comes back by itself."""
    worker = verifier()
    assert await accepted(worker, OLD.token())
    publisher.status = 500
    ticks.now += SETTINGS.keys_max_age_seconds + 1
    assert await accepted(worker, OLD.token())
    assert await accepted(worker, OLD.token(sub="another"))
    assert publisher.asked == 2
    ticks.now += SETTINGS.keys_max_stale_seconds
    with pytest.raises(Unavailable):
        await worker.verify(OLD.token())
    publisher.status = 200
    ticks.now += 10
    assert await accepted(worker, OLD.token())


async def test_without_keys_nobody_can_tell(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """An issuer that was never reached: unavailable, not refused, and not asked each time."""
    publisher.status = 404
    worker = verifier()
    for number in range(5):
        with pytest.raises(Unavailable):
            await worker.verify(OLD.token(sub=f"s{number}"))
    assert publisher.asked == 1
    publisher.status = 200
    ticks.now += 10
    assert await accepted(worker, OLD.token())


@pytest.mark.parametrize(
    "document",
    [[], {}, {"keys": {}}, {"keys": None}, "text", None, 7, {"jwks": [OLD.jwk]}],
)
async def test_what_is_no_key_set_counts_as_away(
    verifier: Make, publisher: Publisher, document: object
) -> None:
    """An answer that is no JWK set changes nothing."""
    publisher.publish(document)
    with pytest.raises(Unavailable):
        await verifier().verify(OLD.token())


@pytest.mark.parametrize("body", [b"", b"\xff", b"<html>", b"[" * 100_000, b"x" * 300_000])
async def test_what_is_no_json_or_too_much_counts_as_away(
    verifier: Make, publisher: Publisher, body: bytes
) -> None:
    """Neither broken nor deep nor endless answers harm."""
    publisher.body = body
    with pytest.raises(Unavailable):
        await verifier().verify(OLD.token())


async def test_redirects_are_not_followed(verifier: Make, publisher: Publisher) -> None:
    """Keys come from where the operator said, and from nowhere else."""
    with published(jwks(OLD)) as elsewhere:
        publisher.status, publisher.headers = 302, {"Location": elsewhere.url}
        with pytest.raises(Unavailable):
            await verifier().verify(OLD.token())
        assert elsewhere.asked == 0


async def test_a_server_that_hangs_is_not_waited_for_by_all(
    verifier: Make, publisher: Publisher, ticks: Ticks
) -> None:
    """While one request waits for new keys, the others go on with the old ones."""
    worker = verifier()
    assert await accepted(worker, OLD.token())
    publisher.asked_again.clear()
    publisher.hold.clear()
    ticks.now += SETTINGS.keys_max_age_seconds + 1
    first = asyncio.create_task(accepted(worker, OLD.token(sub="first")))
    assert await asyncio.to_thread(publisher.asked_again.wait, 10)
    assert await accepted(worker, OLD.token(sub="second"))
    assert not first.done()
    publisher.hold.set()
    assert await first


async def test_keys_in_a_file_rotate_as_well(verifier: Make, tmp_path: Path, ticks: Ticks) -> None:
    """A file is read again for an unknown key, and when the keys have aged."""
    file = tmp_path / "jwks.json"
    worker = verifier(fetch=from_file(file))
    with pytest.raises(Unavailable):
        await worker.verify(OLD.token())
    file.write_text(json.dumps(jwks(OLD)))
    ticks.now += 10
    assert await accepted(worker, OLD.token())
    file.write_text(json.dumps(jwks(NEW)))
    assert await accepted(worker, NEW.token())
    assert not await accepted(worker, OLD.token(sub="another"))
