"""Processes that make one call of the directory's ports and are killed before their n-th write.

Run as a module it reads orders, a JSON document a line: `settings` of the directory, `tenant`
(id or null), `call` (a path such as `users.retire`), `arguments`, `die_before`. Each is carried
out by a process of its own, whose exit code it prints: -9 for one that was killed, 0 for one
whose call needed fewer writes.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import Layout, LdapSettings
from adapters.ldap.values import Entry
from mappings.loader import load


class MortalClient(LdapClient):
    """Kills the process instead of sending a certain write."""

    def __init__(self, settings: LdapSettings, die_before: int) -> None:
        super().__init__(settings)
        self._left = die_before

    async def add(self, *args: Any, **kwargs: Any) -> Entry:
        """As the client's."""
        self._live_on()
        return await super().add(*args, **kwargs)

    async def modify(self, *args: Any, **kwargs: Any) -> Entry:
        """As the client's."""
        self._live_on()
        return await super().modify(*args, **kwargs)

    async def modify_between(self, *args: Any, **kwargs: Any) -> tuple[Entry | None, Entry | None]:
        """As the client's."""
        self._live_on()
        return await super().modify_between(*args, **kwargs)

    async def modify_dn(self, *args: Any, **kwargs: Any) -> Entry:
        """As the client's."""
        self._live_on()
        return await super().modify_dn(*args, **kwargs)

    async def delete(self, *args: Any, **kwargs: Any) -> None:
        """As the client's."""
        self._live_on()
        await super().delete(*args, **kwargs)

    def _live_on(self) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(order: dict[str, Any]) -> None:
    """Make the call."""
    settings = LdapSettings.model_validate(order["settings"])
    mappings = load(settings.mapping)
    client = MortalClient(settings, order["die_before"])
    directory = LdapDirectory(
        client, mappings, Layout(settings, mappings), lambda: datetime.now(UTC)
    )
    owner = await directory.tenant(order["tenant"]) if order["tenant"] else directory
    await attrgetter(order["call"])(owner)(*order["arguments"])
    await client.close()


def carried_out(line: str) -> int:
    """Let a new process carry out an order, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        asyncio.run(main(json.loads(line)))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    for order in sys.stdin:
        sys.stdout.write(f"{carried_out(order)}\n")
        sys.stdout.flush()
