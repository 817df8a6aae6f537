"""Servers of their own, for tests that stop, kill and restore them, or turn them upside down."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from adapters.ldap.dn import Dn
from adapters.ldap.feed.attributes import feed_attributes
from adapters.ldap.feed.follower import Follower
from adapters.ldap.feed.line import Followed, Pace
from adapters.ldap.settings import LdapSettings
from gateway.devstack.slapd import SlapdServer
from mappings.loader import load
from tests.adapters.ldap.feed.following import QUICK
from tests.adapters.ldap.feed.scene import Scene, scene_of
from tests.stack.entries import change, done, unit
from tests.stack.native import ADMIN_PASSWORD, SERVICE_PASSWORD, SUFFIX, private_slapd, started
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually

USERS = 2000
BASE = f"o=feed,ou=tenants,{SUFFIX}"
PEOPLE = f"ou=people,{BASE}"
SYNCPROV = "olcOverlay={3}syncprov,olcDatabase={1}mdb,cn=config"


@dataclass(frozen=True, slots=True)
class Place:
    """The server with 2,000 users, its administrator's tools, and the gateway's account."""

    server: SlapdServer
    tools: LdapTools
    settings: LdapSettings

    def follower(self, pace: Pace = QUICK, url: str | None = None) -> Follower:
        """Somebody who follows it, perhaps on another way."""
        settings = self.settings.model_copy(update={"url": url or self.server.url})
        attributes = feed_attributes(load(settings.mapping))
        return Follower(settings, Followed(base=Dn.parse(SUFFIX), attributes=attributes), pace)

    def versions(self) -> dict[str, str]:
        """The CSNs of all entries, by entryUUID."""
        found = self.tools.search(SUFFIX, "(objectClass=*)", "entryUUID", "entryCSN")
        return {e.text("entryUUID") or "": e.text("entryCSN") or "" for e in done(found).entries}

    def dns(self) -> set[str]:
        """The names of all entries."""
        return {
            entry.dn for entry in done(self.tools.search(SUFFIX, "(objectClass=*)", "1.1")).entries
        }

    def age(self) -> None:
        """Wait until it runs for longer than the second of its start, so that it is told apart."""
        entry = self.tools.read("cn=Subschema", "createTimestamp")
        started = entry.text("createTimestamp") or ""
        eventually(lambda: datetime.now(UTC).strftime("%Y%m%d%H%M%SZ") > started)

    def configure(self, attribute: str, *values: str) -> None:
        """Change a setting of the overlay that tells changes."""
        done(self.tools.modify(change(SYNCPROV, "replace", attribute, *values)))


def user_ldif(name: str, parent: str = PEOPLE) -> str:
    """A user without a password, which takes long to hash."""
    return (
        f"dn: uid={name},{parent}\nobjectClass: inetOrgPerson\nobjectClass: dgwUser\n"
        f"uid: {name}\ncn: {name}\nsn: {name}\nmail: {name}@example.org\n"
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The server, with the users in it."""
    server = started(lambda: private_slapd(tmp_path_factory.mktemp("feed") / "slapd"))
    tools = LdapTools(url=server.url, dn=server.site.rootdn, password=ADMIN_PASSWORD)
    records = [
        f"dn: {BASE}\nobjectClass: organization\nobjectClass: dgwTenant\no: feed\n",
        unit("people", BASE),
        f"dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n",
        *(user_ldif(f"u{number}") for number in range(USERS)),
    ]
    settings = {
        "url": server.url,
        "suffix": SUFFIX,
        "bind_dn": server.site.service_dn,
        "bind_password": SERVICE_PASSWORD,
        "connect_timeout": 1.0,
        "operation_timeout": 5.0,
    }
    try:
        done(tools.add("\n".join(records)))
        yield Place(server, tools, LdapSettings.model_validate(settings))
    finally:
        server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlapdServer]:
    """A slapd of its own, in which no other test changes anything.

    It started in an earlier second: of its own first one the feed believes little.
    """
    server = started(lambda: private_slapd(tmp_path_factory.mktemp("telling") / "slapd"))
    first = int(time.time())
    while int(time.time()) == first:
        time.sleep(0.01)
    yield server
    server.kill()


@pytest_asyncio.fixture(scope="module", params=["default", "posix"])
async def scene(request: pytest.FixtureRequest, server: SlapdServer) -> AsyncIterator[Scene]:
    """The same under each mapping."""
    async with scene_of(server, request.param) as scene:
        yield scene
