"""Writers and readers who do not stop while something breaks, and look at every answer."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import httpx

from gateway.ports.truth import STALENESS
from tests.faults.actors import Reader, Scene, ToolWriter, Writer
from tests.faults.history import History
from tests.faults.mirrored import Worker, World
from tests.faults.questions import every_question
from tests.stack.native import SUFFIX
from tests.stack.waiting import eventually

_log = logging.getLogger(__name__)
_MARGIN = 0.1
"""Seconds that an LDAP tool's change may take longer to be seen than is promised."""


class Strain(Scene):
    """Two tenants, one written through the gateway and one by LDAP tools, both read all along."""

    @contextmanager
    def breaking(self, fault: str) -> Iterator[None]:
        """Let them write and read within the block; all that was answered must be right.

        Afterwards all is answered by the mirror, which is equal to the directory.
        """
        self.fault = fault
        self.over.clear()
        self.answers.clear()
        writers = [Writer(self, 0), ToolWriter(self, 1)]
        works = [each.run for each in writers]
        works += [Reader(self, number).run for number in range(len(self.clients))]
        threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            self.goes_on(2)
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self._all_right()
        assert set(self.answers) <= {"200", "503", "404", "none"}, self.answers
        tenants = [history.tenant_id for history in self.histories]
        eventually(lambda: self.world.differences(tenants) == [], seconds=10)
        eventually(self._all_mirrored, seconds=10)

    def goes_on(self, steps: int = 4, *, seconds: float = 30) -> None:
        """Wait until each writer has done some more steps, and some more was read."""
        writes, reads = list(self.steps), self.answers["200"]

        def gone_on() -> bool:
            written = all(now >= was + steps for was, now in zip(writes, self.steps, strict=True))
            return bool(self.wrong) or (written and self.answers["200"] >= reads + 10 * steps)

        eventually(gone_on, seconds=seconds)
        self._all_right()

    def recovers(self, steps: int = 4, *, seconds: float = 15) -> None:
        """Wait until all workers answer from the mirror again, and then for some more steps."""
        began = time.monotonic()
        self._fast(seconds)
        _log.info("%s: fast again after %.2f s", self.fault, time.monotonic() - began)
        if (left := began + STALENESS.total_seconds() - time.monotonic()) > 0:
            self.over.wait(left)  # what was believed before does not count
            self._fast(seconds)
        self.goes_on(steps)

    def _fast(self, seconds: float) -> None:
        before = [_mirrored(worker) for worker in self.world.workers]

        def fast() -> bool:
            counts = [_mirrored(worker) for worker in self.world.workers]
            rose = all(now >= was + 5 for was, now in zip(before, counts, strict=True))
            return bool(self.wrong) or (rose and self.world.live())

        eventually(fast, seconds=seconds)

    def _all_right(self) -> None:
        assert not self.wrong, self.wrong[:3]

    def _guarded(self, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as error:
            self.wrong.append(repr(error))
            self.over.set()
            raise

    def _all_mirrored(self) -> bool:
        """Ask all that there is; whether the directory had no part in the answers."""
        alone = True
        for number, worker in enumerate(self.world.workers):
            before = worker.figures().direct
            reader = Reader(self, number)
            for history in self.histories:
                for question in every_question(history):
                    reader.ask(history, question)
            alone = alone and worker.figures().direct == before
        self._all_right()
        return alone


def _mirrored(worker: Worker) -> float:
    try:
        return worker.figures().mirrored
    except httpx.HTTPError:
        return -1.0


@contextmanager
def strain(world: World) -> Iterator[Strain]:
    """Two new tenants with some users, of each writer one; closed after the block."""
    under = Strain(world)
    with ExitStack() as ends:
        for client in under.clients:
            ends.callback(client.close)
        for allowance in (0.0, STALENESS.total_seconds() + _MARGIN):
            under.histories.append(new_history(under.clients[0], allowance))
        for writer in (Writer(under, 0), ToolWriter(under, 1)):
            for _ in range(8):
                writer.step(writer.added())
        yield under


class Pairs:
    """Makes strains over one world; one serves for many faults, until something is wrong."""

    def __init__(self, world: World, ends: ExitStack) -> None:
        self._world = world
        self._ends = ends
        self._last: Strain | None = None

    def usable(self) -> Strain:
        """One that was right so far."""
        if self._last is None or self._last.wrong:
            self._last = self._ends.enter_context(strain(self._world))
        return self._last


def new_history(client: httpx.Client, allowance: float) -> History:
    """A new tenant with three groups."""
    slug = f"t-{uuid4().hex[:12]}"
    made = client.post("/api/v1/admin/tenants/", json={"slug": slug})
    tenant_id = _data(made)["id"]
    token = client.post("/api/v1/admin/scim-tokens/", json={"tenant_id": tenant_id, "name": "t"})
    headers = {"Authorization": f"Bearer {_data(token)['token']}"}
    history = History(tenant_id, f"o={slug},ou=tenants,{SUFFIX}", headers, allowance)
    for name in ("one", "two"):
        group = client.post("/api/v1/admin/groups/", json={"tenant_id": tenant_id, "name": name})
        history.groups[name] = _data(group)["id"]
    return history


def _data(answer: httpx.Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]
