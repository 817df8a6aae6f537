"""A private slapd with the gateway's schema, configuration and tree."""

import shutil
import subprocess
from pathlib import Path

from adapters.ldap.ldif import parse
from adapters.ldap.provision import Site
from gateway.devstack import slaptools
from gateway.devstack.apparmor import confines
from gateway.devstack.processes import ChildProcess, DevStackError, exchange, find_binary

_PACKAGES = "slapd ldap-utils"
# An anonymous simple bind (RFC 4511, 4.2), the smallest thing that every server answers.
_BIND_REQUEST = bytes.fromhex("300c020101600702010304008000")
_BIND_RESPONSE_TAG = 0x61


class SlapdServer:
    """slapd on loopback; all it keeps is in the state folder.

    The first start makes configuration and tree with the passwords given here; later
    ones find them, with the passwords of the first.
    """

    def __init__(
        self,
        state_dir: Path,
        port: int,
        suffix: str,
        admin_password: str,
        service_password: str,
        *,
        nosync: bool = False,
        maxsize: int = 64 * 2**30,
    ) -> None:
        self._state_dir = state_dir.resolve()
        self._port = port
        self._admin_password = admin_password
        self._service_password = service_password
        self._nosync = nosync
        self._maxsize = maxsize
        self._process: ChildProcess | None = None
        self.site = Site(suffix=suffix)

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"ldap://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start it, initialise it if that was never completed, return once it answers.

        Raises:
            DevStackError: slapd is not installed, may not run here, or does not start.
        """
        self._state_dir.mkdir(parents=True, exist_ok=True)
        binary = self._binary()
        slaptools.initialise(
            binary,
            self._state_dir,
            self.site,
            admin_password=self._admin_password,
            service_password=self._service_password,
            maxsize=self._maxsize,
            nosync=self._nosync,
        )
        command = [str(binary), "-d", "0", "-F", str(self._config), "-h", f"{self.url}/"]
        self._process = ChildProcess("slapd", command, log=self._state_dir / "slapd.log")
        self._process.start(lambda: answers(self._port))

    def stop(self) -> None:
        """End it in order."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process:
            self._process.kill()

    def load(self, ldif: Path) -> None:
        """Add the entries of an LDIF file to the stopped server, fast; none may be there yet.

        Overlays do not see them: what must be unique has to be so in the file.

        Raises:
            DevStackError: the file is no LDIF, or an entry is refused.
        """
        arguments = ("-q", "-w", "-n", "1", "-F", str(self._config), "-l", str(ldif))
        slaptools.run(self._binary(), "-Tadd", *arguments, stdin="")

    def hashed(self, password: str) -> str:
        """A password as the server would store it."""
        return slaptools.hash_password(self._binary(), password)

    def names(self, filter_: str) -> set[str]:
        """The DNs of the entries of the stopped server that match a filter (RFC 4515)."""
        arguments = ("-n", "1", "-F", str(self._config), "-o", "ldif-wrap=no", "-a", filter_)
        ldif = slaptools.run(self._binary(), "-Tcat", *arguments, stdin="")
        return {record.dn for record in parse(ldif)}

    @property
    def _config(self) -> Path:
        return slaptools.config_folder(self._state_dir)

    def _binary(self) -> Path:
        """Return slapd, or a copy of it where AppArmor keeps slapd out of this folder."""
        system = Path(find_binary("slapd", _PACKAGES)).resolve()
        if not confines(system):
            return system
        private = self._state_dir / "bin" / "slapd"
        private.parent.mkdir(exist_ok=True)
        shutil.copy2(system, private)
        try:
            subprocess.run([private, "-VV"], capture_output=True, check=True, timeout=10)
        except (OSError, subprocess.SubprocessError) as error:
            msg = (
                f"AppArmor keeps {system} out of {self._state_dir} and a copy of it does not run "
                f"there ({error}): choose a --state-dir on a file system that allows programs"
            )
            raise DevStackError(msg) from error
        return private


def answers(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether an LDAP server answers there. Raises OSError where nothing listens."""
    answer = exchange(port, _BIND_REQUEST, host=host)
    return len(answer) > 5 and answer[5] == _BIND_RESPONSE_TAG
