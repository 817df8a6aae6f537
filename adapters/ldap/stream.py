"""A socket that carries LDAP messages: connecting, TLS, deadlines, framing.

Cuts the stream of octets into messages by their BER length (RFC 4511, 5.1) and knows nothing
of what is inside.
"""

import socket
import ssl
from collections.abc import Callable
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from adapters.ldap.errors import Unavailable
from adapters.ldap.pool import BrokenConnectionError, Deadline
from adapters.ldap.settings import LdapSettings

_CHUNK = 65536
_PORTS = {"ldap": 389, "ldaps": 636}


class Stream:
    """One connection to a server; used by one thread at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._buffer = bytearray()
        self._start = 0

    def encrypt(self, settings: LdapSettings, host: str, deadline: Deadline) -> None:
        """Go on in TLS, with the server's certificate checked as the settings say."""
        context = ssl.create_default_context(cafile=settings.ca_file)
        if not settings.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._socket.settimeout(deadline.left(settings.connect_timeout))
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    @property
    def quiet(self) -> bool:
        """Whether it is open and nothing has come that nobody asked for."""
        if self._start < len(self._buffer):
            return False
        try:
            self._socket.setblocking(False)
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    @property
    def holds_message(self) -> bool:
        """Whether a whole message has come that was not received yet."""
        return self._end() <= len(self._buffer)

    def send(self, message: bytes, deadline: Deadline) -> None:
        """Send one message. Raises BrokenConnectionError, Unavailable."""
        try:
            self._socket.settimeout(deadline.left())
            self._socket.sendall(message)
        except TimeoutError:
            raise Unavailable(diagnostic="no answer in time") from None
        except OSError as error:
            raise BrokenConnectionError(str(error)) from error

    def receive(self, deadline: Deadline) -> bytes:
        """Wait for one message. Raises BrokenConnectionError, Unavailable."""
        while (end := self._end()) > len(self._buffer):
            self._fill(deadline)
        message = bytes(self._buffer[self._start : end])
        self._start = end
        if end == len(self._buffer):
            self._buffer.clear()
            self._start = 0
        return message

    def close(self) -> None:
        """Close the socket; never raises."""
        try:
            self._socket.close()
        except OSError:  # a failing close leaves nothing to mend
            return

    def _end(self) -> int:
        """Where the first message ends; beyond the buffer as long as that is not known."""
        start, have = self._start, len(self._buffer)
        if have < start + 2:
            return have + 1
        short = self._buffer[start + 1]
        if short < 0x80:
            return start + 2 + short
        body = start + 2 + (short & 0x7F)
        if have < body:
            return have + 1
        return body + int.from_bytes(self._buffer[start + 2 : body], "big")

    def _fill(self, deadline: Deadline) -> None:
        if self._start > _CHUNK:
            del self._buffer[: self._start]
            self._start = 0
        try:
            self._socket.settimeout(deadline.left())
            octets = self._socket.recv(_CHUNK)
        except TimeoutError:
            raise Unavailable(diagnostic="no answer in time") from None
        except OSError as error:
            raise BrokenConnectionError(str(error)) from error
        if not octets:
            raise BrokenConnectionError("the server closed the connection")
        self._buffer += octets


class Session(Protocol):
    """What speaks LDAP over a stream."""

    def start_tls(self, deadline: Deadline) -> None:
        """Ask the server for TLS on this stream."""
        ...


S = TypeVar("S", bound=Session)


def connect(settings: LdapSettings, deadline: Deadline, session: Callable[[Stream], S]) -> S:
    """A session with the first server that can be reached, in TLS where the settings want it.

    Raises:
        Unavailable: none can be reached.
        LdapError: StartTLS was refused.
    """
    failures = []
    for url in settings.urls:
        try:
            return _connect(url, settings, deadline, session)
        except (OSError, BrokenConnectionError) as error:  # certificates included
            failures.append(f"{url}: {error}")
    raise Unavailable(diagnostic="; ".join(failures))


def _connect(
    url: str, settings: LdapSettings, deadline: Deadline, session: Callable[[Stream], S]
) -> S:
    parts = urlsplit(url)
    host = parts.hostname or ""
    stream = Stream(_socket(url, deadline.left(settings.connect_timeout)))
    try:
        if parts.scheme == "ldaps":
            stream.encrypt(settings, host, deadline)
        opened = session(stream)
        if parts.scheme == "ldap" and settings.start_tls:
            opened.start_tls(deadline)
            stream.encrypt(settings, host, deadline)
    except BaseException:
        stream.close()
        raise
    return opened


def _socket(url: str, seconds: float) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "ldapi":
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            local.settimeout(seconds)
            local.connect(unquote(url.removeprefix("ldapi://").rstrip("/")) or "/run/slapd/ldapi")
        except BaseException:
            local.close()
            raise
        return local
    port = parts.port or _PORTS[parts.scheme]
    remote = socket.create_connection((parts.hostname or "", port), seconds)
    remote.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    remote.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return remote
