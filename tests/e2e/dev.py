"""`gateway dev` as a process of its own, started as a person or a script starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.stack.waiting import eventually

START = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Dev:
    """A running one; `seconds` is how long it took to be ready."""

    process: subprocess.Popen[bytes]
    ready: Mapping[str, Any]
    ready_file: Path
    log: Path
    seconds: float

    @property
    def children(self) -> list[int]:
        """All processes that the ready file names."""
        pids = self.ready["pids"]
        return [pids["slapd"], pids["redis"], pids["feed"], *pids["api"]]

    def get(self, path: str, *, kind: str = "super_admin", **parameters: Any) -> httpx.Response:
        """GET with one of the tokens of the ready file."""
        headers = {"Authorization": f"Bearer {self.ready['tokens'][kind]}"}
        url = f"{self.ready['base_url']}{path}"
        return httpx.get(url, headers=headers, params=parameters, timeout=30, trust_env=False)

    def told(self) -> str:
        """What it has written on the screen so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(30)


@contextmanager
def dev(folder: Path, *options: str) -> Iterator[Dev]:
    """Start it with its state in a folder, on a free port; end it afterwards, whatever happens."""
    log, ready_file = folder / "log", folder / "ready.json"
    command = [sys.executable, "-m", "gateway", "dev", "--port", "0"]
    command += ["--state-dir", str(folder / "state"), "--ready-file", str(ready_file), *options]
    started = time.monotonic()
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        eventually(lambda: ready_file.exists() or process.poll() is not None, seconds=START)
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        yield Dev(
            process=process,
            ready=json.loads(ready_file.read_text(encoding="utf-8")),
            ready_file=ready_file,
            log=log,
            seconds=time.monotonic() - started,
        )
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith("Z")
