"""A private Redis that keeps nothing on the disk, as the gateway needs nothing kept."""

from pathlib import Path

from gateway.devstack.processes import ChildProcess, exchange, find_binary


class RedisServer:
    """Redis on loopback; all it writes is its log in the state folder."""

    def __init__(self, state_dir: Path, port: int) -> None:
        self._port = port
        self._state_dir = state_dir.resolve()
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start it empty and return once it answers.

        Raises:
            DevStackError: Redis is not installed or does not start.
        """
        self._state_dir.mkdir(parents=True, exist_ok=True)
        binary = find_binary("redis-server", "redis-server")
        options = {
            "port": str(self._port),
            "bind": "127.0.0.1",
            "dir": str(self._state_dir),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        command = [
            binary,
            *(part for key, value in options.items() for part in (f"--{key}", value)),
        ]
        self._process = ChildProcess("Redis", command, log=self._state_dir / "redis.log")
        self._process.start(lambda: answers(self._port))

    def stop(self) -> None:
        """End it in order."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process:
            self._process.kill()


def answers(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether a Redis without password answers there. Raises OSError where nothing listens."""
    return exchange(port, b"PING\r\n", host=host).startswith(b"+PONG")
