"""The documentation: its shell lines work as pasted, its generated pages are those of the code."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.reference import Page
from tests.e2e.dev import Dev, dev

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """What `make run` starts."""
    with dev(tmp_path_factory.mktemp("docs")) as process:
        yield process


def _pasted(page: str, running: Dev) -> list[str]:
    """What each block of a page writes, run one after another in one shell."""
    blocks = _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    state = str(running.ready_file.parent / "state")
    text = "\necho '<<<>>>'\n".join(blocks)
    for there, here in (
        ("http://127.0.0.1:8000", running.ready["base_url"]),
        (".state/", f"{state}/"),
        (".venv/bin/gateway", f"{sys.executable} -W ignore -m gateway"),
    ):
        assert there in text
        text = text.replace(there, here)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "no_proxy": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("<<<>>>")


@pytest.mark.native_only
def test_the_requests_of_the_readme_work_as_pasted(running: Dev) -> None:
    """Each does what the sentence before it says."""
    token, listed, created, found, checked, deleted = _pasted("README.md", running)
    assert token.strip() == ""
    assert "ada.young@acme.example" in listed
    assert '"status":"ACTIVE"' in created
    assert '"email":"grace@acme.example"' in created
    assert "dn: uid=grace,ou=people,o=acme,ou=tenants,dc=example,dc=org" in found
    assert "mail: grace@acme.example" in found
    assert '"password_change_required":false' in checked
    assert deleted.strip() == ""
    users = f"/api/v1/tenants/{running.ready['tenants'][0]['slug']}/users"
    assert running.get(users, search="grace@").json()["pagination"]["total_items"] == 0


@pytest.mark.native_only
def test_the_tutorial_works_as_pasted(running: Dev) -> None:
    """From the empty tenant to the export, with what the text promises in between."""
    shown = _pasted("docs/tutorial.md", running)
    assert '"slug":"delta"' in shown[1]
    assert '"total_items":0' in shown[2]
    assert '"total_items":1' in shown[3]
    ids = shown[4].split()
    assert [id_[:3] for id_ in ids] == ["ou_", "ou_", "grp"]
    assert '"ou_path":"/Labs/Night"' in shown[5]
    assert '"badge":{"color":"green"}' in shown[5]
    assert '"title":"Engineer"' in shown[5]
    assert "PENDING_EMAIL_VERIFICATION" in shown[6]
    assert "/links/" in running.told()
    assert '"password_change_required":false' in shown[7]
    assert "title: Engineer" in shown[8]
    assert '"display_name":"Zoë"' in shown[9]
    assert shown[9].strip().endswith("412")
    assert shown[10].strip().startswith("404")
    assert '"ou_path":"/Labs/Night"' in shown[10]
    assert "dn: uid=zoe,ou=Night,ou=Labs,ou=people,o=delta" in shown[11]


@pytest.mark.native_only
def test_the_provisioning_test_for_okta_works_as_pasted(running: Dev) -> None:
    """Found nowhere, created, in a pushed group, deactivated: and then no bind works."""
    provider, searched, made, joined, deactivated, bound = _pasted("docs/how-to/okta.md", running)
    assert provider.startswith("idp_")
    assert '"totalResults":0' in searched
    assert made.strip().startswith("usr_")
    assert joined.strip().startswith("204")
    assert '"display":"Night crew"' in joined
    assert '"active":false' in deactivated
    assert '"externalId":"00ujl29u0le5T6Aj10h7"' in deactivated
    assert "Invalid credentials" in bound


@pytest.mark.native_only
def test_the_provisioning_test_for_entra_id_works_as_pasted(running: Dev) -> None:
    """The connection test, a user that REST shows, disabled in the older form, deleted."""
    provider, searched, made, shown, disabled, deleted = _pasted("docs/how-to/entra-id.md", running)
    assert provider.startswith("idp_")
    assert '"totalResults":0' in searched
    assert '"formatted":"Mia Chen"' in made
    assert '"active":true' in made
    assert '"identity_source":"SCIM"' in shown
    assert '"active":false' in disabled
    assert deleted.strip() == "204"


@pytest.mark.parametrize("page", list(Page))
def test_generated_pages_are_up_to_date(page: Page) -> None:
    """The reference says what the code does: `gateway reference` writes the same page."""
    written = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
    generated = CliRunner().invoke(app, ["reference", page])
    assert generated.exit_code == 0
    assert generated.stdout == written, f"gateway reference {page} > docs/reference/{page}.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that is there."""
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_paths_that_the_readme_names_are_there() -> None:
    """The table of what to touch sends nobody to a file that was renamed."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:gateway|adapters|mappings|docker|tests)/[^`\s]*)`", text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
