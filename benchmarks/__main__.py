"""`python -m benchmarks`: measures everything and writes the table."""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from benchmarks import load, mirror, scim, stack
from benchmarks.directory import RawDirectory
from benchmarks.report import RESULTS, Line, render, replace_section
from gateway.devstack.processes import DevStackError, find_binary

_PAGE = 50
_GET = "GET user"
_ONCE = "GET user, each for the first time"
_IDS = 200
"""How many different users the reads ask for in turn."""
_MANY = 30_000
"""More than are asked for while it is measured."""


def main() -> None:
    """Measure and write."""
    options = _options()
    try:
        find_binary("wrk", "wrk")
    except DevStackError as missing:
        raise SystemExit(str(missing)) from None
    with stack.gateway(options.users, options.workers) as ready:
        users = {tenant["slug"]: tenant["users"] for tenant in ready["tenants"]}
        lines = _measure(ready, options.seconds)
        facts = mirror.views(ready)
        lines += mirror.churn(ready, options.seconds)
        facts += mirror.visible(ready, options.seconds)
        facts += mirror.memory(ready, sum(users.values()))
        lines += scim.reading(ready, options.seconds)
        lines += scim.writing(ready, options.seconds, options.members)
    setting = f"users {users}, {options.workers} API worker(s), {options.seconds:g} s each"
    section = render(lines, facts, setting)
    replace_section(options.out, "Ratios", section)
    print(section)


def _measure(ready: Mapping[str, Any], seconds: float) -> list[Line]:
    url, token = ready["base_url"], ready["tokens"]["super_admin"]
    large, small = (f"/api/v1/tenants/{tenant['slug']}/users" for tenant in ready["tenants"][:2])
    last = math.ceil(ready["tenants"][0]["users"] / _PAGE)
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
    ) as client:
        pages = range(1, math.ceil(min(ready["tenants"][0]["users"], _MANY) / _IDS) + 1)
        every = [
            item["id"]
            for page in pages
            for item in _get(client, f"{large}?per_page={_IDS}&page={page}").json()["data"]
        ]
        ids = every[:_IDS]
        paths = {
            _GET: [f"{large}/{id_}" for id_ in ids],
            _ONCE: [f"{large}/{id_}" for id_ in every[_IDS:]],
            "List, page 1 of the large tenant": [f"{large}?per_page={_PAGE}&page=1"],
            f"List, page {last - 1} of the large tenant": [
                f"{large}?per_page={_PAGE}&page={last - 1}"
            ],
            "List, page 1 of the small tenant": [f"{small}?per_page={_PAGE}&page=1"],
            "Search in the large tenant": [f"{large}?per_page={_PAGE}&search=user00001"],
        }
        bodies = {name: _get(client, each[0]).content for name, each in paths.items()}
    lines = []
    speeds = {}
    with stack.bare({f"body{i}": body for i, body in enumerate(bodies.values())}) as bare_url:
        for number, (name, each) in enumerate(paths.items()):
            speeds[name] = load.read(url, each, token, seconds, load.CONNECTIONS)
            other = load.read(bare_url, [f"/body{number}"], token, seconds, load.CONNECTIONS)
            target = {_GET: 0.6, _ONCE: None}.get(name, 0.35)
            against = f"bare endpoint, {len(bodies[name]):,} bytes"
            lines.append(
                Line(what=name, gateway=speeds[name], against=against, other=other, target=target)
            )
    first, deep = (speeds[name] for name in list(paths)[2:4])
    little = speeds["List, page 1 of the small tenant"]
    lines += [
        Line(what="The deep page", gateway=deep, against="page 1", other=first, target=1 / 1.2),
        Line(
            what="The large tenant",
            gateway=first,
            against="the small one",
            other=little,
            target=1 / 1.3,
        ),
    ]
    return [*lines, *_against_ldap(ready, ids[0], speeds[_GET], seconds)]


def _against_ldap(
    ready: Mapping[str, Any], user_id: str, got: load.Speed, seconds: float
) -> list[Line]:
    tenant, token = ready["tenants"][0]["slug"], ready["tokens"]["super_admin"]
    directory = RawDirectory(ready)
    try:
        found = directory.search(str(UUID(user_id.partition("_")[2])), seconds)
        created = load.create(ready["base_url"], tenant, token, seconds)
        added = directory.add(seconds, like=str(load.body(0)["username"]))
    finally:
        directory.close()
    search, add = "ldap3 search for the same entry, one connection", "ldap3 add of the same entry"
    return [
        Line(what=_GET, gateway=got, against=search, other=found),
        Line(
            what="POST user, one connection",
            gateway=created,
            against=add,
            other=added,
            target=0.5,
        ),
    ]


def _get(client: httpx.Client, path: str) -> httpx.Response:
    answer = client.get(path)
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{path} answered {answer.status_code}: {answer.text}")
    return answer


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--users", type=int, default=100_000, help="in the large tenant")
    parser.add_argument("--members", type=int, default=50_000, help="of the large group")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--workers", type=int, default=1, help="API processes")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where to write the table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
