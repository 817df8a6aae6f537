"""slapd's offline tools, and the first fill of a folder by them.

The OpenLDAP image starts with this as well, so it needs nothing beyond the standard library.
"""

import secrets
import shutil
import subprocess
from pathlib import Path

from adapters.ldap import provision
from gateway.devstack.processes import DevStackError

_COMPLETE = "initialised"


def config_folder(folder: Path) -> Path:
    """Return where slapd's own configuration is (slapd -F)."""
    return folder / "slapd.d"


def initialise(
    binary: Path,
    folder: Path,
    site: provision.Site,
    *,
    admin_password: str,
    service_password: str,
    maxsize: int,
    nosync: bool = False,
    tls: provision.Tls | None = None,
) -> None:
    """Make configuration and tree in a folder, unless that was completed before.

    Raises:
        DevStackError: slapd refuses them.
    """
    complete = folder / _COMPLETE
    if complete.exists():
        return
    config, data = config_folder(folder), folder / "data"
    for each in (config, data):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir(mode=0o700)
    config_ldif = provision.config_ldif(
        site,
        admin_password_hash=hash_password(binary, admin_password),
        data_dir=data,
        run_dir=folder,
        maxsize=maxsize,
        nosync=nosync,
        tls=tls,
    )
    tree_ldif = provision.tree_ldif(
        site,
        service_password_hash=hash_password(binary, service_password),
        decoy_password_hash=hash_password(binary, secrets.token_urlsafe(32)),
    )
    for number, ldif in ((0, config_ldif), (1, tree_ldif)):
        run(binary, "-Tadd", "-n", str(number), "-F", str(config), stdin=ldif)
    complete.touch()


def hash_password(binary: Path, password: str) -> str:
    """Return a password as the server would store it."""
    module = f"-o module-path={provision.MODULE_PATH} -o module-load=argon2 -h {{ARGON2}} -n"
    return run(binary, "-Tpasswd", *module.split(), "-T", "/dev/stdin", stdin=password)


def run(binary: Path, *arguments: str, stdin: str) -> str:
    """Run one of slapd's tools, which are slapd itself called with -T; return what it prints.

    Raises:
        DevStackError: it failed; its own words are told.
    """
    done = subprocess.run(
        [binary, *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        msg = f"slapd {arguments[0]} ended with status {done.returncode}: {done.stderr.strip()}"
        raise DevStackError(msg)
    return done.stdout
