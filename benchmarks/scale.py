"""`python -m benchmarks.scale`: tenants of several sizes, one and two workers. May take long.

For each size a stack is started with one worker, and again with two in the same folder.
"""

import argparse
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from benchmarks import load, stack
from benchmarks.report import RESULTS, command, replace_section, table

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_HEADS = (
    "Users in all",
    "Workers",
    "Made anew, s",
    "Feed killed to live, s",
    "GET user, 1/s",
    "List of 50, page 1, 1/s",
    "Its last page, 1/s",
    "Cold view, s",
    "Redis, B a user",
    "Feed, MiB",
    "Worker, MiB",
)
_PULSE = "dgw:{feed}:pulse"
_WAIT = 3600
_IDS = 200
_PAGE = 50
_MIB_IN_PAGES = 2**20 / 4096


def main() -> None:
    """Measure and write."""
    options = _options()
    rows = [row for size in options.sizes for row in _rows(size, options.workers, options.seconds)]
    text = f"Command: `{command('benchmarks.scale')}`\n\n{table(_HEADS, rows)}"
    replace_section(options.out, "Sizes and workers", text)
    print(table(_HEADS, rows))


def _rows(users: int, numbers: Sequence[int], seconds: float) -> list[list[str]]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="gateway-scale-") as folder:
        for workers in numbers:
            with stack.gateway(users, workers, Path(folder), others=0) as ready:
                settings = Path(folder) / "state" / "gateway.toml"
                rows.append(_row(ready, settings, users, workers, seconds))
                print(rows[-1], file=sys.stderr, flush=True)
    return rows


def _row(
    ready: Mapping[str, Any], settings: Path, users: int, workers: int, seconds: float
) -> list[str]:
    redis = Redis.from_url(ready["redis_url"])
    anew = _made_anew(redis, settings)
    _wait(lambda: stack.mirrored(ready))
    url, token = ready["base_url"], ready["tokens"]["super_admin"]
    tenant = ready["tenants"][0]
    path = f"/api/v1/tenants/{tenant['slug']}/users"
    last = math.ceil(tenant["users"] / _PAGE)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=300) as client:
        begin = time.perf_counter()
        found = client.get(path, params={"sort_by": "last_name", "per_page": 200})
        cold = time.perf_counter() - begin
        ids = [item["id"] for item in found.json()["data"][:_IDS]]
    speeds = [
        load.read(url, paths, token, seconds, load.CONNECTIONS)
        for paths in (
            [f"{path}/{id_}" for id_ in ids],
            [f"{path}?per_page={_PAGE}"],
            [f"{path}?per_page={_PAGE}&page={last}"],
        )
    ]
    used = int(redis.info("memory")["used_memory"])
    feed, worker = _resident(ready["pids"]["feed"]), _resident(ready["pids"]["api"][0])
    again = _gone_on(redis, ready["pids"]["feed"])
    redis.close()
    return [
        f"{users:,}",
        str(workers),
        f"{anew:,.1f}",
        f"{again:,.1f}",
        *(f"{speed.per_second:,.0f}" for speed in speeds),
        f"{cold:,.2f}",
        f"{used / users:,.0f}",
        f"{feed:,.0f}",
        f"{worker:,.0f}",
    ]


def _made_anew(redis: Redis, settings: Path) -> float:
    """Seconds in which the feed reads the whole directory and the mirror is believed again."""
    _wait(lambda: redis.exists(_PULSE) == 1)
    begin = time.perf_counter()
    asked = [sys.executable, "-m", "gateway", "mirror", "rebuild", "--no-wait"]
    subprocess.run([*asked, "--config", str(settings)], check=True)
    _wait(lambda: redis.exists(_PULSE) == 1)
    return time.perf_counter() - begin


def _gone_on(redis: Redis, feed: int) -> float:
    """Seconds after the end of a feed until another one has gone on where it was."""
    os.kill(feed, signal.SIGKILL)
    begin = time.perf_counter()
    _wait(lambda: redis.exists(_PULSE) == 0)
    _wait(lambda: redis.exists(_PULSE) == 1)
    return time.perf_counter() - begin


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit("The mirror did not become live")
        time.sleep(0.01)


def _resident(pid: int) -> float:
    """Mebibytes."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) / _MIB_IN_PAGES


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="users in all")
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2), help="in turn")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where to write the table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
