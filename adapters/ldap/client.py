"""An asynchronous LDAP client over ldap3, for exactly what the stores need.

The only module that imports ldap3 and pyasn1: they build the requests and filters and take the
answers apart. ldap3's own Connection is not used, because it merges modifications of one
attribute, parses DNs and refuses legal ones, prepares passwords, and copies large answers
again and again; the socket, deadlines and TLS are here instead.

Knows entries, not users: what attributes mean is decided elsewhere.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ldap3.operation.add import add_operation
from ldap3.operation.delete import delete_operation
from ldap3.operation.modifyDn import modify_dn_operation
from ldap3.operation.search import compile_filter, parse_filter, search_operation
from ldap3.protocol.controls import build_control
from ldap3.protocol.rfc4511 import (
    LDAPDN,
    AttributeDescription,
    AuthenticationChoice,
    BindRequest,
    Change,
    Changes,
    Controls,
    ExtendedRequest,
    LDAPMessage,
    MessageID,
    ModifyRequest,
    Operation,
    PartialAttribute,
    ProtocolOp,
    RequestName,
    Simple,
    Vals,
    Version,
)
from ldap3.protocol.rfc4527 import post_read_control
from ldap3.utils.asn1 import decode_integer, decode_message_fast, decode_sequence, encode

from adapters.ldap import ber
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import (
    InvalidCredentials,
    LdapError,
    SizeLimitExceeded,
    UnexpectedResult,
    from_result,
)
from adapters.ldap.pool import BrokenConnectionError, Deadline, Pool
from adapters.ldap.settings import LdapSettings
from adapters.ldap.stream import Stream, connect
from adapters.ldap.values import BindResult, Entry, Modification, Scope

__all__ = ["BindResult", "Entry", "LdapClient", "Modification", "Scope"]

POST_READ = "1.3.6.1.1.13.2"
ASSERTION = "1.3.6.1.1.12"
RELAX = "1.3.6.1.4.1.4203.666.5.12"
PPOLICY = "1.3.6.1.4.1.42.2.27.8.5.1"
START_TLS = "1.3.6.1.4.1.1466.20037"

_NO_ATTRIBUTES = "1.1"
_SCOPES = {Scope.BASE: "BASE", Scope.ONE: "LEVEL", Scope.SUBTREE: "SUBTREE"}
_OPERATIONS = {"add": 0, "delete": 1, "replace": 2, "increment": 3}
_REFERENCE = 19  # tag of a SearchResultReference (RFC 4511, 4.5.3)

Observer = Callable[[str, float, str], None]
"""Told of each operation: its name, seconds with waiting, and `success` or the result's name."""

T = TypeVar("T")


