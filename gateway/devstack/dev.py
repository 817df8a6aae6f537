"""The supervisor of `gateway dev`: starts the servers in order, watches them, ends them all.

Owns what is started when, and that nothing outlives it. What a person sees on the screen is
the command's affair, told through `Screen`.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import httpx

from gateway.config import Settings, load_settings
from gateway.devstack import configuration, content
from gateway.devstack.processes import DevStackError, free_port
from gateway.devstack.ready import Facts, Pids
from gateway.devstack.redis import RedisServer
from gateway.devstack.slapd import SlapdServer
from gateway.devstack.state import DevState, StateFolder
from gateway.devstack.workers import Workers
from gateway.domain.errors import Unavailable
from gateway.feeding import open_feeding

_POLL = 0.2
"""Seconds between two looks at the processes."""
_START = 60
"""Seconds that the API may take to answer."""
_REFRESH = 60
"""Seconds that the mirror may take to be complete; then it is not waited for."""
_BACKLOG = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says; port 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    state_dir: Path = Path(".state")
    users: int = 0
    reset: bool = False
    ready_file: Path | None = None


class Screen(Protocol):
    """Who is told how it goes."""

    def doing(self, what: str) -> None:
        """The next step begins."""
        ...

    def ready(self, facts: Facts, settings: Path) -> None:
        """Everything answers; `settings` is the file for other commands."""
        ...

    def trouble(self, what: str) -> None:
        """Something ended that should not have."""
        ...


class _Ended(BaseException):
    """A person or a script asked for the end."""


class _End:
    """Whether the end was asked for.

    A signal raises `_Ended` wherever the program is. Python may swallow that (in a finalizer,
    say), so whoever waits or takes a next step also asks `check`.
    """

    def __init__(self) -> None:
        self._asked = False
        self.under_way = False

    def ask(self, *_: object) -> None:
        """Handle a signal; once the end is under way, nothing interrupts it."""
        self._asked = True
        if not self.under_way:
            raise _Ended

    def check(self) -> None:
        """Raise `_Ended` if it was asked for."""
        if self._asked:
            raise _Ended


def run(options: Options, screen: Screen) -> None:
    """Run the whole stack until SIGINT, SIGTERM or SIGHUP; then end all of it, in order.

    Raises:
        DevStackError: something cannot be started; what was started is ended.
    """
    with _until_asked() as end, ExitStack() as ends:
        try:
            _run(options, screen, end, ends)
        except DevStackError:
            end.check()  # Ctrl-C also reaches slapd's tools, whose failure is no news then
            raise
        finally:
            end.under_way = True


def _run(options: Options, screen: Screen, end: _End, ends: ExitStack) -> None:
    def step(what: str) -> None:
        end.check()
        screen.doing(what)

    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)
    folder = StateFolder(options.state_dir)
    ends.enter_context(folder.locked())
    if options.reset:
        folder.reset()
    listener = ends.enter_context(_listener(options.host, options.port))
    state = _with_ports(folder)
    step("Starting Redis and slapd")
    redis = RedisServer(folder.path / "redis", state.redis_port)
    slapd = SlapdServer(
        folder.path / "slapd",
        state.slapd_port,
        configuration.SUFFIX,
        state.admin_password,
        state.service_password,
    )
    for server in (redis, slapd):
        ends.callback(server.stop)
        server.start()
    url = _base_url(listener)
    file = configuration.write(folder, slapd, state.service_password, redis, url)
    configuration.shield()
    settings = load_settings(file)
    named = {"GATEWAY_CONFIG": str(file)}
    workers = Workers("The API", ("gateway.devstack.worker",), named, listener)
    feed = Workers("The feed", ("gateway", "feed"), named)
    for each in (feed, workers):
        ends.callback(each.stop)
    workers.start(options.workers)  # they need a while, and ask the directory nothing yet
    state = content.fill(settings, folder, state, slapd, options.users, step)
    feed.start(1 if settings.mirror.enabled else 0)
    step("Waiting for the API")
    _wait_until_ready(url, workers, end)
    if feed.pids:
        step("Waiting for the mirror")
        if not _wait_until_live(settings, feed, end):
            screen.trouble("The mirror is not complete yet: reads come from the directory")
    pids = _pids(Pids(slapd=slapd.pid, redis=redis.pid, api=[]), workers, feed)
    facts = asyncio.run(content.facts(settings, state, slapd, redis, pids))
    screen.ready(facts, file)
    if options.ready_file:
        ends.callback(options.ready_file.unlink, missing_ok=True)
        facts.write(options.ready_file)
    _watch(options, facts, (workers, feed), {"Redis": redis, "slapd": slapd}, screen, end)


@contextmanager
def _until_asked() -> Iterator[_End]:
    """Make the signals that ask for the end an orderly one."""
    end = _End()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, end.ask) for each in signals}
    try:
        yield end
    except _Ended:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"Cannot listen on {host} port {port} ({reason}): choose another --port"
        raise DevStackError(msg) from error


def _base_url(listener: socket.socket) -> str:
    """The address that reaches the listener from this machine."""
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared only
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _with_ports(folder: StateFolder) -> DevState:
    """The folder's state with ports that are free: those of the last start, if they are."""
    state = folder.load()
    slapd, redis = (
        port if port and _is_free(port) else free_port()
        for port in (state.slapd_port, state.redis_port)
    )
    state = replace(state, slapd_port=slapd, redis_port=redis)
    folder.save(state)
    return state


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _wait_until_ready(url: str, workers: Workers, end: _End) -> None:
    deadline = time.monotonic() + _START
    said = "nothing"
    while time.monotonic() < deadline:
        end.check()
        workers.replace_dead()
        try:
            answer = httpx.get(f"{url}/healthz/ready", timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
        else:
            if answer.is_success:
                return
            said = answer.text
        time.sleep(_POLL)
    msg = f"The API is not ready after {_START} s, it said: {said}"
    raise DevStackError(msg)


def _wait_until_live(settings: Settings, feed: Workers, end: _End) -> bool:
    """Whether the mirror could be believed in time."""

    async def live() -> bool:
        async with open_feeding(settings) as feeding:
            while time.monotonic() < deadline:
                end.check()
                feed.replace_dead()
                with suppress(Unavailable):
                    if await feeding.room.truth.believed() is not None:
                        return True
                await asyncio.sleep(_POLL)
        return False

    deadline = time.monotonic() + _REFRESH
    return asyncio.run(live())


def _pids(pids: Pids, workers: Workers, feed: Workers) -> Pids:
    return replace(pids, api=workers.pids, feed=next(iter(feed.pids), None))


def _watch(
    options: Options,
    facts: Facts,
    ours: tuple[Workers, Workers],
    servers: Mapping[str, RedisServer | SlapdServer],
    screen: Screen,
    end: _End,
) -> None:
    """Look after the processes for ever.

    A process of ours that died is replaced. slapd and Redis are not: how the gateway does
    without them is what people want to see when they end one.
    """
    gone: set[str] = set()
    while True:
        time.sleep(_POLL)
        end.check()
        for kind in ours:
            for pid in kind.replace_dead():
                screen.trouble(f"{kind.name}'s process {pid} ended; another one was started")
                facts = replace(facts, pids=_pids(facts.pids, *ours))
                if options.ready_file:
                    facts.write(options.ready_file)
        for name, server in servers.items():
            if not server.running and name not in gone:
                gone.add(name)
                screen.trouble(f"{name} ended; the API goes on without it. Start again to have it")
