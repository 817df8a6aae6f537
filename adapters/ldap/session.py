"""One LDAP session: requests go out, their answers come in, one after the other.

Requests are functions of a message id, made elsewhere; no library is known here.
"""

from collections.abc import Callable, Mapping

from adapters.ldap import ber
from adapters.ldap.answers import Answer, UnreadableError, bind_result, make_entry, read_answer
from adapters.ldap.errors import InvalidCredentials, SizeLimitExceeded
from adapters.ldap.pool import BrokenConnectionError, Deadline
from adapters.ldap.stream import Stream
from adapters.ldap.values import BindResult, Entry

Request = Callable[[int], bytes]
"""A message with that id."""

Take = Callable[[bytes, Mapping[str, tuple[bytes, ...]]], None]
"""Takes the name and the attributes of an entry."""

_NO_ANSWER = "an answer is no LDAP message"


class Session:
    """A connection to a server, used by one thread at a time.

    All methods raise `LdapError` for a refusal, `BrokenConnectionError` where the connection
    is of no more use.
    """

    def __init__(self, stream: Stream, start_tls: Request) -> None:
        self._stream = stream
        self._start_tls = start_tls
        self._last_id = 0

    @property
    def usable(self) -> bool:
        """Whether the server still holds it, as far as can be told without asking."""
        return self._stream.quiet

    def close(self) -> None:
        """End it; never raises."""
        self._stream.close()

    def start_tls(self, deadline: Deadline) -> None:
        """Ask for TLS (RFC 4511, 4.14); the handshake is the stream's."""
        self.ask(self._start_tls, deadline)

    def ask(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request that has one answer, and return it."""
        answer = self._exchange(request, deadline)
        answer.check()
        return answer

    def bind(self, request: Request, deadline: Deadline) -> BindResult:
        """Send a bind; a refused password is no error."""
        answer = self._exchange(request, deadline)
        try:
            answer.check()
        except InvalidCredentials:
            return bind_result(answer, ok=False)
        return bind_result(answer, ok=True)

    def search(self, request: Request, deadline: Deadline, size_limit: int) -> list[Entry]:
        """Send a search; all that it finds, or the first `size_limit` entries if not zero."""
        entries: list[Entry] = []

        def take(name: bytes, attributes: Mapping[str, tuple[bytes, ...]]) -> None:
            entries.append(make_entry(name, attributes))

        try:
            self.each(request, deadline, take)
        except SizeLimitExceeded:
            if not 0 < size_limit <= len(entries):
                raise
        return entries

    def each(self, request: Request, deadline: Deadline, take: Take) -> None:
        """Send a search, and have each entry taken as it comes; ValueError where that is none."""
        self._send(request, deadline)
        while not self._ended(message := self._stream.receive(deadline), take):
            continue
        self._read(message).check()

    def start(self, request: Request, deadline: Deadline) -> int:
        """Send a request whose answers are fetched by `receive`; its message id."""
        self._send(request, deadline)
        return self._last_id

    @property
    def waiting(self) -> bool:
        """Whether `receive` has a message without waiting for one."""
        return self._stream.holds_message

    def receive(self, deadline: Deadline) -> bytes:
        """The next message, whatever it answers.

        One that had only come in part when the time was over can be waited for again.
        """
        return self._stream.receive(deadline)

    def _ended(self, message: bytes, take: Take) -> bool:
        """Have the entry in a message taken; True for the message that ends the search."""
        try:
            id_, tag, at = ber.operation(message)
            if id_ == self._last_id and tag == ber.ENTRY:
                take(*ber.entry(message, at))
                return False
        except (IndexError, ValueError) as error:
            raise BrokenConnectionError(_NO_ANSWER) from error
        return tag != ber.REFERENCE  # another server is not the gateway's

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        self._send(request, deadline)
        return self._read(self._stream.receive(deadline))

    def _send(self, request: Request, deadline: Deadline) -> None:
        self._last_id += 1
        self._stream.send(request(self._last_id), deadline)

    def _read(self, message: bytes) -> Answer:
        try:
            if ber.operation(message)[0] == self._last_id:
                return read_answer(message)
        except (IndexError, UnreadableError) as error:
            raise BrokenConnectionError(_NO_ANSWER) from error
        # Zero is the server's good-bye (RFC 4511, 4.4.1).
        raise BrokenConnectionError("the server ended the session")