class LdapClient:
    """Searches and changes a directory as the gateway's account, and tries passwords.

    All methods raise `LdapError` for a refusal, `Unavailable` among them where no server
    answers in time. Reads are repeated once when a connection breaks, writes never.
    """

    def __init__(self, settings: LdapSettings, *, observe: Observer | None = None) -> None:
        self._settings = settings
        self._observe = observe
        self._service: Pool[_Connection] = Pool(
            "ldap", settings.pool_size, settings.queue_limit, self._open_service
        )
        self._users: Pool[_Connection] = Pool(
            "ldap-bind", settings.bind_pool_size, settings.queue_limit, self._open
        )

    async def search(
        self,
        base: Dn,
        scope: Scope,
        filter_: str,
        attributes: Sequence[str],
        *,
        size_limit: int = 0,
    ) -> list[Entry]:
        """Entries that match, with the named attributes; operational ones are named, too.

        With `size_limit` at most so many. Without it the list is complete or it is an error.

        Raises:
            NoSuchObject: the base is not there.
            SizeLimitExceeded: there are more than the server gives the account.
        """
        seconds = math.ceil(self._settings.operation_timeout)

        def work(connection: _Connection, deadline: Deadline) -> list[Entry]:
            request = search_operation(
                str(base),
                filter_,
                _SCOPES[scope],
                "NEVER",
                list(attributes) or [_NO_ATTRIBUTES],
                size_limit,
                seconds,
                types_only=False,
                auto_escape=False,
                auto_encode=False,
            )
            return connection.search(request, deadline, size_limit)

        return await self._run("search", work, repeatable=True)

    async def add(
        self,
        dn: Dn,
        attributes: Mapping[str, Sequence[bytes]],
        *,
        post_read: Sequence[str] = (),
    ) -> Entry:
        """Add an entry; what comes back is what `post_read` names of it (RFC 4527)."""
        request = add_operation(str(dn), {k: tuple(v) for k, v in attributes.items()}, False)
        return await self._write("add", "addRequest", request, dn, post_read=post_read)

    async def modify(
        self,
        dn: Dn,
        modifications: Sequence[Modification],
        *,
        assertion: str | None = None,
        post_read: Sequence[str] = (),
        relax: bool = False,
    ) -> Entry:
        """Change an entry, in one operation and in the order given.

        Args:
            dn: the entry.
            modifications: what changes; none at all is a mere read of `post_read`.
            assertion: a filter that the entry must match, else AssertionFailed (RFC 4528).
            post_read: attributes to return as they are then.
            relax: also attributes that the server keeps to itself (Relax Rules control).
        """
        request = ModifyRequest()
        request["object"] = LDAPDN(str(dn))
        request["changes"] = _changes(modifications)
        return await self._write(
            "modify",
            "modifyRequest",
            request,
            dn,
            assertion=assertion,
            post_read=post_read,
            relax=relax,
        )

    async def modify_dn(
        self,
        dn: Dn,
        new_rdn: Rdn,
        *,
        new_superior: Dn | None = None,
        delete_old_rdn: bool = True,
        assertion: str | None = None,
        post_read: Sequence[str] = (),
    ) -> Entry:
        """Rename an entry, move it below another, or both; entries below go with it."""
        superior = str(new_superior) if new_superior is not None else None
        request = modify_dn_operation(str(dn), str(new_rdn), delete_old_rdn, superior)
        return await self._write(
            "modify_dn",
            "modDNRequest",
            request,
            (dn.parent if new_superior is None else new_superior).below(new_rdn),
            assertion=assertion,
            post_read=post_read,
        )

    async def delete(self, dn: Dn, *, assertion: str | None = None) -> None:
        """Delete an entry that has none below."""
        await self._write(
            "delete", "delRequest", delete_operation(str(dn)), dn, assertion=assertion
        )

    async def bind(self, dn: Dn, password: str) -> BindResult:
        """Try a password as that entry, on a connection that serves nothing else.

        An empty password is refused here: to a server it would be an anonymous bind
        (RFC 4513, 5.1.2), which succeeds.
        """
        if not password:
            return BindResult(ok=False)
        octets = password.encode("utf-8", "surrogatepass")
        return await self._run(
            "bind",
            lambda connection, deadline: connection.bind(str(dn), octets, deadline),
            repeatable=False,
            pool=self._users,
        )

    async def ping(self) -> None:
        """Return if the directory answers. Raises Unavailable."""
        await self.search(Dn(), Scope.BASE, "(objectClass=*)", ())

    async def close(self) -> None:
        """Let operations end, then close all connections."""
        await self._service.close()
        await self._users.close()

    async def _write(
        self,
        name: str,
        operation: str,
        request: object,
        dn: Dn,
        *,
        assertion: str | None = None,
        post_read: Sequence[str] = (),
        relax: bool = False,
    ) -> Entry:
        controls = []
        if assertion is not None:
            node = parse_filter(assertion, None, False, False, None, False).elements[0]
            controls.append(build_control(ASSERTION, True, compile_filter(node)))
        if post_read:
            controls.append(post_read_control(list(post_read), True))
        if relax:
            controls.append(build_control(RELAX, True, None))

        def work(connection: _Connection, deadline: Deadline) -> Entry:
            answer = connection.request(operation, request, controls, deadline)
            value = answer.get(POST_READ)
            return Entry(dn, {}) if value is None else _post_read(value)

        return await self._run(name, work, repeatable=False)

    async def _run(
        self,
        name: str,
        work: "Callable[[_Connection, Deadline], T]",
        *,
        repeatable: bool,
        pool: "Pool[_Connection] | None" = None,
    ) -> T:
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            result = await (pool or self._service).run(
                work, seconds=self._settings.operation_timeout, repeatable=repeatable
            )
            outcome = "refused" if isinstance(result, BindResult) and not result.ok else "success"
        except LdapError as error:
            outcome = error.name
            raise
        finally:
            if self._observe is not None:
                self._observe(name, time.perf_counter() - started, outcome)
        return result

    def _open(self, deadline: Deadline) -> "_Connection":
        return connect(self._settings, deadline, _Connection)

    def _open_service(self, deadline: Deadline) -> "_Connection":
        connection = self._open(deadline)
        password = self._settings.bind_password.get_secret_value().encode()
        try:
            result = connection.bind(str(self._settings.account), password, deadline)
        except BaseException:
            connection.close()
            raise
        if not result.ok:
            connection.close()
            raise InvalidCredentials(
                49, "invalidCredentials", "the gateway's account cannot log in"
            )
        return connection


