"""What gateways that read from the mirror answer, against one that asks the directory."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from typer.testing import CliRunner

from adapters.ldap.feed.cookie import Position
from gateway.cli.app import app
from gateway.config import load_settings
from gateway.feeding import Feeding, open_feeding
from gateway.ports.feed import Versions, reaches
from tests.e2e.tenant import Tenant

_AWAY = 20
"""Seconds within which the mirror has to have what the directory has."""

Answer = tuple[int, str | None, Any]


@dataclass(slots=True)
class Judge:
    """Asks all of them, and says what differs.

    Args:
        direct: the gateway that asks the directory.
        runner: of the loop that `feeding` lives in.
        settings: the file that commands are given.
    """

    direct: httpx.Client
    runner: asyncio.Runner
    feeding: Feeding
    settings: Path

    def caught_up(self) -> None:
        """Wait until the mirror has all that the directory has."""
        self.runner.run(self._caught_up())

    async def _caught_up(self) -> None:
        wanted, deadline = await self.feeding.position(), time.monotonic() + _AWAY
        while not reaches(await self._kept(), wanted):
            assert time.monotonic() < deadline, "the mirror stays behind the directory"
            await asyncio.sleep(0.005)

    async def _kept(self) -> Versions:
        progress = await self.feeding.room.truth.progress()
        if progress is None or progress.cookie is None:
            return {}
        return Position.parse(progress.cookie).csns.by_sid

    def position(self) -> Versions:
        """The directory's last changes."""
        return self.runner.run(_of(self.feeding))

    def differences(self, at: Tenant) -> list[str]:
        """What any worker answers otherwise than the directory, in any question.

        Counts only while the directory stands still, and time changes nothing.
        """
        deadline = time.monotonic() + _AWAY
        while True:
            self.caught_up()
            before = self.position()
            expected = dict(answers(at, [self.direct]))
            shown = [dict(answers(at, [each])) for each in at.workers]
            shown.append(dict(answers(at, [*at.workers, self.direct])))
            again = dict(answers(at, [self.direct]))
            if again == expected and self.position() == before:
                break
            assert time.monotonic() < deadline, "the directory does not stand still"
        return [
            f"{n} {path}: {different}"
            for n, each in enumerate(shown)
            for path in sorted({*each, *expected})
            for different in differing(each.get(path), expected.get(path))
        ]

    def verified(self, at: Tenant) -> str | None:
        """What `gateway mirror verify` says, unless it is content."""
        command = ["mirror", "verify", "--tenant", at.id, "--config", str(self.settings)]
        told = CliRunner().invoke(app, command)
        return f"{told.exit_code}: {told.output} {told.stderr}" if told.exit_code else None


async def _of(feeding: Feeding) -> Versions:
    return dict(await feeding.position())


@contextmanager
def judge(direct: httpx.Client, settings: Path) -> Iterator[Judge]:
    """One that looks at the feed of a deployment."""
    with asyncio.Runner() as runner:
        opened = open_feeding(load_settings(settings))
        feeding = runner.run(_entered(opened))
        try:
            yield Judge(direct, runner, feeding, settings)
        finally:
            runner.run(_left(opened))


async def _entered(opened: Any) -> Feeding:
    feeding: Feeding = await opened.__aenter__()
    return feeding


async def _left(opened: Any) -> None:
    await opened.__aexit__(None, None, None)


def asked(client: httpx.Client, path: str, at: Tenant) -> Answer:
    """One answer, without what is of the request or of the host."""
    headers = at.scim if path.startswith("/scim") else None
    answer = client.get(path, headers=headers)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "", answer.text)
    body = json.loads(text) if text else None
    if isinstance(body, dict):
        for of_request in ("request_id", "timestamp"):
            body.pop(of_request, None)
            body.get("meta", {}).pop(of_request, None)
    return answer.status_code, answer.headers.get("etag"), body


