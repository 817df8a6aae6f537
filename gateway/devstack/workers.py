"""Processes of the gateway itself, which are replaced when they die: the API's, and the feed.

The API's share one listening socket.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.devstack.processes import DevStackError, find_binary

_HASTY = 2.0
"""Seconds that a worker must have lived, or its death counts as failing to start."""
_TRIES = 3


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)


class Workers:
    """Processes of one kind, each in a session of its own so that Ctrl-C spares them.

    The kernel ends them when the thread that started them ends, however that came about.

    Args:
        name: what they are, for a person.
        module: what Python runs, with its arguments.
        environment: of theirs, beside ours.
        listener: a socket that they share; the last argument is its number.
    """

    def __init__(
        self,
        name: str,
        module: Sequence[str],
        environment: Mapping[str, str],
        listener: socket.socket | None = None,
    ) -> None:
        self.name = name
        self._module = module
        self._listener = listener
        self._environment = {**os.environ, **environment}
        self._workers: list[_Worker] = []
        self._hasty = 0

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [worker.process.pid for worker in self._workers]

    def start(self, count: int) -> None:
        """Start that many."""
        self._workers += [_Worker(self._spawn()) for _ in range(count)]

    def replace_dead(self) -> list[int]:
        """Start a new one for each that ended; the process ids of those that ended.

        Raises:
            DevStackError: they end again and again right after their start.
        """
        dead = [worker for worker in self._workers if worker.process.poll() is not None]
        for worker in dead:
            lived = time.monotonic() - worker.started
            self._hasty = self._hasty + 1 if lived < _HASTY else 0
            if self._hasty >= _TRIES:
                status = worker.process.returncode
                msg = f"{self.name} does not start (status {status}), see above"
                raise DevStackError(msg)
            self._workers[self._workers.index(worker)] = _Worker(self._spawn())
        return [worker.process.pid for worker in dead]

    def stop(self, *, grace: float = 10) -> None:
        """End them in order: requests in flight are answered; after `grace` s by force."""
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        for worker in self._workers:
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        handles = () if self._listener is None else (self._listener.fileno(),)
        return subprocess.Popen(
            [
                *[find_binary("setpriv", "util-linux"), "--pdeathsig", "TERM"],
                *[sys.executable, "-m", *self._module, *map(str, handles)],
            ],
            stdin=subprocess.DEVNULL,
            env=self._environment,
            pass_fds=handles,
            start_new_session=True,
        )
