"""`gateway import` and `gateway export`: users in files."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.ldap.ldif import parse
from gateway.cli.terminal import Exit
from gateway.domain.model import User
from gateway.domain.query import Query
from gateway.domain.status import UserStatus
from gateway.ports import TenantDirectory
from tests.gateway.cli.conftest import Cli

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of that name."""

    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


def _user(cli: Cli, login: str) -> User:
    async def find(directory: TenantDirectory) -> User:
        return await directory.users.by_login(login)

    return cli.directory(find)


def _groups(cli: Cli, login: str) -> list[str]:
    async def names(directory: TenantDirectory) -> list[str]:
        user = await directory.users.by_login(login)
        return [m.name for m in await directory.groups.memberships(user.id)]

    return cli.directory(names)


def test_csv_becomes_users(cli: Cli, write: Write) -> None:
    """Every column arrives: place, groups, status, custom attributes, a password that binds."""
    file = write(
        "people.csv",
        "email,username,first_name,last_name,locale,ou_path,groups,status,password,custom.title,"
        "custom_attributes\n"
        'ann@x.example,ann,Änn,"O\'Neil, jr",de,/Sales/Europe,owls;larks,,correct-horse-1,Boss,'
        '"{""shoe"": 42}"\n'
        "bob@x.example,,,,,,,DISABLED,,,\n",
    )
    done = cli.run("import", str(file), "--tenant", cli.tenant, "--create-ous", "--create-groups")
    assert done.exit_code == Exit.OK, done.stderr
    ann = _user(cli, "ann")
    assert (ann.email, ann.first_name, ann.last_name) == ("ann@x.example", "Änn", "O'Neil, jr")
    assert (ann.locale, ann.ou_path, ann.status) == ("de", "/Sales/Europe", UserStatus.ACTIVE)
    assert ann.custom_attributes == {"title": "Boss", "shoe": 42}
    assert _groups(cli, "ann") == ["larks", "owls"]
    bob = _user(cli, "bob@x.example")
    assert (bob.username, bob.status) == ("bob@x.example", UserStatus.DISABLED)

    async def bind(directory: TenantDirectory) -> str:
        user = await directory.users.by_login("ann")
        return await directory.users.bind(user, "correct-horse-1")

    assert cli.directory(bind) == "ok"


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_what_was_exported_can_be_imported(cli: Cli, tmp_path: Path, format_: str) -> None:
    """Export, import into nothing, export again: the same users, to the letter."""
    cli.add_user(
        "ann",
        first_name="Änn",
        phone="+1 555 0100",
        timezone="Europe/Berlin",
        custom_attributes={"title": "Boss", "deep": {"a": [1, None, True]}, "text": 'a;b\n"c"'},
    )
    cli.add_user("bob", own_status=UserStatus.DISABLED)
    first, second = tmp_path / f"first.{format_}", tmp_path / f"second.{format_}"
    assert cli.run("export", "--tenant", cli.tenant, "--format", format_, str(first)).exit_code == 0
    for username in ("ann", "bob"):
        _retire(cli, username)
    done = cli.run("import", str(first), "--tenant", cli.tenant)
    assert done.exit_code == Exit.OK, done.stderr
    cli.run("export", "--tenant", cli.tenant, "--format", format_, str(second))
    assert sorted(first.read_text().splitlines()) == sorted(second.read_text().splitlines())


def _retire(cli: Cli, username: str) -> None:
    async def retire(directory: TenantDirectory) -> None:
        await directory.users.retire((await directory.users.by_login(username)).id)

    cli.directory(retire)


def test_ldif_holds_the_entries_and_comes_back(cli: Cli, tmp_path: Path) -> None:
    """Attributes as they stand, no secrets; an import keeps the units below the given base."""
    cli.add_user("ann", first_name="Änn", password="correct-horse-1", mfa_factors=(b"secret",))
    file = tmp_path / "people.ldif"
    assert cli.run("export", "--tenant", cli.tenant, "--format", "ldif", str(file)).exit_code == 0
    (entry,) = parse(file.read_text())
    assert entry.texts("givenName") == ("Änn",)
    assert not entry.all("userPassword")
    assert not entry.all("dgwMfaFactor")
    people = entry.dn.partition(",")[2]
    moved = file.read_text().replace(people, f"ou=Night,{people}").replace("ann", "zoe")
    file.write_text(moved)
    done = cli.run("import", str(file), "--tenant", cli.tenant, "--base", people, "--create-ous")
    assert done.exit_code == Exit.OK, done.stderr
    assert _user(cli, "zoe").ou_path == "/Night"


def test_hashes_are_exported_only_when_asked_for(cli: Cli) -> None:
    """--with-passwords adds the hash, and is refused for formats that have no place for it."""
    cli.add_user("ann", password="correct-horse-1")
    with_hash = cli.run("export", "--tenant", cli.tenant, "--format", "ldif", "--with-passwords")
    (entry,) = parse(with_hash.stdout)
    assert entry.all("userPassword")[0].startswith(b"{ARGON2}")
    refused = cli.run("export", "--tenant", cli.tenant, "--with-passwords")
    assert refused.exit_code == Exit.USAGE


