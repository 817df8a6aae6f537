"""Whether AppArmor (Ubuntu) confines a program to the folders of its package."""

from pathlib import Path

_PROFILES = Path("/sys/kernel/security/apparmor/profiles")
_ENABLED = Path("/sys/module/apparmor/parameters/enabled")
_POLICIES = Path("/etc/apparmor.d")


def confines(
    binary: Path,
    *,
    profiles: Path = _PROFILES,
    enabled: Path = _ENABLED,
    policies: Path = _POLICIES,
) -> bool:
    """Say whether the kernel has a profile that is enforced for a program.

    The kernel's own list counts. Only root may read it on many systems: for others the
    policy file of the program's package counts, where AppArmor is switched on.
    """
    try:
        listed = profiles.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    except OSError:
        name = str(binary).strip("/").replace("/", ".")
        return _switched_on(enabled) and (policies / name).exists()
    return any(_enforced(line, binary) for line in listed)


def _enforced(line: str, binary: Path) -> bool:
    """Read one line, `/usr/sbin/slapd (enforce)`; profiles may also have the bare name."""
    name, _, mode = line.rpartition(" ")
    return name in (str(binary), binary.name) and mode not in ("(complain)", "(unconfined)")


def _switched_on(enabled: Path) -> bool:
    try:
        return enabled.read_text(encoding="utf-8").startswith("Y")
    except OSError:
        return False
