"""`gateway dev` and a bare endpoint as child processes, as a stranger would start them."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

SMALL_TENANT = 1000
_PATIENCE = 3600


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
            _wait(process, lambda: _mirrored(told["base_url"]), log)
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


def _mirrored(url: str) -> bool:
    ready = httpx.get(f"{url}/healthz/ready", timeout=5, trust_env=False).json()
    return bool(ready["checks"]["mirror"]["ok"])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code > 0
    except httpx.HTTPError:
        return False
