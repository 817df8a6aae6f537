"""`gateway dev`, from the outside: what scripts and strangers rely on."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.e2e.dev import Dev, alive, dev
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually, soon

pytestmark = pytest.mark.native_only

KINDS = {
    "super_admin",
    "platform",
    "platform_read",
    "partner_admin",
    "tenant_admin",
    "application",
    "user",
    "scim",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One for the tests that only look."""
    with dev(tmp_path_factory.mktemp("dev"), "--users", "220", "--workers", "2") as process:
        yield process


def _tools(running: Dev) -> LdapTools:
    ready = running.ready
    return LdapTools(
        url=ready["ldap_url"], dn=ready["ldap_admin_dn"], password=ready["ldap_admin_password"]
    )


def test_the_ready_file_says_all_that_scripts_need(running: Dev) -> None:
    """Every member is there, and only its owner reads it, since tokens are in it."""
    ready = json.loads(running.ready_file.read_text(encoding="utf-8"))
    assert set(ready) == {
        "base_url", "ldap_url", "ldap_suffix", "ldap_admin_dn", "ldap_admin_password",
        "redis_url", "tokens", "tenants", "issuer", "pids",
    }  # fmt: skip
    assert set(ready["tokens"]) == KINDS
    assert set(ready["pids"]) == {"slapd", "redis", "api", "feed"}
    assert set(ready["issuer"]) == {"private_key_file", "kid", "issuer", "audience"}
    assert len(ready["pids"]["api"]) == 2
    pids = ready["pids"]
    assert all(alive(pid) for pid in (pids["slapd"], pids["redis"], pids["feed"], *pids["api"]))
    assert running.ready_file.stat().st_mode & 0o077 == 0


def test_each_admin_token_sees_its_tenants(running: Dev) -> None:
    """Tokens of all, of a partner and of a tenant list what is theirs; reading ones only read."""
    slugs = [tenant["slug"] for tenant in running.ready["tenants"]]
    expected = {
        "super_admin": set(slugs),
        "platform": set(slugs),
        "platform_read": set(slugs),
        "partner_admin": set(slugs[:2]),
        "tenant_admin": set(slugs[:1]),
    }
    for kind, seen in expected.items():
        answer = running.get("/api/v1/admin/tenants/", kind=kind, per_page=200)
        assert answer.status_code == 200, (kind, answer.text)
        assert {tenant["slug"] for tenant in answer.json()["data"]} == seen, kind


def test_the_other_tokens_belong_to_the_first_tenant(running: Dev) -> None:
    """The application reads an assigned user; user and SCIM tokens are known, and refused here."""
    first = running.ready["tenants"][0]
    claims = {
        kind: jwt.decode(running.ready["tokens"][kind], options={"verify_signature": False})
        for kind in ("application", "user", "scim", "tenant_admin")
    }
    assert {each["tenant_id"] for each in claims.values()} == {first["id"]}
    user = f"/api/v1/tenants/{first['slug']}/users/{claims['user']['sub']}"
    assert running.get(user, kind="application").status_code == 200
    assert running.get(user, kind="user").status_code == 403
    assert running.get(user, kind="scim").status_code == 403