class _Connection:
    """One LDAP session, used by one thread at a time; one request is answered before the next."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._last_id = 0

    @property
    def usable(self) -> bool:
        return self._stream.quiet

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, deadline: Deadline) -> None:
        """Ask for TLS (RFC 4511, 4.14); the handshake is the stream's. Raises LdapError."""
        request = ExtendedRequest()
        request["requestName"] = RequestName(START_TLS)
        self.request("extendedReq", request, (), deadline)

    def bind(self, dn: str, password: bytes, deadline: Deadline) -> BindResult:
        request = BindRequest()
        request["version"] = Version(3)
        request["name"] = LDAPDN(dn)
        request["authentication"] = AuthenticationChoice().setComponentByName(
            "simple", Simple(password)
        )
        self._send("bindRequest", request, [build_control(PPOLICY, False, None)], deadline)
        message = self._receive(deadline)
        controls = _controls(message)
        try:
            _check(message)
        except InvalidCredentials:
            return _bind_result(False, controls.get(PPOLICY))
        return _bind_result(True, controls.get(PPOLICY))

    def search(self, request: object, deadline: Deadline, size_limit: int) -> list[Entry]:
        self._send("searchRequest", request, (), deadline)
        entries: list[Entry] = []
        while (message := self._receive_found(deadline, entries))["protocolOp"] == _REFERENCE:
            continue  # to another server, which is not the gateway's
        try:
            _check(message)
        except SizeLimitExceeded:
            if not 0 < size_limit <= len(entries):
                raise
        return entries

    def request(
        self, operation: str, request: object, controls: Sequence[object], deadline: Deadline
    ) -> dict[str, bytes]:
        """Send a request that has one answer; return the answer's controls."""
        self._send(operation, request, controls, deadline)
        message = self._receive(deadline)
        _check(message)
        return _controls(message)

    def _send(
        self, operation: str, request: object, controls: Sequence[object], deadline: Deadline
    ) -> None:
        self._last_id += 1
        message = LDAPMessage()
        message["messageID"] = MessageID(self._last_id)
        message["protocolOp"] = ProtocolOp().setComponentByName(operation, request)
        if controls:
            message["controls"] = Controls()
            message["controls"].extend(controls)
        self._stream.send(encode(message), deadline)

    def _receive_found(self, deadline: Deadline, found: list[Entry]) -> dict[str, Any]:
        """Put entries into `found` until there is another answer, which is returned."""
        while True:
            octets = self._stream.receive(deadline)
            try:
                id_, tag, at = ber.operation(octets)
                if tag != ber.ENTRY or id_ != self._last_id:
                    return self._decode(octets)
                found.append(_entry(*ber.entry(octets, at)))
            except (IndexError, UnicodeDecodeError) as error:
                raise BrokenConnectionError("an answer is no LDAP message") from error

    def _receive(self, deadline: Deadline) -> dict[str, Any]:
        return self._decode(self._stream.receive(deadline))

    def _decode(self, octets: bytes) -> dict[str, Any]:
        try:
            message: dict[str, Any] = decode_message_fast(octets)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise BrokenConnectionError("an answer is no LDAP message") from error
        if message["messageID"] != self._last_id:  # 0: the server says good-bye (RFC 4511, 4.4.1)
            raise BrokenConnectionError("the server ended the session")
        return message


def _changes(modifications: Sequence[Modification]) -> object:
    changes = Changes()
    for place, modification in enumerate(modifications):
        partial = PartialAttribute()
        partial["type"] = AttributeDescription(modification.attribute)
        partial["vals"] = Vals()
        partial["vals"].extend(modification.values)
        change = Change()
        change["operation"] = Operation(_OPERATIONS[modification.operation])
        change["modification"] = partial
        changes[place] = change
    return changes


def _check(message: Mapping[str, Any]) -> None:
    """Raise what the result says, unless it is success."""
    code, matched, diagnostic = (part[3] for part in message["payload"][:3])
    if code:
        raise from_result(
            code, diagnostic.decode("utf-8", "replace"), matched.decode("utf-8", "replace")
        )


def _controls(message: Mapping[str, Any]) -> dict[str, bytes]:
    """Controls of an answer: OID to value."""
    return {
        control[3][0][3].decode("ascii", "replace"): bytes(control[3][-1][3])
        for control in message["controls"] or ()
        if len(control[3]) > 1 and isinstance(control[3][-1][3], bytes)
    }


def _post_read(value: bytes) -> Entry:
    """The entry that a post-read control tells of (RFC 4527, 3.2)."""
    try:
        return _entry(*ber.entry(value, ber.inside(value)))
    except (IndexError, UnicodeDecodeError) as error:
        raise UnexpectedResult(80, "other", "a control's value is not readable") from error


def _sequence(value: bytes) -> Any:
    try:
        return decode_sequence(value, 0, len(value), _POLICY_TAGS)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise UnexpectedResult(80, "other", "a control's value is not readable") from error


def _entry(name: bytes, attributes: Mapping[str, tuple[bytes, ...]]) -> Entry:
    return Entry(Dn.parse(name.decode("utf-8", "surrogateescape")), attributes)


# draft-behera-ldap-password-policy-10, 6.2: warning [0] CHOICE { seconds [0], logins [1] },
# error [1] ENUMERATED.
_WARNING_TAGS = {0: decode_integer, 1: decode_integer}
_POLICY_TAGS = {
    0: lambda value, start, stop: decode_sequence(value, start, stop, _WARNING_TAGS),
    1: decode_integer,
}
_EXPIRED, _LOCKED, _CHANGE_AFTER_RESET = 0, 1, 2


def _bind_result(ok: bool, policy: bytes | None) -> BindResult:
    warnings: dict[int, int] = {}
    error = None
    for part in _sequence(policy)[0][3] if policy else ():
        if part[2] == 0:
            warnings = {warning[2]: warning[3] for warning in part[3]}
        else:
            error = part[3]
    return BindResult(
        ok=ok,
        expired=error == _EXPIRED,
        locked=error == _LOCKED,
        must_change=error == _CHANGE_AFTER_RESET,
        expires_in=warnings.get(0),
        grace_logins=warnings.get(1),
    )
