"""An import as a whole: several rows at once, each remembered, resumable after any end."""

import asyncio
from collections.abc import Callable, Iterator

from gateway.cli.bulk.importing import Importer, Outcome, Result
from gateway.cli.bulk.journal import Journal, Progress, State
from gateway.cli.bulk.rows import Row


class ImportRun:
    """Works through the rows of a file; `journal` is None for a dry run.

    `advance` is called once a row, also for those that an earlier run has done.
    """

    def __init__(
        self, importer: Importer, journal: Journal | None, jobs: int, advance: Callable[[], None]
    ) -> None:
        self._importer = importer
        self._journal = journal
        self._jobs = jobs
        self._advance = advance
        self._earlier = journal.read() if journal else Progress()
        self._queue: asyncio.Queue[Row | None] = asyncio.Queue(maxsize=2 * jobs)
        self._results: list[Result] = []

    async def finish(self, rows: Iterator[Row]) -> list[Result]:
        """What became of each row that was left to do.

        Raises:
            Unavailable: a server does not answer; a further run goes on here.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feed(rows))
                for _ in range(self._jobs):
                    group.create_task(self._take())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            if self._journal:
                self._journal.close()
        if self._journal and all(r.outcome is not Outcome.FAILED for r in self._results):
            self._journal.forget()
        return sorted(self._results, key=lambda result: result.row)

    async def _feed(self, rows: Iterator[Row]) -> None:
        for row in rows:
            if row.number in self._earlier.done:
                self._advance()
            else:
                await self._queue.put(row)
        for _ in range(self._jobs):
            await self._queue.put(None)

    async def _take(self) -> None:
        while (row := await self._queue.get()) is not None:
            self._remember(row, State.BEGUN)
            result = await self._importer.take(row, begun=row.number in self._earlier.begun)
            failed = result.outcome is Outcome.FAILED
            self._remember(row, State.FAILED if failed else State.DONE)
            self._results.append(result)
            self._advance()

    def _remember(self, row: Row, state: State) -> None:
        if self._journal:
            self._journal.add(row.number, state)
