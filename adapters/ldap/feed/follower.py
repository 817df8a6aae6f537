"""Follows a directory for as long as anybody listens, over any number of connections."""

import asyncio
import random
import threading
from collections.abc import AsyncGenerator, Sequence

from adapters.ldap.client import LdapClient, open_session
from adapters.ldap.dn import Dn
from adapters.ldap.errors import LdapError
from adapters.ldap.feed.cookie import Csns
from adapters.ldap.feed.events import Event, Lost, Refreshed
from adapters.ldap.feed.handover import ClosedError, Handover
from adapters.ldap.feed.line import CONTEXT, Followed, Line, Pace, context_of
from adapters.ldap.feed.phases import Phases
from adapters.ldap.filters import EVERYTHING
from adapters.ldap.pool import BrokenConnectionError, Deadline
from adapters.ldap.session import Session
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Scope

_QUEUE = 8  # batches between the thread and who listens

Events = Sequence[Event]


class Follower:
    """Tells every change of a directory, from where one was, and goes on after any loss."""

    def __init__(
        self, settings: LdapSettings, followed: Followed, pace: Pace | None = None
    ) -> None:
        self._settings = settings
        self._followed = followed
        self._pace = pace or Pace()

    async def events(self, cookie: bytes | None = None) -> AsyncGenerator[Events, None]:
        """What happens, some events at a time, without an end; to be closed (`aclosing`).

        With what the last `Cookie` held, all that has changed since; without, all entries at
        first.
        Events come in the order in which they have to be taken. Who takes them slowly slows
        the connection down, and who does not take any loses it, but never an event. Closing
        waits until the thread has ended, which is as long as connecting may take at most.

        Raises:
            Exception: what should not happen; no server can cause it.
        """
        handover: Handover[Events] = Handover(_QUEUE)
        run = _Run(self._settings, self._followed, self._pace, handover, Phases(cookie))
        thread = threading.Thread(target=run, name="ldap-feed", daemon=True)
        thread.start()
        try:
            while True:
                yield await handover.take()
        finally:
            handover.close()
            await asyncio.to_thread(thread.join)


class _Run:
    """What the thread does."""

    def __init__(
        self,
        settings: LdapSettings,
        followed: Followed,
        pace: Pace,
        handover: Handover[Events],
        phases: Phases,
    ) -> None:
        self._settings = settings
        self._followed = followed
        self._pace = pace
        self._handover = handover
        self._phases = phases
        self._failures = 0

    def __call__(self) -> None:
        try:
            while True:
                try:
                    self._connection()
                except (LdapError, BrokenConnectionError) as error:
                    self._handover.put([Lost(str(error))])
                self._handover.pause(self._pause())
        except ClosedError:
            return
        except BaseException as error:  # for who listens: nobody looks at a thread
            self._handover.fail(error)

    def _connection(self) -> None:
        settings = self._settings
        deadline = Deadline.after(settings.connect_timeout + settings.operation_timeout)
        self._failures += 1
        session = open_session(settings, deadline)
        try:
            line = Line(session, self._followed, self._pace)
            started = line.started(deadline)
            position = self._phases.position
            if position is not None and not line.vouches(position, started, deadline):
                reason = "the server does not show that it knows the last changes"
                self._tell([*self._phases.start_over(reason)], session)
            for events in line.events(self._phases, self._phases.begin(started)):
                if any(isinstance(event, Refreshed) for event in events):
                    self._failures = 0
                self._tell(events, session)
        finally:
            session.close()

    def _tell(self, events: Events, session: Session) -> None:
        """Hand events over; the connection does not outlast the patience with who listens."""
        if not events:
            self._handover.pause(0)
        elif not self._handover.put(events, self._pace.patience):
            session.close()
            self._handover.put(events)
            raise BrokenConnectionError("nobody took the changes in time")

    def _pause(self) -> float:
        pace = self._pace
        longest = min(pace.first_pause * 2.0 ** min(self._failures, 32), pace.longest_pause)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads attempts, hides nothing


async def context_csns(client: LdapClient, root: Dn) -> Csns:
    """How far the directory is, by itself: one cheap read. Raises LdapError."""
    found = await client.search(root, Scope.BASE, EVERYTHING, [CONTEXT])
    return context_of(found[0] if found else None)
