"""`gateway feed` and `gateway mirror`: real processes between slapd and Redis."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from gateway.cli.terminal import Exit
from gateway.config import load_settings
from gateway.domain.ids import Kind
from gateway.feeding import Feeding, open_feeding
from gateway.mirror.lookups import login
from gateway.ports.mirror import Change, Document, NotMirrored, Shelf
from gateway.services.all import Services
from tests.gateway.cli.conftest import Cli
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually

T = TypeVar("T")


@dataclass(slots=True)
class Feeds:
    """Feed processes of one deployment, which has Redis for itself."""

    cli: Cli
    log: Path
    ends: ExitStack
    tenant_id: str = ""
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a feed."""
        command = [sys.executable, "-W", "ignore", "-m", "gateway", "feed"]
        with self.log.open("ab") as out:
            process = subprocess.Popen(
                [*command, "--config", str(self.cli.settings)], stdout=out, stderr=out
            )
        self.ends.callback(_end, process)
        self.running.append(process)
        return process

    def ask(self, work: Callable[[Feeding], Awaitable[T]]) -> T:
        """Ask the mirror or the directory."""

        async def main() -> T:
            async with open_feeding(load_settings(self.cli.settings)) as feeding:
                return await work(feeding)

        return asyncio.run(main())

    def epoch(self) -> str | None:
        """The epoch that is believed."""
        return self.ask(lambda feeding: feeding.room.truth.believed())

    def live(self, *, after: str | None = None) -> str:
        """Wait until a mirror (after another one) is believed; its epoch."""
        eventually(lambda: self.epoch() not in (None, after), seconds=30)
        return self.epoch() or ""

    def found(self, text: str) -> tuple[Document, ...]:
        """The users of the tenant that are found by an address, in the mirror."""

        async def find(feeding: Feeding) -> tuple[Document, ...]:
            epoch = await feeding.room.truth.believed()
            shelf = Shelf(epoch or "", self.tenant_id, Kind.USER)
            try:
                return await feeding.room.store.find(shelf, login(text))
            except NotMirrored:
                return ()

        return self.ask(find)

    def equal(self) -> bool:
        """Whether the mirror is the directory, in the tenant."""
        return self.cli.run("mirror", "verify", "--tenant", self.cli.tenant).exit_code == Exit.OK

    def holder(self) -> str | None:
        """Which process leads."""
        found = self.ask(lambda feeding: feeding.room.truth.holder())
        return found.owner if found else None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def feeds(cli: Cli, tmp_path: Path) -> Iterator[Feeds]:
    """No feed runs yet, of a deployment that is to have a mirror."""
    text = cli.settings.read_text()
    for there, ours in (
        ("[redis]\n", f'[redis]\nprefix = "f{uuid4().hex[:12]}"\n'),
        ("[mirror]\nenabled = false", "[mirror]\nenabled = true"),
    ):
        assert there in text
        text = text.replace(there, ours)
    cli.settings.write_text(text)

    async def tenant_id(services: Services) -> str:
        return (await services.directory.tenant(cli.tenant)).tenant.id

    with ExitStack() as ends:
        yield Feeds(cli, tmp_path / "feed.log", ends, cli.services(tenant_id))


def _mail(tools: LdapTools, suffix: str, username: str, mail: str) -> None:
    """Give somebody another address, with a tool of LDAP."""
    (entry,) = tools.search(suffix, f"(uid={username})", "mail").entries
    change = f"dn: {entry.dn}\nchangetype: modify\nreplace: mail\nmail: {mail}\n"
    assert tools.run("ldapmodify", ldif=change).code == 0


