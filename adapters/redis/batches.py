"""Calls that are made at about the same time, sent to a server together.

redis-py spends a multiple of what the server does on each exchange, and little more on one of
several commands. So while one exchange is under way, the calls for the next one gather.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

Command = Sequence[str | int | bytes]
Send = Callable[[Sequence[Command]], Awaitable[Sequence[Any]]]
"""Sends commands and gives the answer of each; one that was refused has an exception as it."""

_MOST: Final = 50
"""So many commands are sent together: the last one waits for the first."""

_UNDER_WAY: Final = 4
"""So many exchanges at a time: beside one that takes the server longer, others go on."""


class Batches:
    """Commands of one client to one server."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[tuple[Command, asyncio.Future[Any]]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, command: Command) -> Any:
        """The answer to a command; an exception as such where it was refused.

        Raises:
            Exception: what `send` raised.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if len(self._under_way) < _UNDER_WAY and len(self._waiting) == 1:
            self._begin()
        return await answer

    async def close(self) -> None:
        """Give up what is under way."""
        for exchange in self._under_way:
            exchange.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for _, answer in self._waiting:
            answer.cancel()

    def _begin(self) -> None:
        exchange = asyncio.create_task(self._exchange())
        self._under_way.add(exchange)
        exchange.add_done_callback(self._ended)

    async def _exchange(self) -> None:
        """Whoever called until this task began is in it."""
        some = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        some = [(command, answer) for command, answer in some if not answer.done()]
        if not some:
            return
        try:
            answers = await self._send([command for command, _ in some])
        except asyncio.CancelledError:
            for _, answer in some:
                answer.cancel()
            raise
        except Exception as error:
            for _, answer in (*some, *self._waiting):  # whoever waits would be told the same, later
                if not answer.done():
                    answer.set_exception(error)
            self._waiting.clear()
            return
        for (_, answer), said in zip(some, answers, strict=True):
            if not answer.done():  # else nobody waits any more
                answer.set_result(said)

    def _ended(self, exchange: asyncio.Task[None]) -> None:
        self._under_way.discard(exchange)
        if self._waiting and not exchange.cancelled():
            self._begin()
