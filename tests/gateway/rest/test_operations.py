"""What operators and browsers see beside the API."""

import re

import pytest

from gateway.http.settings import HttpSettings
from tests.gateway.rest.furniture import furnish
from tests.gateway.rest.house import USERS, Answered, House, open_house

AWAY = Answered(ok=False, detail="secret host name")


async def test_a_living_process_says_so(house: House) -> None:
    """Whatever is behind it."""
    house.ready.directory = AWAY
    response = await house.client.get("/healthz/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("directory", "redis", "status", "word"),
    [
        (Answered(), Answered(), 200, "ok"),
        (Answered(), AWAY, 200, "degraded"),
        (AWAY, Answered(), 503, "unavailable"),
        (AWAY, AWAY, 503, "unavailable"),
    ],
)
async def test_readiness_hangs_on_the_directory(
    house: House, directory: Answered, redis: Answered, status: int, word: str
) -> None:
    """Without Redis the gateway goes on; nothing of the reason is told to the world."""
    house.ready.directory, house.ready.redis = directory, redis
    response = await house.client.get("/healthz/ready")
    assert (response.status_code, response.json()["status"]) == (status, word)
    checks = response.json()["checks"]
    assert (checks["directory"]["ok"], checks["redis"]["ok"]) == (directory.ok, redis.ok)
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("mirror", "word"),
    [(Answered(), "ok"), (Answered(ok=False, detail="the feed is silent"), "degraded")],
)
async def test_a_mirror_that_is_not_believed_degrades(
    house: House, mirror: Answered, word: str
) -> None:
    """The directory is read then: no reason to send requests elsewhere; the reason is told."""
    house.ready.mirror = mirror
    response = await house.client.get("/healthz/ready")
    assert (response.status_code, response.json()["status"]) == (200, word)
    assert response.json()["checks"]["mirror"] == {"ok": mirror.ok, "reason": mirror.detail}


async def test_requests_are_counted_by_route(house: House) -> None:
    """By template, method and status; a path that nobody has, or a made-up method, is no label."""
    ids = await furnish(house)
    for _ in range(2):
        await house.ask("GET", f"{USERS}{ids['user_id']}")
    await house.client.get("/no/such/path")
    await house.client.request("FROBNICATE", "/no/such/path")
    text = (await house.client.get("/metrics")).text
    route = '{method="GET",route="/api/v1/admin/users/{user_id}",status="200"}'
    assert f"gateway_http_requests_total{route} 2.0" in text
    for method in ("GET", "other"):
        assert f'requests_total{{method="{method}",route="none",status="404"}} 1.0' in text
    assert ids["user_id"] not in text
    assert "no/such" not in text
    assert re.search(r"gateway_http_request_seconds_count\{.*user_id.*\} 2\.0", text)


async def test_two_applications_count_for_themselves(house: House) -> None:
    """No figure is shared between them."""
    async with open_house() as other:
        await house.client.get("/healthz/live")
        assert "healthz" not in (await other.client.get("/metrics")).text


async def test_what_is_switched_off_is_not_there() -> None:
    """Metrics and documentation are settings."""
    async with open_house(HttpSettings(metrics=False, documentation=False)) as house:
        for path in ("/metrics", "/docs", "/openapi.json", "/redoc"):
            assert (await house.client.get(path)).status_code == 404


async def test_every_answer_has_the_security_headers(house: House) -> None:
    """Answers, errors and pages alike; HSTS only where the gateway is reached over TLS."""
    for path in ("/healthz/live", "/nothing", USERS, "/openapi.json", "/docs", "/metrics"):
        headers = (await house.client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Cache-Control" in headers
        assert "Strict-Transport-Security" not in headers
    async with open_house(HttpSettings(public_url="https://gateway.example")) as secure:
        headers = (await secure.client.get("/nothing")).headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_the_documentation_may_load_what_it_needs(house: House) -> None:
    """The page to try the API on has a policy of its own."""
    page = await house.client.get("/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text
    for source in re.findall(r'(?:src|href)="(https://[^/]+)', page.text):
        assert source in page.headers["Content-Security-Policy"]
