"""Requests as fast as they are answered: wrk for reading, one connection for writing."""

import math
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import httpx

CONNECTIONS = 16
_WARM_UP = 1.0
_AT_LEAST = 20
"""Requests that a figure is made of, however long they take."""
_TIMEOUT = 60
_SCRIPT = """\
local paths = {{ {paths} }}
local next = 0
request = function()
  next = next % #paths + 1
  return wrk.format("GET", paths[next])
end
done = function(summary, latency)
  io.write(string.format("requests %d microseconds %d errors %d p50 %d p99 %d\\n",
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
"""
_DONE = re.compile(r"requests (\d+) microseconds (\d+) errors (\d+) p50 (\d+) p99 (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What came of a run; latencies in milliseconds, where they were taken."""

    per_second: float
    connections: int = 1
    p50: float | None = None
    p99: float | None = None

    def times(self, count: int) -> "Speed":
        """The speed of things of which each request does so many."""
        return replace(self, per_second=self.per_second * count)


def read(
    base_url: str, paths: Sequence[str], token: str, seconds: float, connections: int
) -> Speed:
    """GET these paths in turn; the warm-up before begins in their middle.

    Raises:
        SystemExit: an answer was no success: the figures would be worth nothing.
    """
    alone, half = _latency(base_url, paths[0], token), len(paths) // 2
    _wrk(base_url, [*paths[half:], *paths[:half]], token, _WARM_UP, connections)
    _latency(base_url, paths[0], token)  # what was under way at the end is done now
    result = _wrk(base_url, paths, token, max(seconds, _AT_LEAST * alone), connections)
    _latency(base_url, paths[0], token)
    return result


def _latency(base_url: str, path: str, token: str) -> float:
    headers = {"Authorization": f"Bearer {token}"}
    begin = time.perf_counter()
    httpx.get(f"{base_url}{path}", headers=headers, timeout=_TIMEOUT, trust_env=False)
    return time.perf_counter() - begin


def _wrk(
    base_url: str, paths: Sequence[str], token: str, seconds: float, connections: int
) -> Speed:
    header = f"Authorization: Bearer {token}"
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{max(1, math.ceil(seconds))}s"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write(_SCRIPT.format(paths=", ".join(f'"{path}"' for path in paths)))
        file.flush()
        command += ["--timeout", f"{_TIMEOUT}s", "-H", header, "-s", file.name, base_url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = _DONE.search(done.stdout)
    if match is None:
        raise SystemExit(f"wrk failed: {done.stdout}{done.stderr}")
    requests, microseconds, errors, p50, p99 = (int(part) for part in match.groups())
    if errors or (seconds > _WARM_UP and not requests):
        raise SystemExit(f"{errors} of {requests} requests to {base_url} failed")
    return Speed(
        per_second=requests / microseconds * 1e6,
        connections=connections,
        p50=p50 / 1e3,
        p99=p99 / 1e3,
    )


def repeat(one: Callable[[int], None], seconds: float) -> Speed:
    """Call `one` with a rising number until the time is over."""
    (speed,) = in_turn((one,), seconds)
    return speed


def in_turn(steps: Sequence[Callable[[int], None]], seconds: float) -> list[Speed]:
    """Call these one after another with a rising number, each for that long; all their speeds."""
    taken: list[list[float]] = [[] for _ in steps]
    number = 0
    end = time.perf_counter() + seconds * len(steps)
    while not number or time.perf_counter() < end:
        for step, times in zip(steps, taken, strict=True):
            begin = time.perf_counter()
            step(number)
            times.append(time.perf_counter() - begin)
        number += 1
    return [_speed(sorted(times)) for times in taken]


def _speed(taken: Sequence[float]) -> Speed:
    return Speed(
        per_second=len(taken) / sum(taken),
        p50=taken[len(taken) // 2] * 1e3,
        p99=taken[int(len(taken) * 0.99)] * 1e3,
    )


def create(base_url: str, tenant: str, token: str, seconds: float) -> Speed:
    """POST users one after another over one connection."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=60) as client:

        def one(number: int) -> None:
            answer = client.post(f"/api/v1/tenants/{tenant}/users", json=body(number))
            if answer.status_code != httpx.codes.CREATED:
                raise SystemExit(f"POST answered {answer.status_code}: {answer.text}")

        return repeat(one, seconds)


def body(number: int) -> dict[str, object]:
    """A user to create, without a password: hashing one would be all that is measured."""
    return {
        "email": f"bench-{number}@bench.example",
        "username": f"bench-{number}",
        "first_name": "Bench",
        "last_name": f"Mark {number}",
        "display_name": f"Bench Mark {number}",
        "phone": "+1 555 0100",
        "send_welcome_email": False,
    }
