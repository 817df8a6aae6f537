"""scim-sanity as its users run it, strict and with Entra ID's profile.

https://pypi.org/project/scim-sanity/
"""

import json
import subprocess
import sys

import pytest

from tests.compat.judges.exemptions import exempt
from tests.compat.site import Site

PROFILES = {
    "strict": ["--strict"],
    "entra": ["--strict", "--profile", "entra"],
    "entra-domain": ["--strict", "--profile", "entra", "--user-domain", "acme.example"],
}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_probe_fails_but_the_exempt(site: Site, profile: str) -> None:
    """Nothing fails, warns or is left out, other than what the documentation explains."""
    command = [sys.executable, "-m", "scim_sanity", "probe", f"{site.api.base_url}/scim/v2"]
    command += ["--token", site.token, "--json-output", "--i-accept-side-effects"]
    run = subprocess.run(
        [*command, *PROFILES[profile]], capture_output=True, text=True, timeout=120, check=False
    )
    assert not run.stderr, run.stderr
    results = json.loads(run.stdout)["results"]
    others = [result for result in results if result["status"] != "pass"]
    found = {(result["name"], result["status"].upper()) for result in others}
    assert found == exempt("scim-sanity"), others
    assert len(results) - len(others) >= 27
    assert site.users() == []
