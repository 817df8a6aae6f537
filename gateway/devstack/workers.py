"""The API's worker processes: they share one listening socket, and are replaced when they die."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
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
    """uvicorn processes on one socket, each in a session of its own so that Ctrl-C spares them.

    The kernel ends them when the thread that started them ends, however that came about.
    """

    def __init__(self, listener: socket.socket, environment: Mapping[str, str]) -> None:
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
                msg = f"The API does not start (status {worker.process.returncode}), see above"
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
        handle = self._listener.fileno()
        return subprocess.Popen(
            [
                *[find_binary("setpriv", "util-linux"), "--pdeathsig", "TERM"],
                *[sys.executable, "-m", "gateway.devstack.worker", str(handle)],
            ],
            stdin=subprocess.DEVNULL,
            env=self._environment,
            pass_fds=(handle,),
            start_new_session=True,
        )
