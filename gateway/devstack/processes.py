"""A server process that belongs to this one: waited for, ended, never left behind."""

import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_LOOPBACK = "127.0.0.1"
_LOG_TAIL = 2000


class DevStackError(Exception):
    """A server cannot be run here; the message is one sentence for the person at the screen."""


class ChildProcess:
    """One server process with a log file of its own.

    It runs in a session of its own, so that Ctrl-C reaches its parent alone, which ends
    it in order; and the kernel sends it SIGTERM when the thread that started it ends,
    however that came about. So start it from a thread that lives as long as it shall.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id.

        Raises:
            DevStackError: it was never started.
        """
        if self._process is None:
            msg = f"{self.name} is not started"
            raise DevStackError(msg)
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, answers: Callable[[], bool], *, seconds: float = 20) -> None:
        """Start it and return once it answers.

        Args:
            answers: asks the server something; False or OSError mean not yet.
            seconds: how long it may take.

        Raises:
            DevStackError: it ended or did not answer in time; the end of its log is told.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [find_binary("setpriv", "util-linux"), "--pdeathsig", "TERM", *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not _true(answers):
            if not self.running:
                msg = f"{self.name} ended with status {self._process.returncode}: {self._tail()}"
                raise DevStackError(msg)
            if time.monotonic() > deadline:
                self.kill()
                msg = f"{self.name} did not answer within {seconds:g} s: {self._tail()}"
                raise DevStackError(msg)
            time.sleep(0.02)

    def stop(self, *, grace: float = 10) -> None:
        """End it in order (SIGTERM), after `grace` seconds by force; nothing if not running."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _tail(self) -> str:
        text = self._log.read_text(encoding="utf-8", errors="replace").strip()
        return text[-_LOG_TAIL:] or "its log is empty"


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on.

    Taken from below the range that the kernel gives to outgoing connections, so that no
    such connection takes it before the server does.

    Raises:
        DevStackError: none was found.
    """
    for _ in range(100):
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as probe:
            try:
                probe.bind((_LOOPBACK, port))
            except OSError:
                continue
        return port
    msg = "No free TCP port on loopback was found between 20000 and 32000"
    raise DevStackError(msg)


def find_binary(name: str, package: str) -> str:
    """Return the path of a program, also where PATH has no sbin folders.

    Raises:
        DevStackError: it is not installed; names the Debian package that brings it.
    """
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        msg = f"{name} is not installed: apt-get install {package} (Debian, Ubuntu)"
        raise DevStackError(msg)
    return found


def exchange(port: int, request: bytes, *, host: str = _LOOPBACK) -> bytes:
    """Send a request to a port and return the first bytes of the answer."""
    with socket.create_connection((host, port), timeout=1) as connection:
        connection.sendall(request)
        return connection.recv(256)


def _true(answers: Callable[[], bool]) -> bool:
    try:
        return answers()
    except OSError:
        return False
