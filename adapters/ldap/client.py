"""An asynchronous LDAP client over ldap3, for exactly what the stores need.

The only module that imports ldap3: it builds the requests, filters and controls. ldap3's own
Connection is not used, because it merges modifications of one attribute, parses DNs and
refuses legal ones, prepares passwords, and copies large answers again and again; sessions,
sockets and TLS are `session.py` and `stream.py` instead.

Knows entries, not users: what attributes mean is decided elsewhere.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

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
from ldap3.utils.asn1 import encode

from adapters.ldap.answers import PASSWORD_POLICY
from adapters.ldap.answers import post_read as post_read_entry
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import InvalidCredentials, LdapError
from adapters.ldap.pool import Deadline, Pool
from adapters.ldap.session import Request, Session
from adapters.ldap.settings import LdapSettings
from adapters.ldap.stream import connect
from adapters.ldap.values import BindResult, Entry, Modification, Scope

__all__ = ["BindResult", "Entry", "LdapClient", "Modification", "Scope"]

ASSERTION = "1.3.6.1.1.12"
MATCHED_VALUES = "1.2.826.0.1.3344810.2.3"
PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413"
RELAX = "1.3.6.1.4.1.4203.666.5.12"
START_TLS = "1.3.6.1.4.1.1466.20037"

_NO_ATTRIBUTES = "1.1"
_SEQUENCE = 0x30
_SCOPES = {Scope.BASE: "BASE", Scope.ONE: "LEVEL", Scope.SUBTREE: "SUBTREE"}
_OPERATIONS = {"add": 0, "delete": 1, "replace": 2, "increment": 3}

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
        self._service: Pool[Session] = Pool(
            "ldap",
            settings.pool_size,
            settings.queue_limit,
            lambda deadline: open_session(settings, deadline),
        )
        self._users: Pool[Session] = Pool(
            "ldap-bind",
            settings.bind_pool_size,
            settings.queue_limit,
            lambda deadline: _open(settings, deadline),
        )

    async def search(
        self,
        base: Dn,
        scope: Scope,
        filter_: str,
        attributes: Sequence[str],
        *,
        size_limit: int = 0,
        matched: Sequence[str] = (),
    ) -> list[Entry]:
        """Entries that match, with the named attributes; operational ones are named, too.

        With `size_limit` at most so many. Without it the list is complete or it is an error.
        With `matched`, filters of one comparison each, entries have only those values that
        match any of these (RFC 3876).

        Raises:
            NoSuchObject: the base is not there.
            SizeLimitExceeded: there are more than the server gives the account.
        """
        seconds = math.ceil(self._settings.operation_timeout)
        controls = [_matched_values(matched)] if matched else []

        def work(session: Session, deadline: Deadline) -> list[Entry]:
            request = search_request(
                base,
                scope,
                filter_,
                attributes,
                size_limit=size_limit,
                seconds=seconds,
                controls=controls,
            )
            return session.search(request, deadline, size_limit)

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
        permissive: bool = False,
        relax: bool = False,
    ) -> Entry:
        """Change an entry, in one operation and in the order given.

        Args:
            dn: the entry.
            modifications: what changes; none at all is a mere read of `post_read`.
            assertion: a filter that the entry must match, else AssertionFailed (RFC 4528).
            post_read: attributes to return as they are then.
            permissive: a value to add that is there already is no error.
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
            permissive=permissive,
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
            lambda session, deadline: session.bind(_bind(dn, octets), deadline),
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
        permissive: bool = False,
        relax: bool = False,
    ) -> Entry:
        controls = []
        if assertion is not None:
            controls.append(build_control(ASSERTION, True, _compiled(assertion)))
        if post_read:
            controls.append(post_read_control(list(post_read), True))
        if permissive:
            controls.append(build_control(PERMISSIVE_MODIFY, True, None))
        if relax:
            controls.append(build_control(RELAX, True, None))

        def work(session: Session, deadline: Deadline) -> Entry:
            answer = session.ask(_request(operation, request, controls), deadline)
            return post_read_entry(answer) or Entry(dn, {})

        return await self._run(name, work, repeatable=False)

    async def _run(
        self,
        name: str,
        work: Callable[[Session, Deadline], T],
        *,
        repeatable: bool,
        pool: Pool[Session] | None = None,
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


def open_session(settings: LdapSettings, deadline: Deadline) -> Session:
    """A new session, bound as the gateway's account. Raises LdapError, BrokenConnectionError."""
    session = _open(settings, deadline)
    password = settings.bind_password.get_secret_value().encode()
    try:
        if not session.bind(_bind(settings.account, password), deadline).ok:
            raise InvalidCredentials(
                49, "invalidCredentials", "the gateway's account cannot log in"
            )
    except BaseException:
        session.close()
        raise
    return session


def search_request(
    base: Dn,
    scope: Scope,
    filter_: str,
    attributes: Sequence[str],
    *,
    size_limit: int = 0,
    seconds: int = 0,
    controls: Sequence[object] = (),
) -> Request:
    """A search; limits of zero are the server's own."""
    content = search_operation(
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
    return _request("searchRequest", content, controls)


def critical_control(oid: str, value: bytes) -> object:
    """A control that a server must heed or refuse, with its value as it goes out."""
    return build_control(oid, True, value, False)


def _open(settings: LdapSettings, deadline: Deadline) -> Session:
    return connect(settings, deadline, lambda stream: Session(stream, _start_tls()))


def _request(operation: str, content: object, controls: Sequence[object] = ()) -> Request:
    """A request with its controls, for any message id."""

    def request(id_: int) -> bytes:
        message = LDAPMessage()
        message["messageID"] = MessageID(id_)
        message["protocolOp"] = ProtocolOp().setComponentByName(operation, content)
        if controls:
            message["controls"] = Controls()
            message["controls"].extend(controls)
        octets: bytes = encode(message)
        return octets

    return request


def _compiled(filter_: str) -> object:
    return compile_filter(parse_filter(filter_, None, False, False, None, False).elements[0])


def _matched_values(comparisons: Sequence[str]) -> object:
    """The control: a sequence of what a conjunction is a set of (RFC 3876, 2)."""
    octets = encode(_compiled(f"(&{''.join(comparisons)})"))
    return critical_control(MATCHED_VALUES, bytes([_SEQUENCE]) + octets[1:])


def _start_tls() -> Request:
    content = ExtendedRequest()
    content["requestName"] = RequestName(START_TLS)
    return _request("extendedReq", content)


def _bind(dn: Dn, password: bytes) -> Request:
    """A simple bind that asks for what the password policy has to say."""
    content = BindRequest()
    content["version"] = Version(3)
    content["name"] = LDAPDN(str(dn))
    content["authentication"] = AuthenticationChoice().setComponentByName(
        "simple", Simple(password)
    )
    return _request("bindRequest", content, [build_control(PASSWORD_POLICY, False, None)])


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
