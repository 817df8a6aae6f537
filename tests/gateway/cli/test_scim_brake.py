"""`gateway scim release`, over real servers."""

import pytest

from gateway.cli.terminal import Exit
from gateway.domain.access import Principal, Role
from gateway.domain.errors import TooManyAttempts
from gateway.services.access import Call
from gateway.services.all import Services
from gateway.services.provisioning import WantedUser
from tests.gateway.cli.conftest import Cli


@pytest.fixture
def braked(cli: Cli) -> Cli:
    """The same deployment, with a brake that also small tenants have."""
    with cli.settings.open("a") as settings:
        settings.write("[scim]\nbrake_minimum = 8\nbrake_share = 0.25\n")
    return cli


def _taken_away(cli: Cli, ids: list[str]) -> int:
    """How many users a provisioning client deactivates before it is held."""

    async def work(services: Services) -> int:
        tenant = (await services.directory.tenant(cli.tenant)).tenant
        principal = Principal(subject="idp", role=Role.SCIM, tenant_id=tenant.id)
        call = Call(principal=principal, action="scim.users.update")
        for gone, user_id in enumerate(ids):
            try:
                await services.provisioning.update_user(
                    call, user_id, lambda _: WantedUser(active=False)
                )
            except TooManyAttempts:
                return gone
        return len(ids)

    return cli.services(work)


def test_what_is_held_is_released(braked: Cli) -> None:
    """A command lets a client go on, also one that another process holds."""
    ids = [braked.add_user(f"u{n}") for n in range(8)]
    assert _taken_away(braked, ids) == 2
    assert _taken_away(braked, ids[2:]) == 0
    done = braked.run("scim", "release", "--tenant", braked.tenant)
    assert (done.exit_code, done.stderr.strip()) == (Exit.OK, "Released")
    assert _taken_away(braked, ids[2:]) == 2
    assert braked.run("scim", "release", "--tenant", braked.tenant).exit_code == Exit.OK
    done = braked.run("scim", "release", "--tenant", braked.tenant)
    assert (done.exit_code, done.stderr.strip()) == (Exit.OK, "Nothing was counted")


def test_release_of_nothing_known(cli: Cli) -> None:
    """A tenant that is not there is told, and one must be named."""
    assert cli.run("scim", "release", "--tenant", "nowhere").exit_code == Exit.FINDINGS
    assert cli.run("scim", "release").exit_code == Exit.USAGE


def test_release_needs_the_counters(cli: Cli) -> None:
    """Where Redis is away nothing can be released, and nobody is told otherwise."""
    text = cli.settings.read_text()
    settings = text[: text.index("[redis]")] + text[text.index("[mail]") :]
    cli.settings.write_text(f'{settings}[redis]\nurl = "redis://127.0.0.1:1/0"\n')
    done = cli.run("scim", "release", "--tenant", cli.tenant)
    assert done.exit_code == Exit.UNAVAILABLE
