"""Requests as octets. The only module that imports ldap3: it builds operations and filters.

Lists of attributes are long, there are few of them, and ldap3 takes longer to write one than all
the rest of a search; so they are written once, and searches are put together from parts.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ldap3.operation.add import add_operation
from ldap3.operation.delete import delete_operation
from ldap3.operation.modifyDn import modify_dn_operation
from ldap3.operation.search import build_attribute_selection, compile_filter, parse_filter
from ldap3.protocol.controls import build_control
from ldap3.protocol.rfc4511 import (
    LDAPDN,
    AttributeDescription,
    AuthenticationChoice,
    BindRequest,
    Change,
    Changes,
    ExtendedRequest,
    ModifyRequest,
    Operation,
    PartialAttribute,
    ProtocolOp,
    RequestName,
    Simple,
    Vals,
    Version,
)
from ldap3.utils.asn1 import encode

from adapters.ldap import ber
from adapters.ldap.answers import PASSWORD_POLICY, POST_READ, PRE_READ
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.session import Request
from adapters.ldap.values import Modification, Scope

ASSERTION = "1.3.6.1.1.12"
MATCHED_VALUES = "1.2.826.0.1.3344810.2.3"
PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413"
RELAX = "1.3.6.1.4.1.4203.666.5.12"
START_TLS = "1.3.6.1.4.1.1466.20037"

Control = bytes
"""A control as it goes out."""

_NO_ATTRIBUTES = "1.1"
_BOOLEAN, _INTEGER, _OCTETS, _ENUMERATED, _SEQUENCE = 0x01, 0x02, 0x04, 0x0A, 0x30
_SEARCH, _CONTROLS = 0x63, 0xA0
_NEVER_DEREFERENCE, _VALUES_TOO = ber.element(_ENUMERATED, b"\0"), ber.element(_BOOLEAN, b"\0")
_SCOPES = {
    Scope.BASE: ber.element(_ENUMERATED, b"\0"),
    Scope.ONE: ber.element(_ENUMERATED, b"\1"),
    Scope.SUBTREE: ber.element(_ENUMERATED, b"\2"),
}
_OPERATIONS = {"add": 0, "delete": 1, "replace": 2, "increment": 3}


def search(
    base: Dn,
    scope: Scope,
    filter_: str,
    attributes: Sequence[str],
    *,
    size_limit: int = 0,
    seconds: int = 0,
    controls: Sequence[Control] = (),
) -> Request:
    """A search (RFC 4511, 4.5.1); limits of zero are the server's own."""
    parts = (
        ber.element(_OCTETS, str(base).encode()),
        _SCOPES[scope],
        _NEVER_DEREFERENCE,
        ber.element(_INTEGER, ber.integer(size_limit)),
        ber.element(_INTEGER, ber.integer(seconds)),
        _VALUES_TOO,
        _filter(filter_),
        _selection(tuple(attributes) or (_NO_ATTRIBUTES,)),
    )
    return _message(ber.element(_SEARCH, b"".join(parts)), controls)


def add(
    dn: Dn, attributes: Mapping[str, Sequence[bytes]], controls: Sequence[Control] = ()
) -> Request:
    """An Add (RFC 4511, 4.7)."""
    content = add_operation(str(dn), {k: tuple(v) for k, v in attributes.items()}, False)
    return _request("addRequest", content, controls)


def modify(
    dn: Dn, modifications: Sequence[Modification], controls: Sequence[Control] = ()
) -> Request:
    """A Modify (RFC 4511, 4.6)."""
    content = ModifyRequest()
    content["object"] = LDAPDN(str(dn))
    content["changes"] = _changes(modifications)
    return _request("modifyRequest", content, controls)


def modify_dn(
    dn: Dn,
    new_rdn: Rdn,
    new_superior: Dn | None,
    *,
    delete_old_rdn: bool,
    controls: Sequence[Control] = (),
) -> Request:
    """A Modify DN (RFC 4511, 4.9)."""
    superior = str(new_superior) if new_superior is not None else None
    content = modify_dn_operation(str(dn), str(new_rdn), delete_old_rdn, superior)
    return _request("modDNRequest", content, controls)


def delete(dn: Dn, controls: Sequence[Control] = ()) -> Request:
    """A Delete (RFC 4511, 4.8)."""
    return _request("delRequest", delete_operation(str(dn)), controls)


def bind(dn: Dn, password: bytes) -> Request:
    """A simple bind that asks for what the password policy has to say."""
    content = BindRequest()
    content["version"] = Version(3)
    content["name"] = LDAPDN(str(dn))
    content["authentication"] = AuthenticationChoice().setComponentByName(
        "simple", Simple(password)
    )
    return _request("bindRequest", content, [_control(PASSWORD_POLICY, None, critical=False)])


def start_tls() -> Request:
    """StartTLS (RFC 4511, 4.14)."""
    content = ExtendedRequest()
    content["requestName"] = RequestName(START_TLS)
    return _request("extendedReq", content)


def asserting(filter_: str) -> Control:
    """The operation is only done on an entry that matches (RFC 4528)."""
    return critical_control(ASSERTION, _filter(filter_))


def post_reading(attributes: Sequence[str]) -> Control:
    """The answer tells these attributes as they are then (RFC 4527)."""
    return critical_control(POST_READ, _selection(tuple(attributes)))


def pre_reading(attributes: Sequence[str]) -> Control:
    """The answer tells these attributes as they were before (RFC 4527), if the server can."""
    return _control(PRE_READ, _selection(tuple(attributes)), critical=False)


def matching_values(comparisons: Sequence[str]) -> Control:
    """Of entries only values that match: the sequence of what is a set in a filter (RFC 3876)."""
    octets = _filter(f"(&{''.join(comparisons)})")
    return critical_control(MATCHED_VALUES, bytes([_SEQUENCE]) + octets[1:])


def permissively() -> Control:
    """A value to add that is there already is no error."""
    return critical_control(PERMISSIVE_MODIFY, None)


def relaxed() -> Control:
    """Attributes that the server keeps to itself can be written, too."""
    return critical_control(RELAX, None)


def critical_control(oid: str, value: bytes | None) -> Control:
    """A control that a server must heed or refuse, with its value as it goes out."""
    return _control(oid, value, critical=True)


def _control(oid: str, value: bytes | None, *, critical: bool) -> Control:
    octets: bytes = encode(build_control(oid, critical, value, False))
    return octets


def _filter(filter_: str) -> bytes:
    parsed = parse_filter(filter_, None, False, False, None, False)
    octets: bytes = encode(compile_filter(parsed.elements[0]))
    return octets


@lru_cache(maxsize=256)
def _selection(attributes: tuple[str, ...]) -> bytes:
    octets: bytes = encode(build_attribute_selection(attributes, None))
    return octets


def _request(operation: str, content: object, controls: Sequence[Control] = ()) -> Request:
    return _message(encode(ProtocolOp().setComponentByName(operation, content)), controls)


def _message(operation: bytes, controls: Sequence[Control]) -> Request:
    """A request with its controls, for any message id."""
    rest = operation + (ber.element(_CONTROLS, b"".join(controls)) if controls else b"")

    def request(id_: int) -> bytes:
        return ber.element(_SEQUENCE, ber.element(_INTEGER, ber.integer(id_)) + rest)

    return request


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
