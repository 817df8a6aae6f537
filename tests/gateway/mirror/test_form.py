"""Who may read whose documents."""

import os
import subprocess
import sys
from dataclasses import replace

from gateway.mirror.form import form_of
from mappings.loader import load

_TELL = "from gateway.mirror.form import form_of; from mappings.loader import load; "


def test_processes_agree() -> None:
    """However each of them hashes texts, it comes to the same form."""
    said = {
        subprocess.run(
            [sys.executable, "-c", f"{_TELL}print(form_of(load('default')))"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
        for seed in ("1", "2")
    }
    assert said == {form_of(load("default"))}


def test_mappings_differ() -> None:
    """Another mapping, or one row that says something else, is another form."""
    default = load("default")
    phone = replace(default.user.fields["phone"], attribute="homePhone")
    user = replace(default.user, fields={**default.user.fields, "phone": phone})
    forms = {form_of(each) for each in (default, load("posix"), replace(default, user=user))}
    assert len(forms) == 3
