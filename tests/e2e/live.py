"""Gateways on real servers, with the feed of the mirror that they read from.

`live_gateway` listens in this process, `live_workers` are processes of their own. All of one
test session are one deployment, apart from whatever else uses its Redis.
"""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import uvicorn

from adapters.tokens.assembly import make_issuer
from gateway.app import app_from_settings
from gateway.config import Settings, load_settings
from gateway.container import utc_now
from gateway.devstack.processes import free_port
from gateway.devstack.workers import Workers
from tests.stack.stack import Stack
from tests.stack.waiting import eventually

EFFORT = int(os.environ.get("EFFORT", "1"))
"""How many times as long as usual the tests of the mirror take, to find more."""

_START = 30
"""Seconds that a process may take to answer."""


def settings_file(stack: Stack, folder: Path, url: str, *, mirror: bool = True) -> Path:
    """Settings for a gateway at `url` over these servers, with its key in the folder."""
    file = folder / "gateway.toml"
    values: dict[str, dict[str, object]] = {
        "ldap": {
            "url": stack.ldap_url,
            "suffix": stack.suffix,
            "bind_dn": stack.service_dn,
            "bind_password": stack.service_password,
        },
        "redis": {"url": stack.redis_url, "prefix": "live"},
        "http": {"public_url": url, "log_requests": False},
        "tokens.builtin": {
            "private_key_file": str(folder / "issuer.pem"),
            "algorithm": "ES256",
        },
        "mail": {"transport": "log"},
        "mirror": {"enabled": mirror},
    }
    lines = ['environment = "dev"']
    for part, members in values.items():
        lines.append(f"[{part}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in members.items()]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file


def super_admin(of: Settings) -> dict[str, str]:
    """Headers of a caller who may do everything."""
    issuer = make_issuer(of.tokens.builtin, utc_now, public_url=of.http.public_url, dev=True)
    assert issuer is not None
    claims = {"sub": "root", "role": "super_admin"}
    token = asyncio.run(issuer.issue(claims, timedelta(hours=1)))
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def live_feed(stack: Stack, folder: Path) -> Iterator[None]:
    """`gateway feed` as a process of its own, which ends with the block."""
    feed = Workers("The feed", ("gateway", "feed"), _named(settings_file(stack, folder, _url())))
    feed.start(1)
    try:
        yield
    finally:
        feed.stop()


@contextmanager
def live_gateway(stack: Stack, folder: Path, *, mirror: bool = True) -> Iterator[httpx.Client]:
    """A client of a running gateway, as super admin; the gateway ends with the block.

    It answers from the mirror, which somebody has to feed, unless it shall ask the directory.
    """
    url = _url()
    chosen = load_settings(settings_file(stack, folder, url, mirror=mirror))
    config = uvicorn.Config(
        app_from_settings(chosen),
        port=httpx.URL(url).port or 0,
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), seconds=_START)
        with _client(url, super_admin(chosen)) as client:
            eventually(lambda: is_well(client), seconds=_START)
            yield client
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def live_workers(stack: Stack, folder: Path, count: int) -> Iterator[tuple[httpx.Client, ...]]:
    """A client of each worker of one gateway; they are processes with ports of their own."""
    file = settings_file(stack, folder, _url())
    headers = super_admin(load_settings(file))
    with ExitStack() as ends:
        clients = []
        for number in range(count):
            listener = ends.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            module = ("gateway.devstack.worker",)
            worker = Workers(f"Worker {number}", module, _named(file), listener)
            ends.callback(worker.stop)
            worker.start(1)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            clients.append(ends.enter_context(_client(url, headers)))
        eventually(lambda: all(map(is_well, clients)), seconds=_START)
        yield tuple(clients)


def is_well(client: httpx.Client) -> bool:
    """Whether a gateway lacks nothing that it reads from."""
    try:
        return bool(client.get("/healthz/ready").json()["status"] == "ok")
    except httpx.TransportError:
        return False


def _client(url: str, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)


def _url() -> str:
    return f"http://127.0.0.1:{free_port()}"


def _named(file: Path) -> dict[str, str]:
    return {"GATEWAY_CONFIG": str(file)}
