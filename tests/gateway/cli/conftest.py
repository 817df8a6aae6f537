"""Commands as a person runs them, on the servers of this test session."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.config import load_settings
from gateway.container import open_services
from gateway.domain.query import Query
from gateway.ports import TenantDirectory
from gateway.services.all import Services
from tests.stack.stack import Stack

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cli:
    """The command line with the settings of one deployment, and one tenant of it."""

    settings: Path
    tenant: str

    def run(self, *arguments: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(app, [*arguments, "--config", str(self.settings)])

    def json(self, *arguments: str) -> Any:
        """Run a command with --json; what it writes."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def services(self, work: Callable[[Services], Awaitable[T]]) -> T:
        """Do something with the services of the deployment."""

        async def main() -> T:
            async with open_services(load_settings(self.settings)) as services:
                return await work(services)

        return asyncio.run(main())

    def directory(self, work: Callable[[TenantDirectory], Awaitable[T]]) -> T:
        """Do something with the tenant's directory."""

        async def main(services: Services) -> T:
            return await work(await services.directory.tenant(self.tenant))

        return self.services(main)

    def add_user(self, username: str, **values: object) -> str:
        """Add a user; its id."""
        email = f"{username}@{self.tenant}.example"
        given = {"username": username, "email": email, **values}

        async def add(directory: TenantDirectory) -> str:
            return (await directory.users.add(given)).id

        return self.directory(add)

    def usernames(self) -> set[str]:
        """All users of the tenant."""

        async def names(directory: TenantDirectory) -> set[str]:
            return {user.username for user in (await directory.users.find(Query(limit=None))).items}

        return self.directory(names)


@pytest.fixture
def cli(stack: Stack, tmp_path: Path) -> Cli:
    """Settings for the session's servers, without a mirror, and a new tenant.

    Whoever writes while no feed runs waits until nobody believes a mirror any more.
    """
    settings = tmp_path / "gateway.toml"
    settings.write_text(
        'environment = "dev"\n'
        f'[ldap]\nurl = "{stack.ldap_url}"\nsuffix = "{stack.suffix}"\nallow_plaintext = true\n'
        f'bind_dn = "{stack.service_dn}"\nbind_password = "{stack.service_password}"\n'
        f'[redis]\nurl = "{stack.redis_url}"\n'
        "[mirror]\nenabled = false\n"
        '[mail]\ntransport = "log"\n'
        f'[tokens.builtin]\nprivate_key_file = "{tmp_path / "issuer.pem"}"\n'
    )
    made = Cli(settings=settings, tenant=f"t{uuid4().hex[:12]}")

    async def add(services: Services) -> None:
        await services.directory.tenants.add({"slug": made.tenant})

    made.services(add)
    return made
