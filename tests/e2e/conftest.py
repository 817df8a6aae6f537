"""A running gateway on the test servers, and a tenant of its own for each test."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.live import live_gateway, live_workers
from tests.stack.stack import Stack


@pytest.fixture(scope="session")
def api(
    stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of a running gateway, as super admin."""
    with live_gateway(stack, tmp_path_factory.mktemp("gateway")) as client:
        yield client


@pytest.fixture(scope="session")
def workers(
    stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, ...]]:
    """Clients of the two workers of one gateway, as super admin."""
    with live_workers(stack, tmp_path_factory.mktemp("workers"), 2) as clients:
        yield clients


@pytest.fixture
def tenant(api: httpx.Client) -> dict[str, Any]:
    """A new tenant, made through the API."""
    return new_tenant(api)


def new_tenant(api: httpx.Client) -> dict[str, Any]:
    """One more tenant, made through the API."""
    answer = api.post("/api/v1/admin/tenants/", json={"slug": f"t-{uuid4().hex[:12]}"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made
