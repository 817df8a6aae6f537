"""An asynchronous LDAP client over ldap3, for exactly what the stores need.

ldap3 builds requests, filters and controls (`requests.py`). Its Connection is not used, because
it merges modifications of one attribute, parses DNs and refuses legal ones, prepares passwords,
and copies large answers again and again; sessions, sockets and TLS are `session.py` and
`stream.py` instead.

Knows entries, not users: what attributes mean is decided elsewhere.
"""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from adapters.ldap import requests
from adapters.ldap.answers import post_read as post_read_entry
from adapters.ldap.answers import pre_read as pre_read_entry
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import InvalidCredentials, LdapError
from adapters.ldap.pool import Deadline, Pool
from adapters.ldap.requests import Control
from adapters.ldap.session import Request, Session
from adapters.ldap.settings import LdapSettings
from adapters.ldap.stream import connect
from adapters.ldap.values import BindResult, Entry, Modification, Scope

__all__ = ["BindResult", "Entry", "LdapClient", "Modification", "Scope"]

Observer = Callable[[str, float, str], None]
"""Told of each operation: its name, seconds with waiting, and `success` or the result's name."""

T = TypeVar("T")

_LONG = 60
"""So many times as long as any other operation may take one that looks through everything."""


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
        controls = [requests.matching_values(matched)] if matched else []

        def work(session: Session, deadline: Deadline) -> list[Entry]:
            request = requests.search(
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

    async def named(
        self, names: Collection[bytes], base: Dn, scope: Scope, filter_: str, attribute: str
    ) -> dict[bytes, bytes]:
        """A value of each entry that matches and has one of these names.

        Names are in lower case, and else as the server writes them. It is for very many: all
        that matches is looked through, for as long as that goes on. Raises as `search`.
        """
        seconds, key = _LONG * self._settings.operation_timeout, attribute.lower()

        def work(session: Session, deadline: Deadline) -> dict[bytes, bytes]:
            found: dict[bytes, bytes] = {}

            def one(name: bytes, attributes: Mapping[str, tuple[bytes, ...]]) -> None:
                values, lower = attributes.get(key), name.lower()
                if values and lower in names:
                    found[lower] = values[0]

            request = requests.search(base, scope, filter_, [attribute], seconds=math.ceil(seconds))
            session.each(request, deadline, one)
            return found

        return await self._run("search", work, repeatable=True, seconds=seconds)

    async def add(
        self,
        dn: Dn,
        attributes: Mapping[str, Sequence[bytes]],
        *,
        post_read: Sequence[str] = (),
    ) -> Entry:
        """Add an entry; what comes back is what `post_read` names of it (RFC 4527)."""
        controls = _controls(post_read=post_read)
        return await self._write("add", requests.add(dn, attributes, controls), dn)

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
        controls = _controls(
            assertion=assertion, post_read=post_read, permissive=permissive, relax=relax
        )
        return await self._write("modify", requests.modify(dn, modifications, controls), dn)

    async def modify_between(
        self,
        dn: Dn,
        modifications: Sequence[Modification],
        *,
        attributes: Sequence[str],
        assertion: str | None = None,
    ) -> tuple[Entry | None, Entry | None]:
        """As `modify`; these attributes as they were right before, and as they are then."""
        controls = _controls(assertion=assertion, post_read=attributes)
        request = requests.modify(dn, modifications, [*controls, requests.pre_reading(attributes)])

        def work(session: Session, deadline: Deadline) -> tuple[Entry | None, Entry | None]:
            answer = session.ask(request, deadline)
            return pre_read_entry(answer), post_read_entry(answer)

        return await self._run("modify", work, repeatable=False)

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
        controls = _controls(assertion=assertion, post_read=post_read)
        request = requests.modify_dn(
            dn, new_rdn, new_superior, delete_old_rdn=delete_old_rdn, controls=controls
        )
        above = dn.parent if new_superior is None else new_superior
        return await self._write("modify_dn", request, above.below(new_rdn))

    async def delete(self, dn: Dn, *, assertion: str | None = None) -> None:
        """Delete an entry that has none below."""
        request = requests.delete(dn, _controls(assertion=assertion))
        await self._write("delete", request, dn)

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
            lambda session, deadline: session.bind(requests.bind(dn, octets), deadline),
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

    async def _write(self, name: str, request: Request, dn: Dn) -> Entry:
        """Send a write; the entry as the post-read control tells it, at least under that DN."""

        def work(session: Session, deadline: Deadline) -> Entry:
            return post_read_entry(session.ask(request, deadline)) or Entry(dn, {})

        return await self._run(name, work, repeatable=False)

    async def _run(
        self,
        name: str,
        work: Callable[[Session, Deadline], T],
        *,
        repeatable: bool,
        pool: Pool[Session] | None = None,
        seconds: float | None = None,
    ) -> T:
        silence = self._settings.operation_timeout
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            result = await (pool or self._service).run(
                work, seconds=seconds or silence, silence=silence, repeatable=repeatable
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
        if not session.bind(requests.bind(settings.account, password), deadline).ok:
            raise InvalidCredentials(
                49, "invalidCredentials", "the gateway's account cannot log in"
            )
    except BaseException:
        session.close()
        raise
    return session


def _controls(
    *,
    assertion: str | None = None,
    post_read: Sequence[str] = (),
    permissive: bool = False,
    relax: bool = False,
) -> Sequence[Control]:
    """The controls of a write."""
    controls = []
    if assertion is not None:
        controls.append(requests.asserting(assertion))
    if post_read:
        controls.append(requests.post_reading(post_read))
    if permissive:
        controls.append(requests.permissively())
    if relax:
        controls.append(requests.relaxed())
    return controls


def _open(settings: LdapSettings, deadline: Deadline) -> Session:
    return connect(settings, deadline, lambda stream: Session(stream, requests.start_tls()))
