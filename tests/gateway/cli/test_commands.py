"""Commands for operators: token, mismatches, purge, mappings check, doctor."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.terminal import Exit
from gateway.domain.access import Principal, Role
from gateway.domain.model import FederatedIdentity, ProviderType
from gateway.ports import TenantDirectory
from gateway.services.all import Services
from tests.gateway.cli.conftest import Cli
from tests.stack.entries import change
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

COMMANDS = (
    "serve", "dev", "token", "doctor", "init", "mismatches", "purge", "import", "export",
    "mappings check", "reference", "scim tokens", "scim revoke", "scim release",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    """Whoever types --help sees a line to start from, with the command's name in it."""
    shown = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == Exit.OK
    assert re.search(rf"Example: .*gateway {command}\b", shown.output), shown.output


def _principal(cli: Cli, token: str) -> Principal:
    async def verify(services: Services) -> Principal:
        return await services.verifier.verify(token)

    return cli.services(verify)


def test_tokens_say_what_was_asked_for(cli: Cli) -> None:
    """The gateway reads each kind as what it is, with the ids of what was named by slug."""
    user_id = cli.add_user("ann")

    async def ids(directory: TenantDirectory) -> str:
        await directory.applications.add({"client_id": "portal", "secret": "s3cret-s3cret"})
        return directory.tenant.id

    tenant_id = cli.directory(ids)
    asked = {
        ("super_admin",): (Role.SUPER_ADMIN, "cli-super_admin", None),
        ("platform", "--subject", "me"): (Role.PLATFORM_WRITE, "me", None),
        ("platform_read",): (Role.PLATFORM_READ, "cli-platform_read", None),
        ("tenant_admin", "--tenant", cli.tenant): (
            Role.TENANT_ADMIN, "cli-tenant_admin", tenant_id,
        ),
        ("user", "--tenant", cli.tenant, "--user", "ann"): (Role.USER, user_id, tenant_id),
        ("application", "--tenant", cli.tenant, "--client-id", "portal"): (
            Role.APPLICATION, "portal", tenant_id,
        ),
    }  # fmt: skip
    for arguments, expected in asked.items():
        done = cli.run("token", *arguments)
        assert done.exit_code == Exit.OK, (arguments, done.stderr)
        read = _principal(cli, done.stdout.strip())
        assert (read.role, read.subject, read.tenant_id) == expected


def test_a_token_can_be_told_how_long_it_holds(cli: Cli) -> None:
    """The JSON says the seconds; a span that is none is refused."""
    assert cli.json("token", "--lifetime", "30m")["expires_in"] == 1800
    assert cli.run("token", "--lifetime", "soon").exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("tenant_admin",), Exit.USAGE),
        (("tenant_admin", "--tenant", "@", "--name", "x"), Exit.USAGE),
        (("super_admin", "--provider", "x"), Exit.USAGE),
        (("partner_admin",), Exit.USAGE),
        (("tenant_admin", "--tenant", "nowhere"), Exit.FINDINGS),
        (("user", "--tenant", "@", "--user", "nobody"), Exit.FINDINGS),
        (("application", "--tenant", "@", "--client-id", "none"), Exit.FINDINGS),
    ],
)
def test_a_token_for_nobody_is_not_made(cli: Cli, arguments: tuple[str, ...], code: int) -> None:
    """What is missing or unknown is said, and standard output stays empty."""
    named = [cli.tenant if each == "@" else each for each in arguments]
    done = cli.run("token", *named)
    assert done.exit_code == code
    assert done.stdout == ""


def _mismatched(cli: Cli) -> None:
    async def add(directory: TenantDirectory) -> None:
        provider = await directory.identity_providers.add(
            {"name": "directory", "type": ProviderType.LDAP}
        )
        link = FederatedIdentity(
            identity_provider_id=provider.id, external_id="x", linked_at=datetime.now(UTC)
        )
        for name in ("ann", "bob"):
            await directory.users.add(
                {"username": name, "email": f"{name}@x.example", "federated_identities": (link,)}
            )

    cli.directory(add)


def test_mismatches_are_listed_and_mended(cli: Cli) -> None:
    """Listing ends with 1 and changes nothing; mending leaves nothing to list."""
    _mismatched(cli)
    listed = cli.run("mismatches", "--tenant", cli.tenant, "--json")
    assert listed.exit_code == Exit.FINDINGS
    assert {row["outcome"] for row in json.loads(listed.stdout)} == {"planned"}
    mended = cli.run("mismatches", "--tenant", cli.tenant, "--fix", "--json")
    assert mended.exit_code == Exit.OK
    assert [row["outcome"] for row in json.loads(mended.stdout)] == ["fixed", "fixed"]
    assert cli.json("mismatches", "--tenant", cli.tenant) == []


