"""Tokens of provisioning clients on the command line, over real servers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli.terminal import Exit
from gateway.domain.access import Principal, Role
from gateway.domain.errors import Unauthenticated
from gateway.domain.model import ProviderType
from gateway.ports import TenantDirectory
from gateway.services.all import Services
from tests.gateway.cli.conftest import Cli


def _principal(cli: Cli, token: str) -> Principal | None:
    """Whose token it is, as another process of the gateway sees it; None: it is refused."""

    async def verify(services: Services) -> Principal | None:
        try:
            return await services.verifier.verify(token)
        except Unauthenticated:
            return None

    return cli.services(verify)


def _issue(cli: Cli, *arguments: str) -> str:
    done = cli.run("token", "--scim", "--tenant", cli.tenant, *arguments)
    assert done.exit_code == Exit.OK, done.stderr
    return done.stdout.strip()


def test_a_token_is_made_listed_and_revoked(cli: Cli) -> None:
    """It holds until somebody revokes it, and the list never shows it."""
    token = _issue(cli, "--name", "Okta")
    [row] = cli.json("scim", "tokens", "--tenant", cli.tenant)
    assert (row["name"], row["expires_at"]) == ("Okta", None)
    principal = _principal(cli, token)
    assert principal is not None
    assert (principal.role, principal.subject) == (Role.SCIM, row["id"])
    assert principal.tenant_id == row["tenant_id"]
    shown = cli.run("scim", "tokens", "--tenant", cli.tenant)
    assert token not in shown.output
    assert "Okta" in shown.stderr
    assert cli.run("scim", "revoke", row["id"]).exit_code == Exit.OK
    assert _principal(cli, token) is None
    assert cli.json("scim", "tokens", "--tenant", cli.tenant) == []
    assert cli.run("scim", "revoke", row["id"]).exit_code == Exit.FINDINGS


def test_tokens_get_names_of_their_own_and_an_end(cli: Cli) -> None:
    """The JSON says all but what the list must not: when it ends, and under which id it is kept."""
    arguments = ("--tenant", cli.tenant, "--lifetime", "90d")
    made = cli.json("token", "scim", *arguments)
    other = cli.json("token", "scim", *arguments)
    assert made["name"] != other["name"]
    assert (made["token_type"], made["expires_in"]) == ("Bearer", 90 * 86_400)
    ends = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < ends <= timedelta(days=90)
    principal = _principal(cli, made["access_token"])
    assert principal is not None
    assert principal.token_id == made["id"]
    listed = {row["id"] for row in cli.json("scim", "tokens")}
    assert {made["id"], other["id"]} <= listed


def test_no_issuer_is_needed(cli: Cli, tmp_path: Path) -> None:
    """Where tokens come from elsewhere, SCIM tokens are still the gateway's own."""
    text = cli.settings.read_text().partition("[tokens.builtin]")[0]
    cli.settings.write_text(
        f"{text}[tokens.builtin]\nenabled = false\n[[tokens.issuers]]\n"
        f'issuer = "https://sso.example"\naudience = "gw"\njwks_file = "{tmp_path}/keys.json"\n'
    )
    assert cli.run("token", "super_admin").exit_code == Exit.USAGE
    assert _principal(cli, _issue(cli)) is not None


def test_with_several_providers_one_is_named(cli: Cli) -> None:
    """Nobody can tell which otherwise: nothing is made, and the message says what to name."""

    async def add(directory: TenantDirectory) -> str:
        made = [
            await directory.identity_providers.add({"name": name, "type": ProviderType.SCIM})
            for name in ("entra", "okta")
        ]
        return made[1].id

    provider = cli.directory(add)
    refused = cli.run("token", "--scim", "--tenant", cli.tenant)
    assert (refused.exit_code, refused.stdout) == (Exit.FINDINGS, "")
    assert "identity_provider_id" in refused.stderr
    principal = _principal(cli, _issue(cli, "--provider", provider))
    assert principal is not None
    assert principal.identity_provider_id == provider


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), Exit.USAGE),
        (("--tenant", "nowhere"), Exit.FINDINGS),
        (("--tenant", "@", "--user", "ann"), Exit.USAGE),
        (("--tenant", "@", "--subject", "me"), Exit.USAGE),
        (("--tenant", "@", "--lifetime", "soon"), Exit.USAGE),
        (("--tenant", "@", "--provider", "nonsense"), Exit.FINDINGS),
    ],
)
def test_what_makes_no_sense_makes_no_token(
    cli: Cli, arguments: tuple[str, ...], code: int
) -> None:
    """Standard output stays empty, and so does the list."""
    named = [cli.tenant if each == "@" else each for each in arguments]
    done = cli.run("token", "--scim", *named)
    assert (done.exit_code, done.stdout) == (code, "")
    assert cli.json("scim", "tokens", "--tenant", cli.tenant) == []


def test_other_commands_do_not_mind_tokens(cli: Cli, tmp_path: Path) -> None:
    """Export and import know users alone, purge takes none; a tenant goes with its tokens."""
    token = _issue(cli)
    user_id = cli.add_user("ann")
    for format_ in ("csv", "jsonl", "ldif"):
        file = tmp_path / f"people.{format_}"
        done = cli.run("export", "--tenant", cli.tenant, "--format", format_, str(file))
        assert done.exit_code == Exit.OK, done.stderr
        assert "ann" in file.read_text()
        assert not [word for word in ("scim", "Scim", "igest") if word in file.read_text()]
        again = cli.run("import", str(file), "--tenant", cli.tenant, "--update", "--json")
        assert again.exit_code == Exit.OK, (again.stderr, json.loads(again.stdout))

    async def retire(directory: TenantDirectory) -> None:
        await directory.users.retire(user_id)

    cli.directory(retire)
    gone = cli.json("purge", "--tenant", cli.tenant, "--older-than", "0s")
    assert [row["id"] for row in gone] == [user_id]
    assert _principal(cli, token) is not None

    async def delete(services: Services) -> None:
        tenant = (await services.directory.tenant(cli.tenant)).tenant
        await services.directory.tenants.delete(tenant.id)

    cli.services(delete)
    assert _principal(cli, token) is None