def answers(at: Tenant, clients: list[httpx.Client]) -> Iterator[tuple[str, Answer]]:
    """Answers to all questions, of clients in turn."""
    turn = 0

    def ask(path: str) -> Answer:
        nonlocal turn
        turn += 1
        return asked(clients[turn % len(clients)], path, at)

    users = _ids(everything := ask(f"{at.users}?per_page=200&sort_by=email"))
    yield "everything", everything
    groups = _ids(ask(f"/api/v1/admin/groups/?tenant_id={at.id}&per_page=200"))
    units = _ids(ask(f"/api/v1/tenants/{at.id}/ous?per_page=200"))
    for id_ in _ids(ask(f"/api/v1/admin/applications/?tenant_id={at.id}")):
        path = f"/api/v1/tenants/{at.id}/applications/{id_}/effective-users"
        yield path, ask(path)
        path = f"/api/v1/admin/applications/{id_}/members"
        yield path, ask(path)
    for path in questions(at, users, groups, units):
        yield path, ask(path)
    for path in (f"{at.users}?sort_by=display_name&per_page=3", f"{at.users}?per_page=2"):
        for page in range(1, 2 + len(users) // 2):
            yield f"{path}&page={page}", ask(f"{path}&page={page}")
    yield from _by_cursor("/scim/v2/Users?count=3&sortBy=userName", ask)


def questions(at: Tenant, users: list[str], groups: list[str], units: list[str]) -> Iterator[str]:
    """What can be asked about a tenant."""
    included = "include=groups,custom_attributes,federated_identities"
    for id_ in users:
        yield f"{at.users}/{id_}?{included}"
        yield f"/api/v1/admin/users/{id_}/groups"
        yield f"/api/v1/admin/users/{id_}/federated-identities"
        yield f"/scim/v2/Users/{id_}"
    for id_ in groups:
        yield f"/api/v1/admin/groups/{id_}"
        yield f"/api/v1/admin/groups/{id_}/members?per_page=200"
        yield f"{at.users}?group_id={id_}"
        yield f"/scim/v2/Groups/{id_}"
    for id_ in units:
        yield f"/api/v1/tenants/{at.id}/ous/{id_}"
        yield f"{at.users}?ou_id={id_}&sort_by=username&sort_order=asc"
    for status in ("ACTIVE", "LOCKED", "DISABLED", "PENDING_APPROVAL"):
        yield f"{at.users}?status={status}&sort_by=status"
    for sort in ("username", "status", "updated_at", "last_login_at"):
        yield f"{at.users}?sort_by={sort}&sort_order=asc"
    for text in ("a", "an", "ann", "ö", "-", "EXAMPLE", "r1"):
        yield f"{at.users}?{urlencode({'search': text})}"
        yield f"/api/v1/admin/users/?{urlencode({'search': text, 'tenant_id': at.id})}"
    yield f"/api/v1/admin/users/identity-source/mismatches?tenant_id={at.id}"
    for kind in ("groups", "applications", "identity-providers", "scim-tokens"):
        yield f"/api/v1/admin/{kind}/?tenant_id={at.id}"
        yield f"/api/v1/admin/{kind}/?tenant_id={at.id}&search=p"
    yield f"/api/v1/admin/tenants/?search={at.id[-8:]}"
    yield f"/api/v1/tenants/{at.id}/ous?search=unit"
    yield f"/api/v1/admin/tenants/{at.id}"
    for filter_ in (
        'userName sw "r"',
        'emails.value co "x.example" and active eq true',
        'not (title pr) or displayName eq "ann"',
        'active eq false or name.familyName eq "ANN"',
        "groups.display pr",
    ):
        asked = {"filter": filter_, "sortBy": "displayName", "sortOrder": "descending"}
        yield f"/scim/v2/Users?{urlencode(asked)}"
    named = {"filter": 'displayName co "a"', "startIndex": 2}
    yield f"/scim/v2/Groups?{urlencode(named)}"


def _by_cursor(path: str, ask: Any) -> Iterator[tuple[str, Answer]]:
    """Pages by cursors; whoever is next goes on from the cursor of another one."""
    cursor: str | None = ""
    for n in range(20):
        status, etag, page = ask(f"{path}&{urlencode({'cursor': cursor})}")
        cursor = page.pop("nextCursor", None)
        page.pop("previousCursor", None)
        yield f"{path} {n}", (status, etag, page)
        if cursor is None:
            return


def _ids(answer: Answer) -> list[str]:
    return sorted(each["id"] for each in answer[2].get("data", ()))


def differing(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two documents differ, and in what."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from differing(one.get(name), other.get(name), f"{where}.{name}")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            yield f"{where}: {len(one)} instead of {len(other)}"
        for n, (first, second) in enumerate(zip(one, other, strict=False)):
            yield from differing(first, second, f"{where}[{n}]")
    elif one != other:
        yield f"{where}: {one!r} instead of {other!r}"
