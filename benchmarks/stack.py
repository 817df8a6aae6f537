"""`gateway dev` and a bare endpoint as child processes, as a stranger would start them."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

SMALL_TENANT = 1000
_PATIENCE = 3600
_DIRECTORY = 'gateway_mirror_read_total{answered="directory"'


@contextmanager
def gateway(
    users: int, workers: int, kept: Path | None = None, *, others: int = SMALL_TENANT
) -> Iterator[Mapping[str, Any]]:
    """Run the whole stack with that many users in the first tenant; yields the ready file.

    The second tenant has a thousand users (or one in eleven, where there are fewer), which come
    out of the first one's without `others`. What it holds stays in the folder `kept`.
    """
    with ExitStack() as ends:
        folder = kept or ends.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-"))
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "gateway", "dev", "--port", "0"]
        command += ["--users", str(users + others), "--workers", str(workers)]
        command += ["--state-dir", f"{folder}/state", "--ready-file", str(ready)]
        log = Path(folder) / "log"
        with log.open("wb") as out, _running(command, out) as process:
            _wait(process, ready.exists, log)
            told = json.loads(ready.read_text(encoding="utf-8"))
            _wait(process, lambda: mirrored(told), log)
            yield told


@contextmanager
def bare(bodies: Mapping[str, bytes]) -> Iterator[str]:
    """Run a FastAPI application that answers `/name` with those bytes; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
        for name, body in bodies.items():
            (Path(folder) / name).write_bytes(body)
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "benchmarks.bare", folder, str(port_file)]
        log = Path(folder) / "log"
        with log.open("wb") as out, _running(command, out) as process:
            _wait(process, port_file.exists, log)
            url = f"http://127.0.0.1:{port_file.read_text(encoding='utf-8')}"
            _wait(process, lambda: _answers(url), log)
            yield url


@contextmanager
def _running(command: list[str], out: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], holds: Any, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"It did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")
        time.sleep(0.05)


def mirrored(ready: Mapping[str, Any]) -> bool:
    """Whether a user is shown, with groups, without a question to the directory."""
    headers = {"Authorization": f"Bearer {ready['tokens']['super_admin']}"}
    users = f"/api/v1/tenants/{ready['tenants'][0]['slug']}/users"
    with httpx.Client(
        base_url=ready["base_url"], headers=headers, trust_env=False, timeout=_PATIENCE
    ) as client:
        if not client.get("/healthz/ready").json()["checks"]["mirror"]["ok"]:
            return False
        listed = client.get(users, params={"per_page": 1})
        if listed.status_code == HTTPStatus.SERVICE_UNAVAILABLE:  # so many take their time
            return False
        (user,) = listed.json()["data"]
        before = _asked(client)
        client.get(f"{users}/{user['id']}").raise_for_status()
        return _asked(client) == before


def _asked(client: httpx.Client) -> list[str]:
    """What workers say of how often they had to ask the directory."""
    lines = client.get("/metrics").text.splitlines()
    return [line for line in lines if line.startswith(_DIRECTORY)]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code > 0
    except httpx.HTTPError:
        return False
