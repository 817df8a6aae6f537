"""`gateway serve`: the API of configured servers, as a process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from gateway.cli.terminal import Exit
from gateway.devstack.processes import free_port
from tests.e2e.dev import alive
from tests.gateway.cli.conftest import Cli
from tests.stack.waiting import eventually


def _serve(cli: Cli, port: int, *options: str) -> list[str]:
    command = [sys.executable, "-W", "ignore", "-m", "gateway", "serve", "--port", str(port)]
    return [*command, "--config", str(cli.settings), *options]


def test_it_serves_until_sigterm(cli: Cli, tmp_path: Path) -> None:
    """All workers answer with the settings of the file, and end with their parent."""
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(_serve(cli, port, "--workers", "2"), stdout=out, stderr=out)
    try:
        token = cli.run("token", "tenant_admin", "--tenant", cli.tenant).stdout.strip()

        def answer() -> int:
            url = f"http://127.0.0.1:{port}/api/v1/tenants/{cli.tenant}/users"
            headers = {"Authorization": f"Bearer {token}"}
            try:
                return httpx.get(url, headers=headers, trust_env=False, timeout=10).status_code
            except httpx.HTTPError:
                return 0

        eventually(lambda: answer() == 200, seconds=60)
        children = _children(process.pid)
        assert len(children) >= 2
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        eventually(lambda: not any(alive(pid) for pid in children))
    finally:
        process.kill()
        process.wait()


def test_settings_that_cannot_be_used_are_one_sentence(cli: Cli) -> None:
    """Not a traceback a worker."""
    text = cli.settings.read_text().replace('environment = "dev"', "")
    cli.settings.write_text(text)
    done = subprocess.run(
        _serve(cli, free_port()),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={name: value for name, value in os.environ.items() if "GATEWAY" not in name},
    )
    assert done.returncode == Exit.USAGE
    assert "mail.transport" in done.stderr
    assert "Traceback" not in done.stderr


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in listed.split()]
