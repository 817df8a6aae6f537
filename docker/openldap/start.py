"""First process of the OpenLDAP image: makes the directory if there is none, becomes slapd.

Environment, each also with _FILE naming a file that holds the value:

LDAP_SUFFIX            the root entry; default dc=example,dc=org
LDAP_ADMIN_PASSWORD    password of cn=admin,<suffix>
LDAP_SERVICE_PASSWORD  password of cn=gateway,ou=services,<suffix>
LDAP_MAXSIZE           the most bytes the database may take; default 64 GiB, sparse
LDAP_NOSYNC            1: leave syncing to the system; for tests
LDAP_SHARED_DIR        a folder to share with the gateway: passwords that were not given
                       are made and left there, and a certificate, if none was given
LDAP_TLS_CERT_FILE     certificate and chain, PEM
LDAP_TLS_KEY_FILE      its key, PEM
LDAP_TLS_NAMES         names in a certificate made here; default openldap,localhost

Passwords and certificate count at the first start, with the data folder still empty.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from adapters.ldap.provision import Site, Tls
from gateway.devstack.processes import DevStackError
from gateway.devstack.slaptools import config_folder, initialise

FOLDER = Path("/var/lib/directory")
SLAPD = Path("/usr/sbin/slapd")
LISTEN = "ldap://:1389/ ldapi://%2Frun%2Fdirectory%2Fldapi"
LISTEN_TLS = "ldaps://:1636/"
TEN_YEARS = "3650"


def setting(name: str, default: str = "") -> str:
    """Return a value from the environment or from the file that it names."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(name, default)


def password(name: str, shared: Path | None) -> str:
    """Return a password that was given, or else one that is kept in the shared folder."""
    given = setting(name)
    if given:
        return given
    if shared is None:
        msg = f"Set {name} or {name}_FILE, or LDAP_SHARED_DIR to have a password made"
        raise DevStackError(msg)
    kept = shared / name.lower()
    if not kept.exists():
        write(kept, secrets.token_urlsafe(24))
    return kept.read_text(encoding="utf-8").strip()


def write(path: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.rename(path)


def certificate(shared: Path | None) -> Tls | None:
    """Return the certificate that was given, or one made here for the shared folder."""
    given = os.environ.get("LDAP_TLS_CERT_FILE"), os.environ.get("LDAP_TLS_KEY_FILE")
    if given[0] and given[1]:
        return Tls(certificate=Path(given[0]), key=Path(given[1]))
    if shared is None:
        return None
    tls = Tls(certificate=FOLDER / "tls.crt", key=FOLDER / "tls.key")
    if not tls.certificate.exists():
        names = setting("LDAP_TLS_NAMES", "openldap,localhost").split(",")
        alternatives = ",".join([*(f"DNS:{name.strip()}" for name in names), "IP:127.0.0.1"])
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]
        command += ["-nodes", "-days", TEN_YEARS, "-subj", f"/CN={names[0].strip()}"]
        command += ["-addext", f"subjectAltName={alternatives}"]
        command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
        draft = tls.certificate.with_suffix(".new")
        command += ["-keyout", str(tls.key), "-out", str(draft)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fixed program
        draft.rename(tls.certificate)
    write(shared / "ldap_ca.crt", tls.certificate.read_text(encoding="ascii"))
    return tls


def main() -> None:
    """Make what is missing, then become slapd."""
    folder = os.environ.get("LDAP_SHARED_DIR")
    shared = Path(folder) if folder else None
    tls = certificate(shared)
    initialise(
        SLAPD,
        FOLDER,
        Site(suffix=setting("LDAP_SUFFIX", "dc=example,dc=org")),
        admin_password=password("LDAP_ADMIN_PASSWORD", shared),
        service_password=password("LDAP_SERVICE_PASSWORD", shared),
        maxsize=int(setting("LDAP_MAXSIZE", str(64 * 2**30))),
        nosync=setting("LDAP_NOSYNC") == "1",
        tls=tls,
    )
    listen = f"{LISTEN} {LISTEN_TLS}" if tls else LISTEN
    arguments = ["-d", "0", "-F", str(config_folder(FOLDER)), "-h", listen]
    os.execv(SLAPD, [str(SLAPD), *arguments])  # noqa: S606 - what this program is for


if __name__ == "__main__":
    try:
        main()
    except (DevStackError, OSError, ValueError, subprocess.SubprocessError) as error:
        sys.exit(f"The directory cannot be started: {error}")
