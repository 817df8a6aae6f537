"""The mirror: cold and warm views, churn, how soon a change shows, and what it takes of memory."""

import random
import threading
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from benchmarks import load
from benchmarks.directory import RawDirectory
from benchmarks.report import Fact, Line

CHURN = (50, 500)
"""Changes a second."""
TYPED = "user0001"
_PAGE = 50
_SAMPLES = 200
_PATIENCE = 10.0
_PAGE_SIZE = 4096


def views(ready: Mapping[str, Any]) -> list[Fact]:
    """A listing in an order that nobody asked for before, then again; a search being typed."""
    facts, path = [], _users(ready)
    there = f"First page of {ready['tenants'][0]['users']:,} users"
    with _client(ready) as client:
        for what, asked in (
            ("by last name", {"sort_by": "last_name", "sort_order": "asc"}),
            ("those with `999` in a field", {"search": "999"}),
        ):
            facts += [
                Fact(f"{there}, {what}, {heat}", _ms(_seconds(client, path, asked)))
                for heat in ("cold", "warm")
            ]
        typed = [TYPED[: end + 1] for end in range(len(TYPED))]
        for what in (f"Search typed letter by letter, `{TYPED}`", "The same again"):
            taken = [_seconds(client, path, {"search": text}) for text in typed]
            facts.append(Fact(what, _all_ms(taken)))
    return facts


def churn(ready: Mapping[str, Any], seconds: float) -> list[Line]:
    """Listing while an LDAP tool changes users of the same tenant."""
    path = f"{_users(ready)}?per_page={_PAGE}"
    url, token = ready["base_url"], ready["tokens"]["super_admin"]
    quiet = load.read(url, [path], token, seconds, load.CONNECTIONS)
    lines = []
    for rate in CHURN:
        with changing(ready, rate) as made:
            speed = load.read(url, [path], token, seconds, load.CONNECTIONS)
        what = f"List, while {_rate(made)} users are changed a second"
        lines.append(Line(what=what, gateway=speed, against="the same, quiet", other=quiet))
    return lines


def visible(ready: Mapping[str, Any], seconds: float) -> list[Fact]:
    """How long after `modify` was answered GET shows it: idle, and with readers and writers."""
    idle = _visible(ready)
    path = f"{_users(ready)}?per_page={_PAGE}"
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            load.read(ready["base_url"], [path], ready["tokens"]["super_admin"], seconds, 4)

    reader = threading.Thread(target=read)
    with changing(ready, CHURN[0]) as made:
        reader.start()
        try:
            busy = _visible(ready)
        finally:
            stop.set()
            reader.join()
    return [
        Fact("LDAP modify to visible over REST, idle", _spread(idle)),
        Fact(f"The same, listing at full speed and {_rate(made)} changes a second", _spread(busy)),
    ]


def memory(ready: Mapping[str, Any], users: int) -> list[Fact]:
    """What Redis and each process hold, after what was measured before."""
    redis = Redis.from_url(ready["redis_url"])
    used = int(redis.info("memory")["used_memory"])
    redis.close()
    pids = {"feed": ready["pids"]["feed"]}
    pids |= {f"API worker {number + 1}": pid for number, pid in enumerate(ready["pids"]["api"])}
    facts = [Fact("Redis, all it holds", f"{used / 2**20:,.0f} MiB, {used / users:,.0f} B a user")]
    for name, pid in pids.items():
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
        facts.append(
            Fact(f"Resident memory of the {name}", f"{pages * _PAGE_SIZE / 2**20:,.0f} MiB")
        )
    return facts


@contextmanager
def changing(ready: Mapping[str, Any], rate: float) -> Iterator[list[float]]:
    """Change random users of the large tenant so often meanwhile; the times of the changes."""
    stop, made = threading.Event(), list[float]()
    directory = RawDirectory(ready)
    names = directory.usernames()

    def run() -> None:
        begin = time.perf_counter()
        for number in count():
            ahead = begin + number / rate - time.perf_counter()
            if stop.wait(max(0.0, ahead)):
                return
            directory.change(random.choice(names), "title", f"Changed {number}")  # noqa: S311
            made.append(time.perf_counter())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join()
        directory.close()


def _visible(ready: Mapping[str, Any]) -> list[float]:
    """Seconds from the answer of a modify to an answer of GET that shows it."""
    directory, taken = RawDirectory(ready), []
    with _client(ready) as client:
        for number, user in enumerate(_within_reach(client, ready, set(directory.usernames()))):
            path, wanted = f"{_users(ready)}/{user['id']}", f"+1 555 {number:07d}"
            client.get(path)
            directory.change(_username(user), "telephoneNumber", wanted)
            begin = time.perf_counter()
            while wanted not in client.get(path).text:
                if time.perf_counter() - begin > _PATIENCE:
                    raise SystemExit(f"{user['id']} did not show a change within {_PATIENCE:g} s")
            taken.append(time.perf_counter() - begin)
    directory.close()
    return sorted(taken)


def _within_reach(
    client: httpx.Client, ready: Mapping[str, Any], names: Container[str]
) -> Iterator[Mapping[str, Any]]:
    """Some users of these names."""
    found = (
        user
        for page in count(1)
        for user in client.get(_users(ready), params={"page": page, "per_page": 200}).json()["data"]
        if _username(user) in names
    )
    return islice(found, min(_SAMPLES, ready["tenants"][0]["users"] // 20))


def _username(user: Mapping[str, Any]) -> str:
    """Of a made-up user; a listing does not show it."""
    return str(user["email"]).partition("@")[0]


def _client(ready: Mapping[str, Any]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {ready['tokens']['super_admin']}"}
    return httpx.Client(base_url=ready["base_url"], headers=headers, trust_env=False, timeout=120)


def _users(ready: Mapping[str, Any]) -> str:
    return f"/api/v1/tenants/{ready['tenants'][0]['slug']}/users"


def _seconds(client: httpx.Client, path: str, asked: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    answer = client.get(path, params={"per_page": _PAGE, **asked})
    taken = time.perf_counter() - begin
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{answer.url} answered {answer.status_code}: {answer.text}")
    return taken


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms"


def _all_ms(taken: Sequence[float]) -> str:
    return ", ".join(f"{each * 1e3:,.0f}" for each in taken) + " ms"


def _spread(taken: Sequence[float]) -> str:
    middle, late = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    return f"p50 {_ms(middle)}, p99 {_ms(late)}, of {len(taken)}"


def _rate(made: Sequence[float]) -> str:
    if len(made) < 2:
        return "no"
    return f"{(len(made) - 1) / (made[-1] - made[0]):,.0f}"
