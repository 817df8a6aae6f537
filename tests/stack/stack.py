"""What tests know of the servers, whoever runs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A slapd with the gateway's configuration and tree, and a Redis; both for tests alone."""

    ldap_url: str
    suffix: str
    admin_dn: str
    admin_password: str
    service_dn: str
    service_password: str
    redis_url: str


class Provider(Protocol):
    """Runs the servers of one test session; its context ends them."""

    @contextmanager
    def run(self, folder: Path) -> Iterator[Stack]:
        """Start the servers, with what they keep in the folder, and end them afterwards."""
        ...