def test_purge_takes_what_was_deleted_long_enough_ago(cli: Cli) -> None:
    """Younger deletions stay; a dry run only tells; afterwards nobody can restore."""
    user_id = cli.add_user("ann")
    cli.add_user("bob")

    async def retire(directory: TenantDirectory) -> None:
        await directory.users.retire(user_id)

    cli.directory(retire)
    assert cli.json("purge", "--tenant", cli.tenant, "--older-than", "1d") == []
    dry = cli.json("purge", "--tenant", cli.tenant, "--older-than", "0s", "--dry-run")
    assert [row["id"] for row in dry] == [user_id]
    gone = cli.json("purge", "--tenant", cli.tenant, "--older-than", "0s")
    assert [row["id"] for row in gone] == [user_id]
    assert cli.json("purge", "--tenant", cli.tenant, "--older-than", "0s") == []
    assert cli.usernames() == {"bob"}


def test_the_shipped_mappings_fit_the_server(cli: Cli) -> None:
    """Both can be used with the schema of the images."""
    for mapping in ("default", "posix"):
        done = cli.run("mappings", "check", "--mapping", mapping, "--json")
        assert (done.exit_code, json.loads(done.stdout)) == (Exit.OK, [])


def test_a_mapping_that_does_not_fit_is_told(cli: Cli, tmp_path: Path) -> None:
    """An attribute that the server does not know is named with its row."""
    folder = tmp_path / "ours"
    folder.mkdir()
    for file in (Path(__file__).parents[3] / "mappings" / "default").glob("*.toml"):
        text = file.read_text()
        (folder / file.name).write_text(text.replace('"givenName"', '"vorname"'))
    done = cli.run("mappings", "check", "--mapping", str(folder), "--json")
    assert done.exit_code == Exit.FINDINGS
    (finding,) = json.loads(done.stdout)
    assert (finding["resource"], finding["attribute"]) == ("user", "vorname")


def test_the_doctor_counts_who_cannot_be_seen_and_who_collides(
    cli: Cli, stack: Stack, ldap_tools: LdapTools
) -> None:
    """Entries without mail, addresses used twice, user names that are another's address."""
    cli.add_user("ann")
    base = f"o={cli.tenant},ou=tenants,{stack.suffix}"
    overlay = ldap_tools.search("cn=config", "(objectClass=olcUniqueConfig)", "olcUniqueURI").entry
    (own,) = [text for text in overlay.texts("olcUniqueURI") if cli.tenant in text]
    ldap_tools.modify(change(overlay.dn, "delete", "olcUniqueURI", own))
    people = f"ou=people,{base}"
    for uid, mail in (("bob", f"ann@{cli.tenant}.example"), ("ghost", None), ("carl", "carl")):
        line = f"mail: {mail}\n" if mail else ""
        added = ldap_tools.add(
            f"dn: uid={uid},{people}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: x\nsn: x\n{line}"
        )
        assert added.code == 0, added.err
    ldap_tools.add(
        f"dn: uid=dora,{people}\nobjectClass: inetOrgPerson\nuid: dora\ncn: x\nsn: x\nmail: bob\n"
    )
    found = [row for row in cli.json("doctor") if row["subject"] == f"tenant {cli.tenant}"]
    told = {row["detail"].split(":")[0]: row for row in found}
    assert any(f"1 entry without mail in {people}" in text for text in told)
    assert told["1 mail used twice"]["level"] == "problem"
    assert "user names that are another user's mail" in told
    (unique,) = [row for row in found if row["ldif"]]
    assert ldap_tools.modify(unique["ldif"]).code == 0
    assert own in ldap_tools.search("cn=config", "(objectClass=olcUniqueConfig)").entry.texts(
        "olcUniqueURI"
    )


def test_a_directory_that_does_not_answer_is_said_in_a_sentence(cli: Cli, stack: Stack) -> None:
    """Every command that needs it ends with 3, without a traceback."""
    cli.settings.write_text(cli.settings.read_text().replace(stack.ldap_url, "ldap://127.0.0.1:1"))
    for command in (
        ["doctor"],
        ["mappings", "check"],
        ["mismatches"],
        ["purge"],
        ["export", "--tenant", "x"],
    ):
        done = cli.run(*command)
        assert done.exit_code == Exit.UNAVAILABLE, (command, done.stderr)
        assert "Error:" in done.stderr


def test_wrong_settings_are_named(cli: Cli) -> None:
    """A setting that does not exist is no silent default."""
    cli.settings.write_text(cli.settings.read_text() + "[ldap2]\nurl = 1\n")
    done = cli.run("doctor")
    assert done.exit_code == Exit.USAGE
    assert "ldap2" in done.stderr