def test_scripts_can_sign_tokens_of_their_own(running: Dev) -> None:
    """The key, its id, issuer and audience of the ready file make a token that is accepted."""
    issuer = running.ready["issuer"]
    model = jwt.decode(running.ready["tokens"]["super_admin"], options={"verify_signature": False})
    claims = {"sub": "script", "role": "super_admin", "iat": model["iat"], "exp": model["exp"]}
    claims |= {"iss": issuer["issuer"], "aud": issuer["audience"]}
    key = Path(issuer["private_key_file"]).read_text(encoding="utf-8")
    token = jwt.encode(claims, key, "RS256", {"kid": issuer["kid"]})
    answer = httpx.get(
        f"{running.ready['base_url']}/api/v1/admin/users/",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 200


def test_users_are_counted_and_listed(running: Dev) -> None:
    """The ready file's figures are what REST lists and what LDAP holds."""
    tools = _tools(running)
    for tenant in running.ready["tenants"]:
        listed = running.get(f"/api/v1/tenants/{tenant['slug']}/users").json()["pagination"]
        held = tools.search(f"ou=people,{tenant['base_dn']}", "(mail=*)", "1.1").entries
        assert listed["total_items"] == len(held) == tenant["users"]
    first, second, third = (tenant["users"] for tenant in running.ready["tenants"])
    assert (first, second) == (third + 4 + 200, third + 4 + 20)


def test_synthetic_users_are_users_like_others(running: Dev) -> None:
    """They have places, groups, a second factor now and then, and can log in."""
    first = running.ready["tenants"][0]["slug"]
    path = f"/api/v1/tenants/{first}/users"
    found = running.get(path, search="user000140").json()["data"]
    assert [item["mfa_enabled"] for item in found] == [True]
    user = running.get(f"{path}/{found[0]['id']}").json()["data"]
    assert [group["name"] for group in user["groups"]] == ["crew-000101"]
    disabled = running.get(path, status="DISABLED", search="user0000").json()["data"]
    assert {item["email"] for item in disabled} == {
        "user000007@acme.example",
        "user000057@acme.example",
    }
    login = {"login": "user000140", "password": "correct-horse-battery"}
    answer = httpx.post(
        f"{running.ready['base_url']}/api/v1/tenants/{first}/users/authenticate",
        json=login,
        headers={"Authorization": f"Bearer {running.ready['tokens']['tenant_admin']}"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def test_two_tenants_have_each_mismatch_kind(running: Dev) -> None:
    """Over REST, as the mismatch report tells them."""
    path = "/api/v1/admin/users/identity-source/mismatches"
    for tenant in running.ready["tenants"][:2]:
        items = running.get(path, tenant_id=tenant["id"], per_page=200).json()["data"]
        assert {item["kind"] for item in items} == {"mismatch", "missing_link", "dangling_link"}


def test_the_printed_lines_work_as_printed(running: Dev) -> None:
    """What the screen says to paste, pasted into a shell, succeeds and shows users."""
    told = re.sub(r"\x1b\[[0-9;]*m", "", running.told())
    lines = [
        line
        for line in told.splitlines()
        if line.startswith(("export TOKEN=", "curl ", "ldapsearch "))
    ]
    assert [line.split()[0] for line in lines] == ["export", "curl", "ldapsearch"]
    for line in lines[1:]:
        done = subprocess.run(
            ["bash", "-ec", f"{lines[0]}\n{line}"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "no_proxy": "127.0.0.1"},
        )
        assert done.returncode == 0, done.stderr
        assert "@acme.example" in done.stdout


def test_a_worker_that_dies_is_replaced(running: Dev) -> None:
    """The ready file names the new one, and requests are answered all the while."""
    api = json.loads(running.ready_file.read_text(encoding="utf-8"))["pids"]["api"]
    os.kill(api[0], signal.SIGKILL)

    def replaced() -> bool:
        now = json.loads(running.ready_file.read_text(encoding="utf-8"))["pids"]["api"]
        return api[0] not in now and len(now) == 2 and all(alive(pid) for pid in now)

    eventually(replaced)
    assert running.get("/healthz/ready").status_code == 200


def test_a_feed_that_dies_is_replaced(running: Dev) -> None:
    """Meanwhile readiness says that reads are slower, and they are right; then all is well."""
    first, other = running.ready["tenants"][:2]
    tools = _tools(running)

    def readiness() -> dict[str, Any]:
        answer = running.get("/healthz/ready")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def feed() -> int | None:
        pid: int | None = json.loads(running.ready_file.read_text(encoding="utf-8"))["pids"]["feed"]
        return pid

    def users(tenant: dict[str, Any]) -> int:
        listed = running.get(f"/api/v1/tenants/{tenant['slug']}/users", per_page=1).json()
        total: int = listed["pagination"]["total_items"]
        return total

    eventually(lambda: readiness()["status"] == "ok")
    before, totals = feed(), (users(first), users(other))
    assert before is not None
    os.kill(before, signal.SIGKILL)
    eventually(lambda: readiness()["status"] == "degraded")
    shown = readiness()["checks"]
    assert (shown["mirror"]["ok"], shown["directory"]["ok"], shown["redis"]["ok"]) in (
        (False, True, True),
        (True, True, True),  # the next one is there already
    )
    base = f"ou=people,{first['base_dn']}"
    added = tools.add(
        f"dn: uid=unfed,{base}\nobjectClass: inetOrgPerson\nuid: unfed\ncn: unfed\nsn: unfed\n"
        "mail: unfed@acme.example\n"
    )
    assert added.code == 0, added.err
    soon(lambda: users(first), totals[0] + 1)
    eventually(lambda: feed() not in (None, before), seconds=20)
    eventually(lambda: readiness()["status"] == "ok", seconds=30)
    assert (users(first), users(other)) == (totals[0] + 1, totals[1])
    assert tools.delete(f"uid=unfed,{base}").code == 0
    soon(lambda: users(first), totals[0])


def test_sigterm_ends_everything_and_a_second_start_finds_the_data(tmp_path: Path) -> None:
    """No child outlives it; the same tree, ports and passwords are there again within seconds."""
    with dev(tmp_path, "--users", "11") as first:
        tools = _tools(first)
        base = f"ou=people,{first.ready['tenants'][0]['base_dn']}"
        tools.add(
            f"dn: uid=kept,{base}\nobjectClass: inetOrgPerson\nuid: kept\ncn: kept\nsn: kept\n"
            "mail: kept@acme.example\n"
        )
        tools.delete(f"uid=ada.young,ou=Identity,ou=Platform,ou=Engineering,{base}")
        assert first.end() == 0
    assert not any(alive(pid) for pid in first.children)
    assert not first.ready_file.exists()
    with dev(tmp_path, "--users", "11") as second:
        assert second.seconds < 20  # on a busy machine; about three on an idle one
        for member in ("ldap_url", "redis_url", "ldap_admin_password", "issuer"):
            assert second.ready[member] == first.ready[member]
        assert second.ready["tenants"] == first.ready["tenants"]
        users = f"/api/v1/tenants/{second.ready['tenants'][0]['slug']}/users"
        assert second.get(users, search="kept@").json()["pagination"]["total_items"] == 1
        assert second.get(users, search="ada.young").json()["pagination"]["total_items"] == 0
        old = {"Authorization": f"Bearer {first.ready['tokens']['super_admin']}"}
        url = f"{second.ready['base_url']}{users}"
        assert httpx.get(url, headers=old, trust_env=False).status_code == 200


@pytest.mark.soak
def test_reset_makes_a_new_tree(tmp_path: Path) -> None:
    """Nothing of the former one is left, and passwords are others."""
    with dev(tmp_path) as first:
        pass
    with dev(tmp_path, "--reset") as second:
        former = {tenant["id"] for tenant in first.ready["tenants"]}
        assert not former & {tenant["id"] for tenant in second.ready["tenants"]}
        assert second.ready["ldap_admin_password"] != first.ready["ldap_admin_password"]


@pytest.mark.soak
def test_more_users_are_added_to_those_there(tmp_path: Path) -> None:
    """A start with a higher number fills up, one with a lower takes nothing away."""
    totals = []
    for count in ("11", "33", "22"):
        with dev(tmp_path, "--users", count) as process:
            totals.append([tenant["users"] for tenant in process.ready["tenants"]])
    third = totals[0][2]
    assert totals[0] == [third + 4 + 10, third + 4 + 1, third]
    assert totals[1] == totals[2] == [third + 4 + 30, third + 4 + 3, third]


def test_killing_the_supervisor_leaves_no_child(tmp_path: Path) -> None:
    """Also an end that it could not see coming takes the servers with it."""
    with dev(tmp_path) as process:
        process.end(signal.SIGKILL)
        eventually(lambda: not any(alive(pid) for pid in process.children), seconds=20)


@pytest.mark.soak
@pytest.mark.parametrize("step", ["Making the sample data", "Loading 2,000 synthetic users"])
def test_an_end_in_the_middle_of_the_start_is_mended_by_the_next(tmp_path: Path, step: str) -> None:
    """Nothing is left running, and the next start completes what was begun."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "gateway", "dev", "--port", "0", "--users", "2000"]
    with (tmp_path / "first").open("wb") as out:
        process = subprocess.Popen(
            [*command, "--state-dir", str(state)], stdout=out, stderr=out, start_new_session=True
        )
    try:
        eventually(lambda: step in (tmp_path / "first").read_text(), seconds=60)
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert not _mentioning(state)
    with dev(tmp_path, "--users", "2000") as second:
        first, other, third = (tenant["users"] for tenant in second.ready["tenants"])
        assert (first, other) == (third + 4 + 1819, third + 4 + 181)


def _mentioning(folder: Path) -> list[bytes]:
    """Command lines of processes that have a folder in them."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes())
    return [command for command in found if str(folder).encode() in command]


def test_a_port_in_use_is_said_in_one_sentence(running: Dev, tmp_path: Path) -> None:
    """No traceback, an exit code, and nothing left running."""
    port = httpx.URL(running.ready["base_url"]).port
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "dev", "--port", str(port), "--state-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_one_on_the_same_folder_is_refused(running: Dev) -> None:
    """Two would write into one database."""
    folder = running.ready_file.parent / "state"
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "dev", "--port", "0", "--state-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Another gateway dev runs" in done.stderr
