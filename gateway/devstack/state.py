"""What a state folder remembers between two starts: ports, passwords, what was made.

One `gateway dev` at a time works on a folder; a lock says so.
"""

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from gateway.devstack.processes import DevStackError

_NAME = "dev.json"
_OURS = ("slapd", "redis", "gateway.toml", "issuer.pem", _NAME)
"""What a folder holds; the last one goes last, since it proves that the others are ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevState:
    """What one folder remembers. Ports of 0 were not chosen yet.

    `sample` are the ids that tokens are made for, empty until the sample data is complete;
    `synthetic` is how many synthetic users were loaded.
    """

    slapd_port: int = 0
    redis_port: int = 0
    admin_password: str = ""
    service_password: str = ""
    sample: dict[str, str]
    synthetic: int = 0

    @property
    def secrets(self) -> tuple[str, str]:
        """The passwords, of the directory's administrator and of the gateway."""
        return self.admin_password, self.service_password


class StateFolder:
    """A folder that belongs to `gateway dev`: it holds all data of the private servers."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def configuration(self) -> Path:
        """The gateway's settings for these servers, for `GATEWAY_CONFIG`."""
        return self.path / "gateway.toml"

    @property
    def private_key(self) -> Path:
        """The key of the built-in token issuer."""
        return self.path / "issuer.pem"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other `gateway dev` out of the folder meanwhile.

        Raises:
            DevStackError: one is in it, or the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.path / "lock").open("w")
        except OSError as error:
            msg = f"The state folder cannot be used: {error}"
            raise DevStackError(msg) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                msg = f"Another gateway dev runs on {self.path}: end it, or choose a --state-dir"
                raise DevStackError(msg) from error
            yield

    def reset(self) -> None:
        """Remove what earlier runs have kept; what else is in the folder stays."""
        if not (self.path / _NAME).exists():
            return
        for item in (self.path / name for name in _OURS):
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item)
            else:
                item.unlink(missing_ok=True)

    def load(self) -> DevState:
        """What the folder remembers; new passwords where it is empty.

        Raises:
            DevStackError: the file cannot be read.
        """
        try:
            text = (self.path / _NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            state = DevState(
                admin_password=secrets.token_urlsafe(18),
                service_password=secrets.token_urlsafe(24),
                sample={},
            )
            self.save(state)
            return state
        try:
            known = {field.name for field in fields(DevState)}
            values = {key: value for key, value in json.loads(text).items() if key in known}
            return replace(DevState(sample={}), **values)
        except (ValueError, TypeError, AttributeError) as error:
            msg = f"{self.path / _NAME} cannot be read ({error}): start with --reset"
            raise DevStackError(msg) from error

    def save(self, state: DevState) -> None:
        """Keep the state."""
        write_atomically(self.path / _NAME, json.dumps(asdict(state), indent=2) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
