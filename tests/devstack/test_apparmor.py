"""What AppArmor confines, told from the kernel's list or the policy files."""

from pathlib import Path

import pytest

from gateway.devstack.apparmor import confines

SLAPD = Path("/usr/sbin/slapd")


@pytest.mark.parametrize(
    ("line", "confined"),
    [
        ("/usr/sbin/slapd (enforce)", True),
        ("slapd (enforce)", True),
        ("/usr/sbin/slapd (kill)", True),
        ("/usr/sbin/slapd (complain)", False),
        ("slapd (unconfined)", False),
        ("/usr/sbin/slapd//child (enforce)", False),
        ("/usr/sbin/sshd (enforce)", False),
    ],
)
def test_the_kernels_list_decides(tmp_path: Path, line: str, *, confined: bool) -> None:
    """An enforced profile of the program's path or name confines it; no other does."""
    profiles = tmp_path / "profiles"
    profiles.write_text(f"/usr/bin/man (enforce)\n{line}\n", encoding="utf-8")
    assert confines(SLAPD, profiles=profiles) is confined


def test_a_kernel_without_apparmor_confines_nothing(tmp_path: Path) -> None:
    """No list, no profile."""
    assert not confines(SLAPD, profiles=tmp_path / "absent")


@pytest.mark.parametrize(("enabled", "policy"), [("Y", True), ("Y", False), ("N", True)])
def test_a_list_that_is_not_readable_is_guessed_from_the_policy_files(
    tmp_path: Path, enabled: str, *, policy: bool
) -> None:
    """Not root: a policy file of the package counts where AppArmor is switched on."""
    unreadable = tmp_path / "profiles"
    unreadable.mkdir()  # reading it is an OSError, for root too
    switch = tmp_path / "enabled"
    switch.write_text(f"{enabled}\n", encoding="ascii")
    policies = tmp_path / "apparmor.d"
    policies.mkdir()
    if policy:
        (policies / "usr.sbin.slapd").touch()
    found = confines(SLAPD, profiles=unreadable, enabled=switch, policies=policies)
    assert found is (enabled == "Y" and policy)
