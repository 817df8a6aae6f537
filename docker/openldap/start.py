"""First process of the OpenLDAP image: makes the directory if there is none, becomes slapd.

Environment, each also with _FILE naming a file that holds the value:

LDAP_SUFFIX            the root entry; default dc=example,dc=org
LDAP_ADMIN_PASSWORD    password of cn=admin,<suffix>; if not given, one is made and kept in
                       /var/lib/directory/admin_password
LDAP_SERVICE_PASSWORD  password of cn=gateway,ou=services,<suffix>; the same, service_password
LDAP_MAXSIZE           the most bytes the database may take; default 64 GiB, sparse
LDAP_NOSYNC            1: leave syncing to the system; for tests
LDAP_SHARED_DIR        a folder to share with the gateway: its password and the certificate
                       of the authority to trust are left there
LDAP_TLS_CERT_FILE     certificate and chain, PEM; if not given, one is made
LDAP_TLS_KEY_FILE      its key, PEM
LDAP_TLS_NAMES         names in a certificate made here; default openldap,localhost

All but LDAP_SHARED_DIR counts at the first start, with the data folder still empty.
"""

import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

from adapters.ldap.provision import Site, Tls
from gateway.devstack.processes import DevStackError
from gateway.devstack.slaptools import config_folder, initialise

FOLDER = Path("/var/lib/directory")
SLAPD = Path("/usr/sbin/slapd")
LISTEN = "ldap://:1389/ ldaps://:1636/ ldapi://%2Frun%2Fdirectory%2Fldapi"
CERTIFY = shlex.split(
    "openssl req -x509 -nodes -days 3650 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
    " -addext keyUsage=critical,digitalSignature,keyCertSign"
)


def setting(name: str, default: str = "") -> str:
    """Return a value from the environment or from the file that it names."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(name, default)


def admin_password() -> str:
    """Return the administrator's password, made and kept if none is given."""
    return setting("LDAP_ADMIN_PASSWORD") or kept(FOLDER / "admin_password")


def service_password() -> str:
    """Return the password that the gateway's account got at the first start."""
    return kept(FOLDER / "service_password", setting("LDAP_SERVICE_PASSWORD"))


def kept(path: Path, first: str = "") -> str:
    """Return what a file keeps; where there is none yet, `first` or a new secret."""
    if not path.exists():
        write(path, first or secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def write(path: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.rename(path)


def certificate() -> Tls:
    """Return the certificate that was given, or one made here."""
    given = os.environ.get("LDAP_TLS_CERT_FILE"), os.environ.get("LDAP_TLS_KEY_FILE")
    if given[0] and given[1]:
        return Tls(certificate=Path(given[0]), key=Path(given[1]))
    tls = Tls(certificate=FOLDER / "tls.crt", key=FOLDER / "tls.key")
    if not tls.certificate.exists():
        names = setting("LDAP_TLS_NAMES", "openldap,localhost").split(",")
        alternatives = ",".join([*(f"DNS:{name.strip()}" for name in names), "IP:127.0.0.1"])
        command = [*CERTIFY, "-subj", f"/CN={names[0].strip()}"]
        command += ["-addext", f"subjectAltName={alternatives}"]
        draft = tls.certificate.with_suffix(".new")
        command += ["-keyout", str(tls.key), "-out", str(draft)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fixed program
        draft.rename(tls.certificate)
    return tls


def main() -> None:
    """Make what is missing, then become slapd."""
    tls = certificate()
    for_gateway = service_password()
    initialise(
        SLAPD,
        FOLDER,
        Site(suffix=setting("LDAP_SUFFIX", "dc=example,dc=org")),
        admin_password=admin_password(),
        service_password=for_gateway,
        maxsize=int(setting("LDAP_MAXSIZE", str(64 * 2**30))),
        nosync=setting("LDAP_NOSYNC") == "1",
        tls=tls,
    )
    shared = os.environ.get("LDAP_SHARED_DIR")
    if shared:
        write(Path(shared, "ldap_service_password"), for_gateway)
        write(Path(shared, "ldap_ca.crt"), tls.certificate.read_text(encoding="ascii"))
    arguments = ["-d", "0", "-F", str(config_folder(FOLDER)), "-h", LISTEN]
    os.execv(SLAPD, [str(SLAPD), *arguments])  # noqa: S606 - what this program is for


if __name__ == "__main__":
    try:
        main()
    except (DevStackError, OSError, ValueError, subprocess.SubprocessError) as error:
        sys.exit(f"The directory cannot be started: {error}")
