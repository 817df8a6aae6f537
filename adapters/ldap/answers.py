"""What a server's answers say: results, and the controls that come with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.ldap import ber
from adapters.ldap.dn import Dn
from adapters.ldap.errors import UnexpectedResult, from_result
from adapters.ldap.values import BindResult, Entry

PRE_READ = "1.3.6.1.1.13.1"
POST_READ = "1.3.6.1.1.13.2"
PASSWORD_POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105 - an OID

_SEQUENCE_OF_CONTROLS, _OCTETS = 0xA0, 0x04
_WARNING, _ERROR = 0xA0, 0x81
_EXPIRES_IN, _GRACE_LOGINS = 0x80, 0x81
_EXPIRED, _LOCKED, _CHANGE_AFTER_RESET = 0, 1, 2


class UnreadableError(Exception):
    """The octets are no LDAP message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of an operation: its result, and the values of its controls by OID."""

    code: int
    matched_dn: str
    diagnostic: str
    controls: Mapping[str, bytes]

    def check(self) -> None:
        """Raise the `LdapError` that the result is, unless it is success."""
        if self.code:
            raise from_result(self.code, self.diagnostic, self.matched_dn)


def read_answer(message: bytes) -> Answer:
    """The result in a message. Raises UnreadableError."""
    try:
        ((_, inside),) = ber.elements(message)
        _, operation, *rest = ber.elements(inside)
        (_, code), (_, matched), (_, diagnostic), *_ = ber.elements(operation[1])
        return Answer(
            int.from_bytes(code, "big"),
            matched.decode("utf-8", "replace"),
            diagnostic.decode("utf-8", "replace"),
            dict(
                _control(control)
                for tag, controls in rest
                if tag == _SEQUENCE_OF_CONTROLS
                for _, control in ber.elements(controls)
            ),
        )
    except (IndexError, ValueError) as error:
        raise UnreadableError("an answer is no LDAP message") from error


def make_entry(name: bytes, attributes: Mapping[str, tuple[bytes, ...]]) -> Entry:
    """An entry as a server has sent it. Raises ValueError where the name is no DN."""
    return Entry(Dn.parse(name.decode("utf-8", "surrogateescape")), attributes)


def post_read(answer: Answer) -> Entry | None:
    """The entry that a post-read control tells of (RFC 4527, 3.2); None where none came."""
    return _read(answer, POST_READ)


def pre_read(answer: Answer) -> Entry | None:
    """The same of a pre-read control (RFC 4527, 3.1)."""
    return _read(answer, PRE_READ)


def _read(answer: Answer, oid: str) -> Entry | None:
    value = answer.controls.get(oid)
    if value is None:
        return None
    try:
        return make_entry(*ber.entry(value, 0))
    except (IndexError, ValueError) as error:
        raise UnexpectedResult(80, "other", "a control's value is not readable") from error


def bind_result(answer: Answer, *, ok: bool) -> BindResult:
    """What a bind came to, with what the password policy says (draft-behera-10, 6.2)."""
    warnings: dict[int, int] = {}
    error = None
    try:
        for _, value in ber.elements(answer.controls.get(PASSWORD_POLICY, b"")):
            for tag, part in ber.elements(value):
                if tag == _WARNING:
                    warnings = {t: int.from_bytes(n, "big") for t, n in ber.elements(part)}
                elif tag == _ERROR:
                    error = int.from_bytes(part, "big")
    except IndexError as odd:
        raise UnexpectedResult(80, "other", "a control's value is not readable") from odd
    return BindResult(
        ok=ok,
        expired=error == _EXPIRED,
        locked=error == _LOCKED,
        must_change=error == _CHANGE_AFTER_RESET,
        expires_in=warnings.get(_EXPIRES_IN),
        grace_logins=warnings.get(_GRACE_LOGINS),
    )


def _control(octets: bytes) -> tuple[str, bytes]:
    """OID and value; criticality, which stands between them, says nothing in an answer."""
    (_, oid), *rest = ber.elements(octets)
    value = next((part for tag, part in rest if tag == _OCTETS), b"")
    return oid.decode("ascii", "replace"), value