def test_a_dry_run_finds_what_a_run_would_and_changes_nothing(cli: Cli, write: Write) -> None:
    """Taken, repeated and wrong rows are told; no user, unit or group appears."""
    cli.add_user("taken")
    file = write(
        "people.jsonl",
        '{"email": "new@x.example", "ou_path": "/Labs", "groups": ["owls"]}\n'
        '{"email": "taken@x.example", "username": "taken"}\n'
        '{"email": "new@x.example"}\n'
        '{"email": "no-address"}\n'
        '{"email": "zone@x.example", "timezone": "Mars/Olympus"}\n',
    )
    command = ("import", str(file), "--tenant", cli.tenant, "--dry-run", "--jobs", "1")
    results = cli.json(*command, "--create-ous", "--create-groups")
    assert [result["outcome"] for result in results] == ["created", *["failed"] * 4]
    assert [result["detail"].split()[0] for result in results[1:]] == [
        "is", "repeats", "email:", "timezone:",
    ]  # fmt: skip
    assert cli.usernames() == {"taken"}

    async def rest(directory: TenantDirectory) -> int:
        listing = Query(limit=None)
        return (await directory.ous.find(listing)).total + (
            await directory.groups.find(listing)
        ).total

    assert cli.directory(rest) == 0
    assert not file.with_name("people.jsonl.journal").exists()


def test_a_second_run_takes_only_what_failed(cli: Cli, write: Write) -> None:
    """What is done is passed over; the journal goes when all is done."""
    cli.add_user("bob")
    file = write("people.csv", "email,username\nann@x.example,ann\nb@x.example,bob\n")
    first = cli.run("import", str(file), "--tenant", cli.tenant)
    assert first.exit_code == Exit.FINDINGS
    journal = file.with_name("people.csv.journal")
    assert journal.exists()
    again = cli.json("import", str(file), "--tenant", cli.tenant)
    assert [(row["row"], row["detail"]) for row in again] == [(2, "is there already")]
    _retire(cli, "bob")
    last = cli.json("import", str(file), "--tenant", cli.tenant)
    assert [(row["row"], row["outcome"]) for row in last] == [(2, "created")]
    assert not journal.exists()


def test_a_row_that_was_cut_off_is_completed(cli: Cli, write: Write) -> None:
    """A user whose groups and status were still missing gets them from the next run."""
    file = write("people.csv", "email,username,groups,status\nann@x.example,ann,owls,DISABLED\n")
    command = ("import", str(file), "--tenant", cli.tenant, "--create-groups")
    cli.add_user("ann", email="ann@x.example")
    assert cli.run(*command).exit_code == Exit.FINDINGS
    journal = file.with_name("people.csv.journal")
    head, *_ = journal.read_text().splitlines()
    journal.write_text(f'{head}\n{{"row": 1, "state": "begun"}}\n{{"row": 1, "st')
    done = cli.run(*command)
    assert done.exit_code == Exit.OK, done.stderr
    assert _groups(cli, "ann") == ["owls"]
    assert _user(cli, "ann").status is UserStatus.DISABLED


def test_a_journal_of_another_file_is_refused(cli: Cli, write: Write) -> None:
    """The file was edited meanwhile: rows may mean others now."""
    file = write("people.csv", "email\nno-address\n")
    cli.run("import", str(file), "--tenant", cli.tenant)
    write("people.csv", "email\nann@x.example\n")
    refused = cli.run("import", str(file), "--tenant", cli.tenant)
    assert refused.exit_code == Exit.USAGE
    assert "--restart" in refused.stderr
    assert cli.run("import", str(file), "--tenant", cli.tenant, "--restart").exit_code == Exit.OK


def test_update_changes_who_is_there(cli: Cli, write: Write) -> None:
    """Members of the row change, others stay, groups are added to."""
    cli.add_user("ann", first_name="Old", phone="+1 555 0100")
    file = write(
        "people.jsonl", json.dumps({"username": "ann", "email": f"ann@{cli.tenant}.example",
                                    "first_name": "New", "groups": ["owls"]}) + "\n"
    )  # fmt: skip
    command = ("import", str(file), "--tenant", cli.tenant, "--update", "--create-groups")
    assert cli.run(*command).exit_code == Exit.OK
    ann = _user(cli, "ann")
    assert (ann.first_name, ann.phone) == ("New", "+1 555 0100")
    assert _groups(cli, "ann") == ["owls"]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("a.csv", "email,shoe_size\na@x.example,42\n", "unknown shoe_size"),
        ("a.csv", "email,email\na,b\n", "twice"),
        ("a.csv", "email\na@x.example,b\n", "more cells"),
        ("a.csv", "email,custom_attributes\na@x.example,[]\n", "row 1"),
        ("a.csv", "email,require_password_change\na@x.example,perhaps\n", "perhaps"),
        ("a.jsonl", '{"email": "a@x.example"}\n{"email": \n', "line 2"),
        ("a.jsonl", '{"email": "a@x.example", "role": "admin"}\n', "unknown role"),
        ("a.jsonl", '["a@x.example"]\n', "no JSON object"),
        ("a.ldif", "objectClass: inetOrgPerson\n", "dn"),
        ("a.txt", "", "--format"),
    ],
)
def test_a_file_that_makes_no_sense_changes_nothing(
    cli: Cli, write: Write, name: str, text: str, where: str
) -> None:
    """The first wrong place is named before anything is done; nothing is silently left out."""
    done = cli.run("import", str(write(name, text)), "--tenant", cli.tenant)
    assert done.exit_code == Exit.USAGE
    assert where in " ".join(done.stderr.split())
    assert cli.usernames() == set()


def test_csv_has_its_columns_also_without_users(cli: Cli) -> None:
    """An empty tenant is a file with a header."""
    shown = cli.run("export", "--tenant", cli.tenant).stdout
    rows = list(csv.reader(io.StringIO(shown)))
    assert len(rows) == 1
    assert rows[0][:2] == ["email", "username"]
