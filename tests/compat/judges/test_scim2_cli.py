"""scim2-cli against the running gateway: its commands, and its check as a process of its own.

https://scim2-cli.readthedocs.io
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.compat.judges.exemptions import exempt
from tests.compat.site import CORE, ENTERPRISE, GROUP, Json, Site

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

_RESULT = re.compile(r"^(?P<status>[A-Z]+) (?P<title>\w+)$")
_ATTRIBUTE = re.compile(r"'([^']+)'")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str


Cli = Callable[..., Done]


@pytest.fixture
def environment(site: Site) -> dict[str, str]:
    """Address and token, where its manual advises to put them."""
    return {
        **os.environ,
        "SCIM_CLI_URL": f"{site.api.base_url}/scim/v2",
        "SCIM_CLI_HEADERS": f"Authorization: Bearer {site.token}",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def cli(environment: dict[str, str]) -> Iterator[Cli]:
    """The command, with a standard input."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.compat.judges.shell"],
        cwd=Path(__file__).parents[3],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def run(*arguments: str, body: Any = None) -> Done:
            sent = "" if body is None else json.dumps(body)
            stdin.write(json.dumps({"arguments": arguments, "input": sent}) + "\n")
            stdin.flush()
            return Done(**json.loads(stdout.readline()))

        yield run
        stdin.close()


def shown(run: Done) -> Json:
    """What a command that succeeded wrote."""
    assert run.code == 0, run.out + run.err
    document: Json = json.loads(run.out)
    return document


def refused(run: Done, status: str, scim_type: str | None = None) -> None:
    """The command failed, and told the gateway's error."""
    assert run.code == 1, run.out
    error = json.loads(run.out)
    assert (error["status"], error.get("scimType")) == (status, scim_type)


def test_users_and_groups_from_the_command_line(cli: Cli, site: Site) -> None:
    """Create, query, search, modify, replace, delete; REST and LDAP see what was written."""
    ann = shown(
        cli(
            *("create", "user", "--user-name", "ann", "--external-id", "A-1"),
            *("--name", '{"givenName": "Ann", "familyName": "Lee"}'),
            *("--emails", '[{"value": "ann@acme.example", "type": "work", "primary": true}]'),
        )
    )
    refused(cli("create", "user", "--user-name", "ANN"), "409", "uniqueness")
    assert shown(cli("query", "user", ann["id"])) == ann
    page = shown(cli("query", "user", "--filter", 'emails.value co "ann@" and active eq true'))
    assert (page["totalResults"], page["Resources"]) == (1, [ann])

    members = json.dumps([{"value": ann["id"]}])
    staff = shown(cli("create", "group", "--display-name", "Staff", "--members", members))
    assert site.members("Staff") == {"ann"}

    changed = shown(
        cli(
            *("modify", "user", ann["id"], "replace", "displayName", "Ann B. Lee"),
            *("add", "emails", '[{"value": "ann@home.example", "type": "home"}]'),
            *("remove", "name.givenName", "add", f"{ENTERPRISE}:department", "R&D"),
        )
    )
    assert changed["displayName"] == "Ann B. Lee"
    assert [email["value"] for email in changed["emails"]] == [
        "ann@acme.example",
        "ann@home.example",
    ]
    assert set(site.person("ann").texts("mail")) == {"ann@acme.example", "ann@home.example"}
    assert site.person("ann").texts("departmentNumber") == ("R&D",)
    removal = cli("modify", "group", staff["id"], "remove", f'members[value eq "{ann["id"]}"]')
    assert (removal.code, removal.out) == (0, ""), removal.out
    assert site.members("Staff") == set()

    wanted = {"schemas": [CORE], "id": ann["id"], "userName": "ann", "title": "Engineer"}
    assert shown(cli("replace", "user", body=wanted))["title"] == "Engineer"
    assert "displayName" not in shown(cli("search", "user", "--filter", "title pr"))["Resources"][0]

    assert cli("delete", "user", ann["id"]).code == 0
    refused(cli("delete", "user", ann["id"]), "404")
    assert not site.has_person("ann")


def test_bulk_and_pages_from_the_command_line(cli: Cli, site: Site) -> None:
    """What belongs together is made at once, found in order and in pages; failures are told."""
    people = [
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": name,
            "data": {"schemas": [CORE], "userName": name},
        }
        for name in ("ann", "bob", "cid")
    ]
    members = [{"value": f"bulkId:{each['bulkId']}"} for each in people]
    data = {"schemas": [GROUP], "displayName": "Crew", "members": members}
    group = {"method": "POST", "path": "/Groups", "bulkId": "crew", "data": data}
    answer = shown(cli("bulk", body={"schemas": [BULK], "Operations": [*people, group]}))
    assert [each["status"] for each in answer["Operations"]] == ["201"] * 4
    assert site.members("Crew") == {"ann", "bob", "cid"}

    again = cli("bulk", body={"schemas": [BULK], "Operations": people[:1]})
    assert again.code == 1
    assert "1 of 1 bulk operations failed" in again.err
    assert json.loads(again.out)["Operations"][0]["status"] == "409"

    order = ("--sort-by", "userName", "--sort-order", "descending", "--count", "2")
    first = shown(cli("search", "user", "--cursor", "", *order))
    rest = shown(cli("search", "user", "--cursor", first["nextCursor"], *order))
    names = [each["userName"] for each in first["Resources"] + rest["Resources"]]
    assert (names, first["totalResults"]) == (["cid", "bob", "ann"], 3)
    everything = shown(cli("search", "--attribute", "displayName", body=None))
    assert everything["totalResults"] == 4
    assert shown(cli("query"))["totalResults"] == 4


@pytest.mark.soak
def test_its_compliance_check_finds_nothing_but_the_exempt(environment: dict[str, str]) -> None:
    """`scim test`, which asks what scim2-tester asks, at the base path without a tenant."""
    run = subprocess.run(
        [sys.executable, "-c", "from scim2_cli import cli; cli()", "test"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if line.strip()]
    found, succeeded = set(), 0
    for line, reason in zip(lines, [*lines[1:], ""], strict=True):
        if (result := _RESULT.match(line)) is None:
            continue
        if result["status"] == "SUCCESS":
            succeeded += 1
        else:
            about = _ATTRIBUTE.search(reason)
            name = f"{result['title']} {about[1]}" if about else result["title"]
            found.add((name, result["status"]))
    assert found == exempt("scim2-tester"), "\n".join(lines)
    assert succeeded > 100