def test_what_ldap_tools_do_shows_in_the_mirror(
    feeds: Feeds, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Soon, and with the feed killed meanwhile, and without making the mirror anew."""
    process = feeds.start()
    epoch = feeds.live()
    name = f"ada{uuid4().hex[:8]}"
    user_id = feeds.cli.add_user(name)
    eventually(lambda: feeds.found(f"{name}@{feeds.cli.tenant}.example") != ())
    _mail(ldap_tools, stack.suffix, name, f"{name}@one.example")
    eventually(lambda: [one.id for one in feeds.found(f"{name}@one.example")] == [user_id])
    process.send_signal(signal.SIGKILL)
    process.wait()
    eventually(lambda: feeds.epoch() is None)
    _mail(ldap_tools, stack.suffix, name, f"{name}@two.example")
    feeds.start()
    assert feeds.live() == epoch
    assert [one.id for one in feeds.found(f"{name}@two.example")] == [user_id]
    assert feeds.equal()


@pytest.mark.soak
def test_of_two_feeds_one_leads_until_it_ends(feeds: Feeds) -> None:
    """Who is asked to end gives the lease back at once, and the other goes on."""
    first = feeds.start()
    epoch = feeds.live()
    second = feeds.start()
    eventually(lambda: "stands by" in feeds.log.read_text(), seconds=20)
    assert (feeds.holder() or "").endswith(f":{first.pid}")
    first.send_signal(signal.SIGTERM)
    eventually(lambda: (feeds.holder() or "").endswith(f":{second.pid}"), seconds=5)
    assert first.wait(10) == 0
    assert feeds.live() == epoch


def test_its_status_is_an_exit_code(feeds: Feeds) -> None:
    """Live or not, who leads, and how far what is kept is behind."""
    asked = feeds.cli.run("feed", "--status", "--json")
    assert asked.exit_code == Exit.FINDINGS
    assert json.loads(asked.stdout)["live"] is False
    feeds.cli.add_user(f"ann{uuid4().hex[:8]}")
    process = feeds.start()
    epoch = feeds.live()
    asked = feeds.cli.run("feed", "--status", "--json")
    assert asked.exit_code == Exit.OK
    status = json.loads(asked.stdout)
    assert status["live"] is True
    assert status["epoch"] == epoch
    assert status["holder"].endswith(f":{process.pid}")
    assert status["tenants"] >= 1
    assert status["documents"] > status["tenants"]
    assert status["lag_seconds"] < 5


def test_verify_tells_what_differs_but_no_value(feeds: Feeds) -> None:
    """A document that somebody spoilt is named, with its field."""
    user_id = feeds.cli.add_user(f"eve{uuid4().hex[:8]}", first_name="Eve")
    assert feeds.cli.run("mirror", "verify").exit_code == 2
    feeds.start()
    feeds.live()
    assert feeds.equal()

    async def spoil(feeding: Feeding) -> None:
        store = feeding.room.store
        shelf = Shelf(await feeding.room.truth.believed() or "", feeds.tenant_id, Kind.USER)
        kept = (await store.get(shelf, [user_id]))[user_id]
        content = kept.content.replace(b"Eve", b"Mallory")
        change = Change(id=user_id, version=f"{kept.version}~", content=content)
        await store.apply(feeds.tenant_id, Kind.USER, [change])

    feeds.ask(spoil)
    asked = feeds.cli.run("mirror", "verify", "--tenant", feeds.cli.tenant, "--json")
    assert asked.exit_code == Exit.FINDINGS
    (difference,) = json.loads(asked.stdout)["differences"]
    assert difference["id"] == user_id
    assert difference["fields"] == ["first_name", "version"]
    assert "Mallory" not in asked.output


def test_rebuild_makes_another_mirror(feeds: Feeds) -> None:
    """And returns when it is believed; without a feed it says so."""
    assert feeds.cli.run("mirror", "rebuild", "--no-wait").exit_code == Exit.UNAVAILABLE
    feeds.start()
    before = feeds.live()
    assert feeds.cli.run("mirror", "rebuild").exit_code == Exit.OK
    assert feeds.epoch() not in (None, before)
    assert feeds.equal()
